package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Patterns;
import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * An address of a host with the length of its subnet's prefix. Every failure is an IllegalArgumentException whose message
 * continues a sentence that began with the field and its text.
 *
 * @param address unicast, neither loopback nor unspecified
 * @param prefixBits 1 to 32 for IPv4, 1 to 128 for IPv6
 */
record Cidr(InetAddress address, int prefixBits) {
    private static final String IPV4 = "(0|[1-9][0-9]{0,2})([.](0|[1-9][0-9]{0,2})){3}";

    /** Reads {@code address/prefixLength}. */
    static Cidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("has no prefix length; write it like 192.0.2.10/24 or 2001:db8::10/64");
        }
        InetAddress address = parseIp(text.substring(0, slash));
        String bits = text.substring(slash + 1);
        int most = address.getAddress().length * Byte.SIZE;
        if (!bits.matches("[0-9]{1,3}") || Integer.parseInt(bits) < 1 || Integer.parseInt(bits) > most) {
            throw new IllegalArgumentException("has prefix length '" + bits + "'; it must be 1 to " + most);
        }
        var parsed = new Cidr(address, Integer.parseInt(bits));
        parsed.checkHost();
        return parsed;
    }

    /** Reads an address; names are never looked up. */
    static InetAddress parseIp(String text) {
        boolean ipv6 = text.indexOf(':') >= 0;
        InetAddress address;
        try {
            // The platform's reader also takes 10.1 for 10.0.0.1, and zones.
            if (!text.matches(ipv6 ? Patterns.IP : IPV4)) {
                throw new IllegalArgumentException(text);
            }
            address = InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is not an IP address; write it like 192.0.2.10 or 2001:db8::10", e);
        }
        if (ipv6 && address instanceof Inet4Address) {
            throw new IllegalArgumentException(
                    "is an IPv4 address in IPv6 form; write it as IPv4, " + address.getHostAddress());
        }
        return address;
    }

    /** Whether {@code other} lies in the subnet. */
    boolean contains(InetAddress other) {
        byte[] own = address.getAddress();
        byte[] its = other.getAddress();
        if (own.length != its.length) {
            return false;
        }
        for (int bit = 0; bit < prefixBits; bit++) {
            if (bit(own, bit) != bit(its, bit)) {
                return false;
            }
        }
        return true;
    }

    private void checkHost() {
        int first = address.getAddress()[0] & 0xff;
        boolean ipv4 = address instanceof Inet4Address;
        boolean reserved = ipv4 && (first == 0 || first >= 240);
        if (reserved || address.isAnyLocalAddress() || address.isLoopbackAddress() || address.isMulticastAddress()) {
            throw new IllegalArgumentException("is not an address that a port can have; write a unicast address");
        }
        int bits = address.getAddress().length * Byte.SIZE;
        // RFC 3021 2.1, RFC 6164 4: a subnet of two hosts has no other addresses, and one of a single host neither.
        if (prefixBits >= bits - 1) {
            return;
        }
        // RFC 4291 2.6.1: all zeros is every router's in IPv6.
        if (isHostPart(0)) {
            throw new IllegalArgumentException("is the network address of its subnet; write a host's");
        }
        if (ipv4 && isHostPart(1)) {
            throw new IllegalArgumentException("is the broadcast address of its subnet; write a host's");
        }
    }

    /** Whether all bits behind the prefix have a value. */
    private boolean isHostPart(int value) {
        byte[] own = address.getAddress();
        for (int bit = prefixBits; bit < own.length * Byte.SIZE; bit++) {
            if (bit(own, bit) != value) {
                return false;
            }
        }
        return true;
    }

    private static int bit(byte[] bytes, int index) {
        return bytes[index / Byte.SIZE] >>> Byte.SIZE - 1 - index % Byte.SIZE & 1;
    }
}
