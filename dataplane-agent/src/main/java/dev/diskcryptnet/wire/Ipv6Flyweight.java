package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.Ipv6Descriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes {@link Ipv6Descriptor}. {@code offset} is the header's first byte; addresses are two longs. */
public final class Ipv6Flyweight {
    private static final int VERSION = 6 << 28;
    private static final int TRAFFIC_CLASS_SHIFT = 20;

    private Ipv6Flyweight() {}

    public static int version(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + VERSION_CLASS_FLOW_OFFSET, ByteOrder.BIG_ENDIAN) >>> 28;
    }

    /** Eight bits: six of DSCP and {@link EcnField}. */
    public static int trafficClass(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + VERSION_CLASS_FLOW_OFFSET, ByteOrder.BIG_ENDIAN) >>> TRAFFIC_CLASS_SHIFT & 0xFF;
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

    /** As the other one, traffic class zero. */
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
        write(
                buffer,
                offset,
                0,
                payloadBytes,
                nextHeader,
                hopLimit,
                sourceHigh,
                sourceLow,
                destinationHigh,
                destinationLow);
    }

    /**
     * Writes 40 bytes: flow label zero.
     *
     * @param trafficClass eight bits, see {@link #trafficClass}
     * @param payloadBytes at most 65,535
     */
    public static void write(
            MutableDirectBuffer buffer,
            int offset,
            int trafficClass,
            int payloadBytes,
            int nextHeader,
            int hopLimit,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow) {
        buffer.putInt(
                offset + VERSION_CLASS_FLOW_OFFSET,
                VERSION | trafficClass << TRAFFIC_CLASS_SHIFT,
                ByteOrder.BIG_ENDIAN);
        buffer.putInt(
                offset + PAYLOAD_LENGTH_OFFSET, payloadBytes << 16 | nextHeader << 8 | hopLimit, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + SOURCE_OFFSET, sourceHigh, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + SOURCE_OFFSET + Long.BYTES, sourceLow, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + DESTINATION_OFFSET, destinationHigh, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + DESTINATION_OFFSET + Long.BYTES, destinationLow, ByteOrder.BIG_ENDIAN);
    }
}
