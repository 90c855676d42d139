package dev.diskcryptnet.tcp;

import static dev.diskcryptnet.wire.TcpDescriptor.*;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Bytes to {@link TcpSegment} and back. Addresses are not part of a TCP header and are left alone, nor is the ECN field,
 * which reading clears; the checksum is the
 * caller's business (it needs the pseudo header, and the NIC mostly does it).
 */
public final class TcpSegmentCodec {
    /** RFC 7323 2.3: larger shifts are taken for this one. */
    private static final int MAX_WINDOW_SCALE = 14;

    private TcpSegmentCodec() {}

    /**
     * Reads a header and its options. Unknown options are skipped; an option whose length is wrong ends the reading of
     * options, and those before it count (the remote host chose them; throwing them away helps nobody).
     *
     * @param length bytes of TCP header and payload at {@code offset}
     * @param segment filled, but for its addresses
     * @return header length in bytes, 20 to 60, or -1 when the header does not fit {@code length} or is below 20 bytes
     */
    public static int decode(DirectBuffer buffer, int offset, int length, TcpSegment segment) {
        if (length < MIN_HEADER_BYTES) {
            return -1;
        }
        int headerBytes = (buffer.getByte(offset + DATA_OFFSET_OFFSET) & 0xF0) >>> 2;
        if (headerBytes < MIN_HEADER_BYTES || headerBytes > length) {
            return -1;
        }
        segment.clear();
        segment.remotePort = getShort(buffer, offset + SOURCE_PORT_OFFSET);
        segment.localPort = getShort(buffer, offset + DESTINATION_PORT_OFFSET);
        segment.sequence = getInt(buffer, offset + SEQUENCE_OFFSET);
        segment.acknowledgement = getInt(buffer, offset + ACKNOWLEDGEMENT_OFFSET);
        segment.flags = buffer.getByte(offset + FLAGS_OFFSET) & 0xFF;
        segment.window = getShort(buffer, offset + WINDOW_OFFSET);
        decodeOptions(buffer, offset + OPTIONS_OFFSET, offset + headerBytes, segment);
        return headerBytes;
    }

    private static void decodeOptions(DirectBuffer buffer, int from, int end, TcpSegment segment) {
        int at = from;
        while (at < end) {
            int kind = buffer.getByte(at) & 0xFF;
            if (kind == OPTION_END) {
                return;
            }
            if (kind == OPTION_NOP) {
                at++;
                continue;
            }
            if (at + 1 >= end) {
                return;
            }
            int optionBytes = buffer.getByte(at + 1) & 0xFF;
            if (optionBytes < 2 || at + optionBytes > end) {
                return;
            }
            decodeOption(buffer, at, kind, optionBytes, segment);
            at += optionBytes;
        }
    }

    private static void decodeOption(DirectBuffer buffer, int at, int kind, int optionBytes, TcpSegment segment) {
        switch (kind) {
            case OPTION_MAXIMUM_SEGMENT_SIZE -> {
                if (optionBytes == OPTION_MAXIMUM_SEGMENT_SIZE_BYTES) {
                    segment.maximumSegmentSize = getShort(buffer, at + 2);
                }
            }
            case OPTION_WINDOW_SCALE -> {
                if (optionBytes == OPTION_WINDOW_SCALE_BYTES) {
                    segment.windowScale = Math.min(buffer.getByte(at + 2) & 0xFF, MAX_WINDOW_SCALE);
                }
            }
            case OPTION_SACK_PERMITTED -> {
                if (optionBytes == OPTION_SACK_PERMITTED_BYTES) {
                    segment.sackPermitted = true;
                }
            }
            case OPTION_TIMESTAMPS -> {
                if (optionBytes == OPTION_TIMESTAMPS_BYTES) {
                    segment.hasTimestamps = true;
                    segment.timestampValue = getInt(buffer, at + 2);
                    segment.timestampEcho = getInt(buffer, at + 6);
                }
            }
            case OPTION_SACK -> decodeSack(buffer, at, optionBytes, segment);
            default -> {}
        }
    }

    private static void decodeSack(DirectBuffer buffer, int at, int optionBytes, TcpSegment segment) {
        int blockBytes = optionBytes - OPTION_SACK_HEADER_BYTES;
        if (blockBytes % SACK_BLOCK_BYTES != 0) {
            return;
        }
        int count = Math.min(blockBytes / SACK_BLOCK_BYTES, TcpSegment.MAX_SACK_BLOCKS);
        for (int i = 0; i < count; i++) {
            int block = at + OPTION_SACK_HEADER_BYTES + i * SACK_BLOCK_BYTES;
            segment.sackStart[i] = getInt(buffer, block);
            segment.sackEnd[i] = getInt(buffer, block + 4);
        }
        segment.sackBlockCount = count;
    }

    /** Bytes that {@link #encode} writes for {@code segment}. */
    public static int headerBytes(TcpSegment segment) {
        int options = 0;
        if (segment.maximumSegmentSize != 0) {
            options += OPTION_MAXIMUM_SEGMENT_SIZE_BYTES;
        }
        if (segment.hasTimestamps) {
            options += OPTION_TIMESTAMPS_BYTES + (segment.sackPermitted ? 0 : 2);
        }
        if (segment.sackPermitted) {
            options += OPTION_SACK_PERMITTED_BYTES + (segment.hasTimestamps ? 0 : 2);
        }
        if (segment.windowScale >= 0) {
            options += OPTION_WINDOW_SCALE_BYTES + 1;
        }
        int blocks = sackBlocks(segment, options);
        if (blocks > 0) {
            options += 2 + OPTION_SACK_HEADER_BYTES + blocks * SACK_BLOCK_BYTES;
        }
        return MIN_HEADER_BYTES + options;
    }

    private static int sackBlocks(TcpSegment segment, int optionBytesBefore) {
        int room = MAX_HEADER_BYTES - MIN_HEADER_BYTES - optionBytesBefore - 2 - OPTION_SACK_HEADER_BYTES;
        return Math.max(0, Math.min(segment.sackBlockCount, room / SACK_BLOCK_BYTES));
    }

    /**
     * Writes the header, options padded to 32 bits with NOPs, checksum and urgent pointer 0. SACK blocks that do not
     * fit 40 bytes of options are left out.
     *
     * @param buffer at least {@link #headerBytes} bytes (60 at most) from {@code offset} on
     * @return header length in bytes
     */
    public static int encode(TcpSegment segment, MutableDirectBuffer buffer, int offset) {
        int end = encodeOptions(segment, buffer, offset + OPTIONS_OFFSET);
        int headerBytes = end - offset;
        putShort(buffer, offset + SOURCE_PORT_OFFSET, segment.localPort);
        putShort(buffer, offset + DESTINATION_PORT_OFFSET, segment.remotePort);
        putInt(buffer, offset + SEQUENCE_OFFSET, segment.sequence);
        putInt(buffer, offset + ACKNOWLEDGEMENT_OFFSET, segment.acknowledgement);
        buffer.putByte(offset + DATA_OFFSET_OFFSET, (byte) (headerBytes << 2));
        buffer.putByte(offset + FLAGS_OFFSET, (byte) segment.flags);
        putShort(buffer, offset + WINDOW_OFFSET, segment.window);
        putInt(buffer, offset + CHECKSUM_OFFSET, 0);
        return headerBytes;
    }

    private static int encodeOptions(TcpSegment segment, MutableDirectBuffer buffer, int from) {
        int at = from;
        if (segment.maximumSegmentSize != 0) {
            putHead(buffer, at, OPTION_MAXIMUM_SEGMENT_SIZE, OPTION_MAXIMUM_SEGMENT_SIZE_BYTES);
            putShort(buffer, at + 2, segment.maximumSegmentSize);
            at += OPTION_MAXIMUM_SEGMENT_SIZE_BYTES;
        }
        if (segment.sackPermitted) {
            at = segment.hasTimestamps ? at : putNops(buffer, at, 2);
            putHead(buffer, at, OPTION_SACK_PERMITTED, OPTION_SACK_PERMITTED_BYTES);
            at += OPTION_SACK_PERMITTED_BYTES;
        }
        if (segment.hasTimestamps) {
            at = segment.sackPermitted ? at : putNops(buffer, at, 2);
            putHead(buffer, at, OPTION_TIMESTAMPS, OPTION_TIMESTAMPS_BYTES);
            putInt(buffer, at + 2, segment.timestampValue);
            putInt(buffer, at + 6, segment.timestampEcho);
            at += OPTION_TIMESTAMPS_BYTES;
        }
        if (segment.windowScale >= 0) {
            at = putNops(buffer, at, 1);
            putHead(buffer, at, OPTION_WINDOW_SCALE, OPTION_WINDOW_SCALE_BYTES);
            buffer.putByte(at + 2, (byte) segment.windowScale);
            at += OPTION_WINDOW_SCALE_BYTES;
        }
        return encodeSack(segment, buffer, at, sackBlocks(segment, at - from));
    }

    private static int encodeSack(TcpSegment segment, MutableDirectBuffer buffer, int from, int blocks) {
        if (blocks == 0) {
            return from;
        }
        int at = putNops(buffer, from, 2);
        putHead(buffer, at, OPTION_SACK, OPTION_SACK_HEADER_BYTES + blocks * SACK_BLOCK_BYTES);
        at += OPTION_SACK_HEADER_BYTES;
        for (int i = 0; i < blocks; i++) {
            putInt(buffer, at, segment.sackStart[i]);
            putInt(buffer, at + 4, segment.sackEnd[i]);
            at += SACK_BLOCK_BYTES;
        }
        return at;
    }

    private static int putNops(MutableDirectBuffer buffer, int at, int count) {
        for (int i = 0; i < count; i++) {
            buffer.putByte(at + i, (byte) OPTION_NOP);
        }
        return at + count;
    }

    private static void putHead(MutableDirectBuffer buffer, int at, int kind, int optionBytes) {
        buffer.putByte(at, (byte) kind);
        buffer.putByte(at + 1, (byte) optionBytes);
    }

    private static int getShort(DirectBuffer buffer, int at) {
        return buffer.getShort(at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    private static int getInt(DirectBuffer buffer, int at) {
        return buffer.getInt(at, ByteOrder.BIG_ENDIAN);
    }

    private static void putShort(MutableDirectBuffer buffer, int at, int value) {
        buffer.putShort(at, (short) value, ByteOrder.BIG_ENDIAN);
    }

    private static void putInt(MutableDirectBuffer buffer, int at, int value) {
        buffer.putInt(at, value, ByteOrder.BIG_ENDIAN);
    }
}
