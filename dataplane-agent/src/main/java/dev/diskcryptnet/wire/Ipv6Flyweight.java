package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.Ipv6Descriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes {@link Ipv6Descriptor}. {@code offset} is the header's first byte; addresses are two longs. */
public final class Ipv6Flyweight {
    private static final int VERSION = 6 << 28;

    private Ipv6Flyweight() {}

    public static int version(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + VERSION_CLASS_FLOW_OFFSET, ByteOrder.BIG_ENDIAN) >>> 28;
    }

    /** Bytes after the header, extension headers included. */
    public static int payloadBytes(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + PAYLOAD_LENGTH_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    public static int nextHeader(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + NEXT_HEADER_OFFSET) & 0xFF;
    }

    public static int hopLimit(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + HOP_LIMIT_OFFSET) & 0xFF;
    }

    public static long sourceHigh(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + SOURCE_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    public static long sourceLow(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + SOURCE_OFFSET + Long.BYTES, ByteOrder.BIG_ENDIAN);
    }

    public static long destinationHigh(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + DESTINATION_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    public static long destinationLow(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + DESTINATION_OFFSET + Long.BYTES, ByteOrder.BIG_ENDIAN);
    }

    /**
     * Writes 40 bytes: traffic class and flow label zero.
     *
     * @param payloadBytes at most 65,535
     */
    public static void write(
            MutableDirectBuffer buffer,
            int offset,
            int payloadBytes,
            int nextHeader,
            int hopLimit,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow) {
        buffer.putInt(offset + VERSION_CLASS_FLOW_OFFSET, VERSION, ByteOrder.BIG_ENDIAN);
        buffer.putInt(
                offset + PAYLOAD_LENGTH_OFFSET, payloadBytes << 16 | nextHeader << 8 | hopLimit, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + SOURCE_OFFSET, sourceHigh, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + SOURCE_OFFSET + Long.BYTES, sourceLow, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + DESTINATION_OFFSET, destinationHigh, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + DESTINATION_OFFSET + Long.BYTES, destinationLow, ByteOrder.BIG_ENDIAN);
    }
}
