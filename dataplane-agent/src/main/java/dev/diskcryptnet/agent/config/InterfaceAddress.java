package dev.diskcryptnet.agent.config;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.regex.Pattern;

/**
 * An address of a port with the length of its subnet's prefix.
 *
 * @param address the port's own address
 * @param prefixLength bits of the subnet's prefix, 1 to 32 or 1 to 128
 */
public record InterfaceAddress(InetAddress address, int prefixLength) {
    /** Four decimal parts: {@link InetAddress#ofLiteral} alone would also take 10.1 for 10.0.0.1. */
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /**
     * Reads {@code address/prefixLength}.
     *
     * @throws IllegalArgumentException with a message that says what to write
     */
    public static InterfaceAddress parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("has no prefix length; write it like 192.0.2.10/24 or 2001:db8::10/64");
        }
        InetAddress address = parseAddress(text.substring(0, slash));
        int most = address instanceof Inet4Address ? 32 : 128;
        String prefix = text.substring(slash + 1);
        if (!prefix.matches("\\d{1,3}") || Integer.parseInt(prefix) < 1 || Integer.parseInt(prefix) > most) {
            throw new IllegalArgumentException("has prefix length '" + prefix + "'; it must be 1 to " + most);
        }
        var parsed = new InterfaceAddress(address, Integer.parseInt(prefix));
        parsed.checkUsable();
        return parsed;
    }

    /**
     * Reads an IPv4 or IPv6 address; names are never looked up.
     *
     * @throws IllegalArgumentException with a message that says what to write
     */
    public static InetAddress parseAddress(String text) {
        try {
            if (text.indexOf(':') < 0 ? IPV4.matcher(text).matches() : text.indexOf('%') < 0) {
                InetAddress address = InetAddress.ofLiteral(text);
                // An IPv4-mapped IPv6 address comes back as IPv4.
                if (address instanceof Inet6Address == text.indexOf(':') >= 0) {
                    return address;
                }
            }
        } catch (IllegalArgumentException e) {
            // The message below says more than the parser's.
        }
        throw new IllegalArgumentException("is not an IP address; write it like 192.0.2.10 or 2001:db8::10");
    }

    /** Whether {@code other} lies in this address's subnet. */
    public boolean isOnLink(InetAddress other) {
        byte[] ours = address.getAddress();
        byte[] theirs = other.getAddress();
        if (ours.length != theirs.length) {
            return false;
        }
        for (int bit = 0; bit < prefixLength; bit++) {
            int mask = 0x80 >> (bit & 7);
            if (((ours[bit >> 3] ^ theirs[bit >> 3]) & mask) != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefixLength;
    }

    private void checkUsable() {
        if (address.isAnyLocalAddress() || address.isMulticastAddress() || address.isLoopbackAddress()) {
            throw new IllegalArgumentException("is not an address that a port can have; write a unicast address");
        }
        if (address instanceof Inet4Address && prefixLength < 31) {
            byte[] octets = address.getAddress();
            int value =
                    (octets[0] & 0xff) << 24 | (octets[1] & 0xff) << 16 | (octets[2] & 0xff) << 8 | octets[3] & 0xff;
            int host = value & (-1 >>> prefixLength);
            if (host == 0 || host == -1 >>> prefixLength) {
                throw new IllegalArgumentException(
                        "is the " + (host == 0 ? "network" : "broadcast") + " address of its subnet; write a host's");
            }
        }
    }
}
