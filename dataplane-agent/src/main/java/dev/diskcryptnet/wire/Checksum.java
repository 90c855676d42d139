package dev.diskcryptnet.wire;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * The Internet checksum (RFC 1071). Sums are in network order and folded to 16 bits; a checksum is a sum's complement.
 * Data with its checksum inside is good when its sum is 0xFFFF.
 */
public final class Checksum {
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private Checksum() {}

    /**
     * Sums {@code lengthBytes} bytes, 8 at a time: byte order does not matter until the end (RFC 1071 2(B)), and 32-bit
     * halves added to 64 bits carry nothing out within 2^31 bytes (2(C), deferred carries).
     *
     * @return 0 to 0xFFFF; an odd last byte counts as the high half of a word (RFC 1071 1)
     */
    public static int sum(DirectBuffer buffer, int offset, int lengthBytes) {
        long sum = 0;
        int position = offset;
        int end = offset + lengthBytes;
        for (int last = end - Long.BYTES; position <= last; position += Long.BYTES) {
            long word = buffer.getLong(position);
            sum += (word & 0xFFFF_FFFFL) + (word >>> 32);
        }
        if (end - position >= Integer.BYTES) {
            sum += buffer.getInt(position) & 0xFFFF_FFFFL;
            position += Integer.BYTES;
        }
        if (end - position >= Short.BYTES) {
            sum += buffer.getShort(position) & 0xFFFF;
            position += Short.BYTES;
        }
        if (position < end) {
            int last = buffer.getByte(position) & 0xFF;
            sum += LITTLE_ENDIAN ? last : last << 8;
        }
        int folded = fold(sum);
        return LITTLE_ENDIAN ? Short.reverseBytes((short) folded) & 0xFFFF : folded;
    }

    /** Folds a sum of up to 2^31 words of 16 or 32 bits to 16 bits. */
    public static int fold(long sum) {
        long folded = (sum & 0xFFFF_FFFFL) + (sum >>> 32);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        return (int) folded;
    }

    /** The checksum that belongs to a folded sum. */
    public static int complement(int sum) {
        return ~sum & 0xFFFF;
    }

    /** The checksum after a 16-bit word of the data has changed (RFC 1624 3, eqn. 3). */
    public static int update(int checksum, int oldWord, int newWord) {
        return complement(fold((long) complement(checksum) + complement(oldWord) + newWord));
    }

    /** Sum of the IPv4 pseudo header (RFC 9293 3.1). */
    public static int pseudoHeaderIpv4(int source, int destination, int protocol, int transportBytes) {
        return fold((source & 0xFFFF_FFFFL) + (destination & 0xFFFF_FFFFL) + protocol + transportBytes);
    }

    /** Sum of the IPv6 pseudo header (RFC 8200 8.1). */
    public static int pseudoHeaderIpv6(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int nextHeader,
            int transportBytes) {
        return fold(halves(sourceHigh)
                + halves(sourceLow)
                + halves(destinationHigh)
                + halves(destinationLow)
                + nextHeader
                + transportBytes);
    }

    /** Sum of the pseudo header that the addresses' family asks for, see {@link IpAddress}. */
    public static int pseudoHeader(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int protocol,
            int transportBytes) {
        return IpAddress.isIpv4(sourceHigh, sourceLow)
                ? pseudoHeaderIpv4((int) sourceLow, (int) destinationLow, protocol, transportBytes)
                : pseudoHeaderIpv6(sourceHigh, sourceLow, destinationHigh, destinationLow, protocol, transportBytes);
    }

    private static long halves(long word) {
        return (word & 0xFFFF_FFFFL) + (word >>> 32);
    }
}
