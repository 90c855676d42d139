package dev.diskcryptnet.ip;

import dev.diskcryptnet.wire.IpAddress;

/**
 * An interface address with the length of its on-link prefix.
 *
 * @param address the host's own address
 * @param prefixBits 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record IpPrefix(IpAddress address, int prefixBits) {
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

    @Override
    public String toString() {
        return address + "/" + prefixBits;
    }
}
