package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.ConnectionSource;
import dev.diskcryptnet.atlas.AtlasNode;
import dev.diskcryptnet.atlas.ConnectionFilter;
import dev.diskcryptnet.atlas.ConnectionView;
import dev.diskcryptnet.ip.IpPrefix;
import dev.diskcryptnet.wire.IpAddress;
import java.util.List;

/** The workers' connections as the admin endpoint shows them. */
final class NodeConnections implements ConnectionSource {
    private static final double NS_PER_SECOND = 1e9;

    private final AtlasNode atlas;

    NodeConnections(AtlasNode atlas) {
        this.atlas = atlas;
    }

    @Override
    public List<Connection> find(String remote, String state, String pathPrefix, int limit) {
        var filter = new ConnectionFilter(prefix(remote), state.isEmpty() ? null : state, pathPrefix, limit);
        try {
            return atlas.connections(filter).stream()
                    .map(NodeConnections::shown)
                    .toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static IpPrefix prefix(String text) {
        if (text.isEmpty()) {
            return null;
        }
        if (text.indexOf('/') >= 0) {
            return IpPrefix.parse(text);
        }
        IpAddress address = IpAddress.parse(text);
        return new IpPrefix(address, address.isIpv4() ? 32 : 128);
    }

    private static Connection shown(ConnectionView view) {
        IpAddress remote = view.remoteAddress();
        return new Connection(
                view.worker(),
                view.port(),
                (remote.isIpv4() ? remote : "[" + remote + "]") + ":" + view.remotePort(),
                view.localPort(),
                view.tls(),
                view.ecn(),
                view.state(),
                view.stateSinceNs() / NS_PER_SECOND,
                view.path().isEmpty() ? null : view.path(),
                view.acknowledgedBytes(),
                view.pendingBytes(),
                view.inFlightBytes(),
                view.retransmittedBytes(),
                view.congestionWindowBytes(),
                view.roundTripNs() == 0 ? null : view.roundTripNs() / NS_PER_SECOND);
    }
}
