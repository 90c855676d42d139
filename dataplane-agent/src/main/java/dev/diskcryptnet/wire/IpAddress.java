package dev.diskcryptnet.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * An IP address of either family in 128 bits: IPv4 is IPv4-mapped IPv6, {@code ::ffff:a.b.c.d} (RFC 4291 2.5.5.2). The
 * record is for set-up; the data path passes the two longs.
 *
 * @param high first 64 bits
 * @param low last 64 bits
 */
public record IpAddress(long high, long low) {
    private static final long IPV4_PREFIX = 0xFFFF_0000_0000L;
    private static final int GROUPS = 8;

    /** ff02::1, every host of the link (RFC 4291 2.7.1). */
    public static final IpAddress ALL_NODES = new IpAddress(0xFF02_0000_0000_0000L, 1);

    /** ff02::16, what hears reports of listeners (RFC 3810 5.2.14). */
    public static final IpAddress LISTENER_REPORTS = new IpAddress(0xFF02_0000_0000_0000L, 0x16);

    /** The high long of every solicited-node group, ff02::1:ff00:0/104 (RFC 4291 2.7.1). */
    public static final long SOLICITED_NODE_HIGH = 0xFF02_0000_0000_0000L;

    private static final long SOLICITED_NODE_LOW = 0x1_FF00_0000L;
    private static final long LINK_LOCAL_HIGH = 0xFE80_0000_0000_0000L;
    private static final long UNIVERSAL_BIT = 0x0200_0000_0000_0000L;

    /** Whether the two longs hold an IPv4 address. */
    public static boolean isIpv4(long high, long low) {
        return high == 0 && low >>> 32 == 0xFFFF;
    }

    /** The low long of an IPv4 address; its high long is 0. */
    public static long lowOfIpv4(int address) {
        return IPV4_PREFIX | address & 0xFFFF_FFFFL;
    }

    /** The low long of the group that a host with this address listens to (RFC 4291 2.7.1). */
    public static long solicitedNodeLow(long low) {
        return SOLICITED_NODE_LOW | low & 0xFF_FFFF;
    }

    /** fe80::/10 (RFC 4291 2.5.6). */
    public static boolean isLinkLocal(long high) {
        return high >>> 54 == 0xFE80 >>> 6;
    }

    /** ff00::/8 (RFC 4291 2.7). */
    public static boolean isIpv6Multicast(long high) {
        return high >>> 56 == 0xFF;
    }

    /** The link-local address that follows from a station address (RFC 4291 2.5.1, appendix A; RFC 4862 5.3). */
    public static IpAddress linkLocalOf(long station) {
        long identifier = (station >>> 24) << 40 | 0xFF_FE00_0000L | station & 0xFF_FFFF;
        return new IpAddress(LINK_LOCAL_HIGH, identifier ^ UNIVERSAL_BIT);
    }

    /** Whether this is an IPv4 address. */
    public boolean isIpv4() {
        return isIpv4(high, low);
    }

    /** In network order: 4 bytes of an IPv4 address, 16 of IPv6. */
    public byte[] bytes() {
        ByteBuffer all = ByteBuffer.allocate(16).putLong(high).putLong(low);
        return isIpv4() ? Arrays.copyOfRange(all.array(), 12, 16) : all.array();
    }

    /**
     * Parses an address in text; names are never looked up.
     *
     * @param text four decimal octets without leading zeros (RFC 6943 3.1.1), or RFC 4291 2.2 text; no zone, no brackets
     * @throws IllegalArgumentException when it is neither
     */
    public static IpAddress parse(String text) {
        if (text.indexOf(':') < 0) {
            return new IpAddress(0, lowOfIpv4((int) parseOctets(text, text)));
        }
        return parseGroups(text);
    }

    private static long parseOctets(String text, String whole) {
        String[] octets = text.split("\\.", -1);
        if (octets.length != 4) {
            throw malformed(whole);
        }
        long address = 0;
        for (String octet : octets) {
            boolean leadingZero = octet.length() > 1 && octet.charAt(0) == '0';
            if (octet.isEmpty() || octet.length() > 3 || leadingZero) {
                throw malformed(whole);
            }
            address = address << 8 | digits(octet, 10, 255, whole);
        }
        return address;
    }

    private static IpAddress parseGroups(String text) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            throw malformed(text);
        }
        int[] head = groups(gap < 0 ? text : text.substring(0, gap), text, gap < 0);
        int[] tail = gap < 0 ? new int[0] : groups(text.substring(gap + 2), text, true);
        int given = head.length + tail.length;
        if (gap < 0 ? given != GROUPS : given >= GROUPS) {
            throw malformed(text);
        }
        int[] all = new int[GROUPS];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(tail, 0, all, GROUPS - tail.length, tail.length);
        return new IpAddress(word(all, 0), word(all, 4));
    }

    private static int[] groups(String part, String whole, boolean last) {
        if (part.isEmpty()) {
            return new int[0];
        }
        String[] texts = part.split(":", -1);
        boolean embedded = last && texts[texts.length - 1].indexOf('.') >= 0;
        int[] values = new int[texts.length + (embedded ? 1 : 0)];
        int plain = embedded ? texts.length - 1 : texts.length;
        for (int i = 0; i < plain; i++) {
            if (texts[i].isEmpty() || texts[i].length() > 4) {
                throw malformed(whole);
            }
            values[i] = digits(texts[i], 16, 0xFFFF, whole);
        }
        if (embedded) {
            long ipv4 = parseOctets(texts[plain], whole);
            values[plain] = (int) (ipv4 >>> 16);
            values[plain + 1] = (int) ipv4 & 0xFFFF;
        }
        return values;
    }

    private static int digits(String text, int radix, int most, String whole) {
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                throw malformed(whole);
            }
            value = value * radix + digit;
        }
        if (value > most) {
            throw malformed(whole);
        }
        return value;
    }

    private static long word(int[] groups, int from) {
        return (long) groups[from] << 48
                | (long) groups[from + 1] << 32
                | (long) groups[from + 2] << 16
                | groups[from + 3];
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "address=" + text + " is not an IP address like 192.0.2.10 or 2001:db8::10; names are not looked up");
    }

    /** Text of an address: dotted octets for IPv4, RFC 5952 4 for IPv6. */
    public static String format(long high, long low) {
        if (isIpv4(high, low)) {
            return (low >>> 24 & 0xFF) + "." + (low >>> 16 & 0xFF) + "." + (low >>> 8 & 0xFF) + "." + (low & 0xFF);
        }
        int gapStart = -1;
        int gapLength = 1;
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && group(high, low, end) == 0) {
                end++;
            }
            if (end - i > gapLength) {
                gapStart = i;
                gapLength = end - i;
            }
            i = Math.max(i, end);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == gapStart) {
                text.append("::");
                i += gapLength - 1;
                continue;
            }
            if (i > 0 && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(high, low, i)));
        }
        return text.toString();
    }

    private static int group(long high, long low, int index) {
        return (int) ((index < 4 ? high : low) >>> 48 - 16 * (index & 3)) & 0xFFFF;
    }

    @Override
    public String toString() {
        return format(high, low);
    }
}
