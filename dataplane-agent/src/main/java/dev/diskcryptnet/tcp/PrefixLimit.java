package dev.diskcryptnet.tcp;

/**
 * What the hosts of one network prefix may take of a stack, so that a few networks cannot have it to themselves.
 *
 * @param connections most established connections, and most half-open ones that are kept; {@link Integer#MAX_VALUE} for
 *     no limit
 * @param ipv4Bits bits of an IPv4 address that make the prefix, 8 to 32
 * @param ipv6Bits bits of an IPv6 address that make the prefix, 32 to 64: what is behind is one customer's own
 */
public record PrefixLimit(int connections, int ipv4Bits, int ipv6Bits) {
    /** Each network may have all. */
    public static final PrefixLimit NONE = new PrefixLimit(Integer.MAX_VALUE, 24, 56);

    public PrefixLimit {
        require(connections > 0, "connections", connections, "above 0");
        require(ipv4Bits >= 8 && ipv4Bits <= 32, "ipv4Bits", ipv4Bits, "8 to 32");
        require(ipv6Bits >= 32 && ipv6Bits <= 64, "ipv6Bits", ipv6Bits, "32 to 64");
    }

    private static void require(boolean holds, String name, int value, String allowed) {
        if (!holds) {
            throw new IllegalArgumentException(name + "=" + value + " is not " + allowed);
        }
    }
}
