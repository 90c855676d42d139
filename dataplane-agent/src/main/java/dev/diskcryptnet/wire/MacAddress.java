package dev.diskcryptnet.wire;

import java.nio.ByteOrder;
import java.util.regex.Pattern;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Station addresses as the low 48 bits of a long, first octet highest. */
public final class MacAddress {
    /** All stations of the link. */
    public static final long BROADCAST = 0xFFFF_FFFF_FFFFL;

    public static final int BYTES = 6;

    private static final long GROUP_BIT = 0x0100_0000_0000L;
    private static final long IPV6_GROUP_PREFIX = 0x3333_0000_0000L;
    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

    private MacAddress() {}

    /** Reads 6 bytes at {@code offset}. */
    public static long get(DirectBuffer buffer, int offset) {
        return (long) (buffer.getShort(offset, ByteOrder.BIG_ENDIAN) & 0xFFFF) << 32
                | buffer.getInt(offset + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF_FFFFL;
    }

    /** Writes 6 bytes at {@code offset}. */
    public static void put(MutableDirectBuffer buffer, int offset, long address) {
        buffer.putShort(offset, (short) (address >>> 32), ByteOrder.BIG_ENDIAN);
        buffer.putInt(offset + 2, (int) address, ByteOrder.BIG_ENDIAN);
    }

    /** Whether the address names one station: not multicast, not broadcast, not zero (IEEE 802 8.2). */
    public static boolean isUnicast(long address) {
        return (address & GROUP_BIT) == 0 && address != 0;
    }

    /** Whether the address names a group of stations that IPv6 sends to (RFC 2464 7). */
    public static boolean isIpv6Group(long address) {
        return address >>> 32 == IPV6_GROUP_PREFIX >>> 32;
    }

    /** The group of stations that an IPv6 multicast packet goes to (RFC 2464 7). */
    public static long ofIpv6Group(long low) {
        return IPV6_GROUP_PREFIX | low & 0xFFFF_FFFFL;
    }

    /**
     * Parses {@code 02:00:00:00:00:01}.
     *
     * @throws IllegalArgumentException when the text is anything else
     */
    public static long parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("macAddress=" + text + " is not six octets like 02:00:00:00:00:01");
        }
        return Long.parseLong(text.replace(":", ""), 16);
    }

    /** Text form, lower case with colons. */
    public static String format(long address) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (address >>> shift) & 0xFF;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 0xF, 16));
            if (shift != 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}
