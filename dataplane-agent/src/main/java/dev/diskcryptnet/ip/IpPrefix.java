package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IpAddress;

/**
 * An interface address with the length of its on-link prefix.
 *
 * @param address the host's own address
 * @param prefixBits 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record IpPrefix(IpAddress address, int prefixBits) {
    /** What comes before an IPv4 address: ::ffff:0:0/96. */
    private static final int IPV4_MAPPED_BITS = 96;

    public IpPrefix {
        int most = address.isIpv4() ? 32 : 128;
        if (prefixBits < 0 || prefixBits > most) {
            throw new IllegalArgumentException(
                    "prefixBits=" + prefixBits + " of address=" + address + " is not within 0 and " + most);
        }
    }

    /**
     * Parses {@code 192.0.2.10/24}.
     *
     * @throws IllegalArgumentException when the address or the prefix length is missing or wrong
     */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        String bits = text.substring(slash + 1);
        if (slash < 0 || !bits.matches("[0-9]{1,3}")) {
            throw new IllegalArgumentException(
                    "address=" + text + " has no prefix length; write it like 192.0.2.10/24 or 2001:db8::10/64");
        }
        return new IpPrefix(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(bits));
    }

    /** Whether an address, as {@link IpAddress} has its halves, has this one's prefix. */
    public boolean contains(long high, long low) {
        int bits = address.isIpv4() ? IPV4_MAPPED_BITS + prefixBits : prefixBits;
        return ((high ^ address.high()) & leading(bits)) == 0 && ((low ^ address.low()) & leading(bits - 64)) == 0;
    }

    /** A mask of the {@code bits} highest bits of 64; none below 0, all above 64. */
    static long leading(int bits) {
        return bits <= 0 ? 0 : -1L << 64 - Math.min(bits, 64);
    }

    @Override
    public String toString() {
        return address + "/" + prefixBits;
    }
}
