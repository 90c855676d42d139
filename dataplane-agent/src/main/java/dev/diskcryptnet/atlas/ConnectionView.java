package dev.diskcryptnet.atlas;

import dev.diskcryptnet.tcp.TcpConnection;
import dev.diskcryptnet.wire.IpAddress;

/**
 * An established connection at one moment.
 *
 * @param worker number of its loop
 * @param port interface that it came in by
 * @param ecn whether routers may mark its packets instead of dropping them
 * @param state {@code handshake}, {@code idle}, {@code request}, {@code response} or {@code closing}
 * @param stateSinceNs how long ago the state began or last made progress
 * @param path of the object that is being sent, or empty
 * @param acknowledgedBytes of the send stream, under TLS with what that adds
 * @param pendingBytes of the send stream that are to be sent or acknowledged yet
 * @param roundTripNs smoothed; 0 before it was measured
 */
public record ConnectionView(
        int worker,
        String port,
        IpAddress remoteAddress,
        int remotePort,
        int localPort,
        boolean tls,
        boolean ecn,
        String state,
        long stateSinceNs,
        String path,
        long acknowledgedBytes,
        long pendingBytes,
        long inFlightBytes,
        long retransmittedBytes,
        long congestionWindowBytes,
        long roundTripNs) {
    static ConnectionView of(long nowNs, int worker, Session session) {
        TcpConnection connection = session.connection;
        return new ConnectionView(
                worker,
                session.lane.facts.interfaceName(),
                new IpAddress(connection.remoteHigh(), connection.remoteLow()),
                connection.remotePort(),
                connection.localPort(),
                session.tls != null,
                connection.usesEcn(),
                ConnectionFilter.stateOf(session),
                nowNs - session.phaseSinceNs,
                session.pathInProgress(),
                connection.acknowledged(),
                connection.streamEnd() - connection.acknowledged(),
                connection.inFlightBytes(),
                connection.retransmittedBytes(),
                connection.congestionWindowBytes(),
                connection.roundTripNs());
    }
}
