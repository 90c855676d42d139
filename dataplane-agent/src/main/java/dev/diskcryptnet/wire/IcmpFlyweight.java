package dev.diskcryptnet.wire;

import static dev.diskcryptnet.wire.IcmpDescriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** Reads and writes {@link IcmpDescriptor}. {@code offset} is the message's first byte. */
public final class IcmpFlyweight {
    private IcmpFlyweight() {}

    public static int type(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + TYPE_OFFSET) & 0xFF;
    }

    public static int code(DirectBuffer buffer, int offset) {
        return buffer.getByte(offset + CODE_OFFSET) & 0xFF;
    }

    /**
     * Turns an echo request with a good checksum into its reply, in place (RFC 1624 eqn. 3). Where a pseudo header counts,
     * source and destination change places, which changes no sum.
     *
     * @param replyType of the family: {@link IcmpDescriptor#TYPE_ECHO_REPLY} or ICMPv6's
     */
    public static void turnEchoIntoReply(MutableDirectBuffer buffer, int offset, int replyType) {
        int oldWord = buffer.getShort(offset + TYPE_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        int newWord = replyType << 8 | code(buffer, offset);
        int checksum = buffer.getShort(offset + CHECKSUM_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        buffer.putByte(offset + TYPE_OFFSET, (byte) replyType);
        buffer.putShort(
                offset + CHECKSUM_OFFSET, (short) Checksum.update(checksum, oldWord, newWord), ByteOrder.BIG_ENDIAN);
    }

    /** Whether the checksum of an ICMPv6 message holds, which covers a pseudo header (RFC 4443 2.3). */
    public static boolean isIcmpv6ChecksumGood(
            DirectBuffer buffer,
            int offset,
            int lengthBytes,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow) {
        int pseudoHeader = Checksum.pseudoHeaderIpv6(
                sourceHigh, sourceLow, destinationHigh, destinationLow, Ipv6Descriptor.NEXT_HEADER_ICMPV6, lengthBytes);
        return Checksum.fold((long) pseudoHeader + Checksum.sum(buffer, offset, lengthBytes)) == 0xFFFF;
    }

    /** Writes the checksum of an ICMPv6 message that is in place but for it. */
    public static void completeIcmpv6Checksum(
            MutableDirectBuffer buffer,
            int offset,
            int lengthBytes,
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow) {
        buffer.putShort(offset + CHECKSUM_OFFSET, (short) 0);
        int pseudoHeader = Checksum.pseudoHeaderIpv6(
                sourceHigh, sourceLow, destinationHigh, destinationLow, Ipv6Descriptor.NEXT_HEADER_ICMPV6, lengthBytes);
        int sum = Checksum.fold((long) pseudoHeader + Checksum.sum(buffer, offset, lengthBytes));
        buffer.putShort(offset + CHECKSUM_OFFSET, (short) Checksum.complement(sum), ByteOrder.BIG_ENDIAN);
    }
}
