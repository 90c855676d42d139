package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.MacAddress;
import java.util.List;
import java.util.stream.Stream;

/**
 * Addresses and routes of one port.
 *
 * @param addresses the host's own, at least one
 * @param gateways routers for everything off-link, preferred first; each inside the prefix of an address of its family, or
 *     link-local
 */
public record IpConfig(List<IpPrefix> addresses, List<IpAddress> gateways) {
    public IpConfig {
        addresses = List.copyOf(addresses);
        gateways = List.copyOf(gateways);
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("addresses=[] names no address; configure one like 192.0.2.10/24");
        }
    }

    /**
     * All addresses of a port, as bytes in network order, 4 or 16 of each.
     *
     * @param ownStation of the port
     */
    public List<byte[]> hostAddresses(long ownStation) {
        Stream<IpPrefix> ipv4 =
                addresses.stream().filter(prefix -> prefix.address().isIpv4());
        return Stream.concat(ipv4, ipv6Prefixes(ownStation).stream())
                .map(prefix -> prefix.address().bytes())
                .toList();
    }

    /**
     * The IPv6 addresses of a port, with the link-local one that it gives itself when there are some and none of them is.
     *
     * @param ownStation of the port
     */
    public List<IpPrefix> ipv6Prefixes(long ownStation) {
        List<IpPrefix> configured =
                addresses.stream().filter(prefix -> !prefix.address().isIpv4()).toList();
        return Ipv6Addresses.withLinkLocal(configured, ownStation);
    }

    /**
     * Groups of stations whose frames the port must take in: every host's and one for each of its IPv6 addresses; none
     * without any (RFC 4861 7.2.1).
     *
     * @param ownStation of the port
     */
    public List<Long> groups(long ownStation) {
        List<IpPrefix> own = ipv6Prefixes(ownStation);
        return own.isEmpty()
                ? List.of()
                : Stream.concat(
                                Stream.of(IpAddress.ALL_NODES.low()),
                                own.stream()
                                        .map(prefix -> IpAddress.solicitedNodeLow(
                                                prefix.address().low())))
                        .map(MacAddress::ofIpv6Group)
                        .distinct()
                        .toList();
    }

    /** The complaint about a router that no frame can be sent to. */
    IllegalArgumentException offLink(IpAddress gateway) {
        return new IllegalArgumentException("gateway=" + gateway + " is not inside the prefix of any address of "
                + addresses + ", or is not another host's");
    }

    /**
     * Parses text as it stands in a StreamingNode.
     *
     * @param addresses like {@code 192.0.2.10/24} and {@code 2001:db8::10/64}
     * @param gateways like {@code 192.0.2.1} and {@code fe80::1}
     */
    public static IpConfig parse(List<String> addresses, List<String> gateways) {
        return new IpConfig(
                addresses.stream().map(IpPrefix::parse).toList(),
                gateways.stream().map(IpAddress::parse).toList());
    }
}
