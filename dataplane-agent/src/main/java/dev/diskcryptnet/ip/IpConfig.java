package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IpAddress;
import java.util.List;

/**
 * Addresses and routes of one port.
 *
 * @param addresses the host's own, at least one
 * @param gateways routers for everything off-link, preferred first; each inside the prefix of an address
 */
public record IpConfig(List<IpPrefix> addresses, List<IpAddress> gateways) {
    public IpConfig {
        addresses = List.copyOf(addresses);
        gateways = List.copyOf(gateways);
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("addresses=[] names no address; configure one like 192.0.2.10/24");
        }
    }

    /** The addresses as bytes in network order, 4 or 16 of each. */
    public List<byte[]> hostAddresses() {
        return addresses.stream().map(prefix -> prefix.address().bytes()).toList();
    }

    /**
     * Parses text as it stands in a StreamingNode.
     *
     * @param addresses like {@code 192.0.2.10/24}
     * @param gateways like {@code 192.0.2.1}
     */
    public static IpConfig parse(List<String> addresses, List<String> gateways) {
        return new IpConfig(
                addresses.stream().map(IpPrefix::parse).toList(),
                gateways.stream().map(IpAddress::parse).toList());
    }
}
