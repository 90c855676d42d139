package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.Ipv4Descriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes {@link Ipv4Descriptor}. {@code offset} is the header's first byte. */
public final class Ipv4Flyweight {
    /** Version 4, five words. */
    private static final int VERSION_IHL = 0x4500_0000;

    private static final int TRAFFIC_CLASS_SHIFT = 16;

    private Ipv4Flyweight() {}

    public static int version(DirectBuffer buffer, int offset) {
        return (buffer.getByte(offset + VERSION_IHL_OFFSET) & 0xF0) >>> 4;
    }

    /** Header length with options, in bytes: 0 to 60, below 20 in a malformed header. */
    public static int headerBytes(DirectBuffer buffer, int offset) {
        return (buffer.getByte(offset + VERSION_IHL_OFFSET) & 0x0F) << 2;
    }

    /** Eight bits: six of DSCP and {@link EcnField}. */
    public static int trafficClass(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + TRAFFIC_CLASS_OFFSET) & 0xFF;
    }

    /** Header and payload, in bytes. */
    public static int totalBytes(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + TOTAL_LENGTH_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    /** Whether the packet is a piece of a larger one, the first piece included. */
    public static boolean isFragment(DirectBuffer buffer, int offset) {
        int field = buffer.getShort(offset + FLAGS_FRAGMENT_OFFSET, ByteOrder.BIG_ENDIAN);
        return (field & (MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) != 0;
    }

    public static int protocol(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + PROTOCOL_OFFSET) & 0xFF;
    }

    public static int source(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + SOURCE_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    public static int destination(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + DESTINATION_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    /** Whether the header checksum holds over {@code headerBytes}. */
    public static boolean isChecksumGood(DirectBuffer buffer, int offset, int headerBytes) {
        return Checksum.sum(buffer, offset, headerBytes) == 0xFFFF;
    }

    /** As the other one, traffic class zero. */
    public static void write(
            MutableDirectBuffer buffer,
            int offset,
            int totalBytes,
            int identification,
            int timeToLive,
            int protocol,
            int source,
            int destination) {
        write(buffer, offset, 0, totalBytes, identification, timeToLive, protocol, source, destination);
    }

    /**
     * Writes 20 bytes: no options, DF set, checksum complete.
     *
     * @param trafficClass eight bits, see {@link #trafficClass}
     * @param totalBytes of the packet; of more than 65,535, which is cut up before it is on a wire, the header says 0 (as
     *     Linux does since 6.3, iph_set_totlen)
     */
    public static void write(
            MutableDirectBuffer buffer,
            int offset,
            int trafficClass,
            int totalBytes,
            int identification,
            int timeToLive,
            int protocol,
            int source,
            int destination) {
        int word0 = VERSION_IHL
                | trafficClass << TRAFFIC_CLASS_SHIFT
                | (totalBytes <= Ipv4Descriptor.MAX_TOTAL_BYTES ? totalBytes : 0);
        int word1 = identification << 16 | DONT_FRAGMENT;
        int word2 = timeToLive << 24 | protocol << 16;
        long sum = (word0 & 0xFFFF_FFFFL)
                + (word1 & 0xFFFF_FFFFL)
                + (word2 & 0xFFFF_FFFFL)
                + (source & 0xFFFF_FFFFL)
                + (destination & 0xFFFF_FFFFL);
        buffer.putInt(offset, word0, ByteOrder.BIG_ENDIAN);
        buffer.putInt(offset + IDENTIFICATION_OFFSET, word1, ByteOrder.BIG_ENDIAN);
        buffer.putInt(
                offset + TIME_TO_LIVE_OFFSET, word2 | Checksum.complement(Checksum.fold(sum)), ByteOrder.BIG_ENDIAN);
        buffer.putInt(offset + SOURCE_OFFSET, source, ByteOrder.BIG_ENDIAN);
        buffer.putInt(offset + DESTINATION_OFFSET, destination, ByteOrder.BIG_ENDIAN);
    }
}
