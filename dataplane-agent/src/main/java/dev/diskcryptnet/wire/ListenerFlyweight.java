package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.ListenerDescriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads queries and writes reports, see {@link ListenerDescriptor}; all groups are of the link (ff02::/16). */
public final class ListenerFlyweight {
    /** ICMPv6 follows; Router Alert of value 0; two bytes of padding. */
    private static final long ALERT = 0x3A00_0502_0000_0100L;

    /** RFC 3810 5.1.3: a delay with it is a float. */
    private static final int FLOAT_BIT = 0x8000;

    private ListenerFlyweight() {}

    /** Writes {@link ListenerDescriptor#ALERT_BYTES}. */
    public static void writeAlert(MutableDirectBuffer buffer, int offset) {
        buffer.putLong(offset, ALERT, ByteOrder.BIG_ENDIAN);
    }

    /**
     * Within what time a query wants its answer, in milliseconds.
     *
     * @param lengthBytes of the message: {@link ListenerDescriptor#MESSAGE_BYTES} for version 1, at least
     *     {@link ListenerDescriptor#QUERY_2_BYTES} for 2
     */
    public static int maxDelayMs(DirectBuffer buffer, int offset, int lengthBytes) {
        int code = buffer.getShort(offset + MAX_DELAY_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        if (lengthBytes == MESSAGE_BYTES || code < FLOAT_BIT) {
            return code;
        }
        return (code & 0xFFF | 0x1000) << (code >> 12 & 7) + 3;
    }

    /** First half of the group that a query is about; all zero, with {@link #groupLow}, for all groups. */
    public static long groupHigh(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + GROUP_OFFSET, ByteOrder.BIG_ENDIAN);
    }

    /** Last half of the group. */
    public static long groupLow(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + GROUP_OFFSET + Long.BYTES, ByteOrder.BIG_ENDIAN);
    }

    /**
     * Writes a report of version 1 to the group itself, {@link ListenerDescriptor#MESSAGE_BYTES}.
     *
     * @param groupLow low long of the group
     */
    public static void writeReport(
            MutableDirectBuffer buffer, int offset, long sourceHigh, long sourceLow, long groupLow) {
        buffer.putInt(offset, Icmpv6Descriptor.TYPE_LISTENER_REPORT << 24, ByteOrder.BIG_ENDIAN);
        buffer.putInt(offset + MAX_DELAY_OFFSET, 0);
        putGroup(buffer, offset + GROUP_OFFSET, groupLow);
        IcmpFlyweight.completeIcmpv6Checksum(
                buffer, offset, MESSAGE_BYTES, sourceHigh, sourceLow, IpAddress.SOLICITED_NODE_HIGH, groupLow);
    }

    /**
     * Writes a report of version 2 to {@link IpAddress#LISTENER_REPORTS}.
     *
     * @param record {@link ListenerDescriptor#MODE_IS_EXCLUDE} or {@link ListenerDescriptor#CHANGE_TO_EXCLUDE}
     * @param groupLows the groups' low longs
     * @return bytes written
     */
    public static int writeReport2(
            MutableDirectBuffer buffer, int offset, int record, long sourceHigh, long sourceLow, long[] groupLows) {
        buffer.putInt(offset, Icmpv6Descriptor.TYPE_LISTENER_REPORT_2 << 24, ByteOrder.BIG_ENDIAN);
        buffer.putShort(offset + RECORD_COUNT_OFFSET - Short.BYTES, (short) 0);
        buffer.putShort(offset + RECORD_COUNT_OFFSET, (short) groupLows.length, ByteOrder.BIG_ENDIAN);
        int at = offset + RECORDS_OFFSET;
        for (long groupLow : groupLows) {
            buffer.putInt(at, record << 24, ByteOrder.BIG_ENDIAN);
            putGroup(buffer, at + 4, groupLow);
            at += RECORD_BYTES;
        }
        IpAddress to = IpAddress.LISTENER_REPORTS;
        IcmpFlyweight.completeIcmpv6Checksum(buffer, offset, at - offset, sourceHigh, sourceLow, to.high(), to.low());
        return at - offset;
    }

    private static void putGroup(MutableDirectBuffer buffer, int offset, long groupLow) {
        buffer.putLong(offset, IpAddress.SOLICITED_NODE_HIGH, ByteOrder.BIG_ENDIAN);
        buffer.putLong(offset + Long.BYTES, groupLow, ByteOrder.BIG_ENDIAN);
    }
}
