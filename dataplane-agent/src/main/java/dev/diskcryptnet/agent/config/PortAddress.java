package dev.diskcryptnet.agent.config;

import dev.diskcryptnet.ip.IpPrefix;
import dev.diskcryptnet.wire.IpAddress;

/**
 * Addresses and routers of a port, as a spec writes them. Every failure is an IllegalArgumentException whose message
 * continues a sentence that began with the field and its text.
 */
final class PortAddress {
    private static final String IPV6 = "is IPv6, which is not supported by this version of the agent; write IPv4";

    private PortAddress() {}

    /** Reads {@code address/prefixLength}, an address that a host may have. */
    static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("has no prefix length; write it like 192.0.2.10/24");
        }
        IpAddress address = parseRouter(text.substring(0, slash));
        String prefix = text.substring(slash + 1);
        if (!prefix.matches("\\d{1,3}") || Integer.parseInt(prefix) < 1 || Integer.parseInt(prefix) > 32) {
            throw new IllegalArgumentException("has prefix length '" + prefix + "'; it must be 1 to 32");
        }
        var parsed = new IpPrefix(address, Integer.parseInt(prefix));
        checkHost(parsed);
        return parsed;
    }

    /** Reads an address; names are never looked up. */
    static IpAddress parseRouter(String text) {
        IpAddress address;
        try {
            address = IpAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is not an IP address; write it like 192.0.2.10", e);
        }
        if (!address.isIpv4() || text.indexOf(':') >= 0) {
            throw new IllegalArgumentException(IPV6);
        }
        return address;
    }

    /** Whether {@code other} lies in the subnet of {@code own}. */
    static boolean isOnLink(IpPrefix own, IpAddress other) {
        return ((own.address().low() ^ other.low()) & ~hostMask(own)) == 0;
    }

    /** Bits of the low long that tell hosts of a subnet apart. */
    private static long hostMask(IpPrefix prefix) {
        return (1L << 32 - prefix.prefixBits()) - 1;
    }

    private static void checkHost(IpPrefix prefix) {
        int first = (int) (prefix.address().low() >>> 24) & 0xff;
        if (first == 0 || first == 127 || first >= 224) {
            throw new IllegalArgumentException("is not an address that a port can have; write a unicast address");
        }
        long host = prefix.address().low() & hostMask(prefix);
        // RFC 3021 2.1: a /31 has neither, and a /32 is a host alone.
        if (prefix.prefixBits() < 31 && (host == 0 || host == hostMask(prefix))) {
            throw new IllegalArgumentException(
                    "is the " + (host == 0 ? "network" : "broadcast") + " address of its subnet; write a host's");
        }
    }
}
