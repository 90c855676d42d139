package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.Icmpv6Descriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes neighbour solicitations and advertisements, see {@link Icmpv6Descriptor}. */
public final class NeighbourFlyweight {
    /** {@link #station} found no such option. */
    public static final long NO_STATION = -1;
    /** {@link #station} found options that cannot be. */
    public static final long MALFORMED = -2;

    private static final int OPTION_UNIT_BYTES = 8;

    private NeighbourFlyweight() {}

    public static int flags(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + FLAGS_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    public static long targetHigh(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + TARGET_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    public static long targetLow(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + TARGET_OFFSET + Long.BYTES, ByteOrder.BIG_ENDIAN);
    }

    /**
     * The station address in an option.
     *
     * @param lengthBytes of the message, at least {@link Icmpv6Descriptor#OPTIONS_OFFSET}
     * @param option {@link Icmpv6Descriptor#OPTION_SOURCE_STATION} or {@code OPTION_TARGET_STATION}
     * @return {@link #NO_STATION} when there is no such option, {@link #MALFORMED} when an option is empty or longer than
     *     the message (RFC 4861 4.6)
     */
    public static long station(DirectBuffer buffer, int offset, int lengthBytes, int option) {
        long station = NO_STATION;
        int at = offset + OPTIONS_OFFSET;
        int end = offset + lengthBytes;
        while (at < end) {
            int optionBytes = end - at < 2 ? 0 : (buffer.getByte(at + 1) & 0xFF) * OPTION_UNIT_BYTES;
            if (optionBytes == 0 || optionBytes > end - at) {
                return MALFORMED;
            }
            if ((buffer.getByte(at) & 0xFF) == option && optionBytes == STATION_OPTION_BYTES) {
                station = MacAddress.get(buffer, at + 2);
            }
            at += optionBytes;
        }
        return station;
    }

    /**
     * Writes a message with its checksum.
     *
     * @param station put into an option, or {@link #NO_STATION} for no option
     * @return bytes written: 24 or 32
     */
    public static int write(
            MutableDirectBuffer buffer,
            int offset,
            int type,
            int flags,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            long targetHigh,
            long targetLow,
            long station) {
        buffer.putInt(offset, type << 24, ByteOrder.BIG_ENDIAN);
        buffer.putInt(offset + FLAGS_OFFSET, flags, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + TARGET_OFFSET, targetHigh, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + TARGET_OFFSET + Long.BYTES, targetLow, ByteOrder.BIG_ENDIAN);
        int lengthBytes = OPTIONS_OFFSET;
        if (station != NO_STATION) {
            int option = type == TYPE_NEIGHBOUR_SOLICITATION ? OPTION_SOURCE_STATION : OPTION_TARGET_STATION;
            buffer.putShort(offset + OPTIONS_OFFSET, (short) (option << 8 | 1), ByteOrder.BIG_ENDIAN);
            MacAddress.put(buffer, offset + OPTIONS_OFFSET + 2, station);
            lengthBytes = NEIGHBOUR_MESSAGE_BYTES;
        }
        IcmpFlyweight.completeIcmpv6Checksum(
                buffer, offset, lengthBytes, sourceHigh, sourceLow, destinationHigh, destinationLow);
        return lengthBytes;
    }
}
