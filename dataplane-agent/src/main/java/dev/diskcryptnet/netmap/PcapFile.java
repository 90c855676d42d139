package dev.diskcryptnet.netmap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes frames in the nanosecond pcap format (draft-ietf-opsawg-pcap 4 and 5), shared by a port's queues.
 *
 * <p>At most {@value #BUFFER_BYTES} bytes wait in memory. A failure to write is reported once, and ends the capture.
 */
final class PcapFile implements AutoCloseable {
    private static final int MAGIC_NANOSECONDS = 0xA1B23C4D;
    private static final int LINK_TYPE_ETHERNET = 1;
    private static final int SNAP_BYTES = 1 << 18;
    private static final int RECORD_HEADER_BYTES = 16;
    static final int BUFFER_BYTES = 1 << 20;

    private static final int TYPE_OFFSET = 12;
    private static final int IP_OFFSET = 14;
    private static final int TYPE_IPV4 = 0x0800;
    private static final int PROTOCOL_TCP = 6;
    private static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int TCP_MIN_BYTES = 20;

    private final Path path;
    private final FileChannel channel;
    private final Consumer<String> onError;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final UnsafeBuffer view = new UnsafeBuffer(bytes);
    private boolean failed;

    /** @throws UncheckedIOException when the file cannot be made */
    PcapFile(Path path, Consumer<String> onError) {
        this.path = path;
        this.onError = onError;
        try {
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException("pcap=" + path + " cannot be written; name a file in a writable folder", e);
        }
        bytes.putInt(MAGIC_NANOSECONDS).putShort((short) 2).putShort((short) 4);
        bytes.putInt(0).putInt(0).putInt(SNAP_BYTES).putInt(LINK_TYPE_ETHERNET);
    }

    /**
     * Adds a frame that was sent.
     *
     * @param checksumStart where the checksum starts that the device was to complete, which is done in the copy; 0 for none
     */
    synchronized void sent(long epochNs, DirectBuffer buffer, int offset, int lengthBytes, int checksumStart) {
        int start = append(epochNs, buffer, offset, lengthBytes);
        if (start >= 0 && checksumStart > 0) {
            complete(start + checksumStart, lengthBytes - checksumStart);
        }
    }

    /** Adds a frame that was received; a TCP checksum that nobody computed, as the frame never left the machine, is. */
    synchronized void received(long epochNs, DirectBuffer buffer, int offset, int lengthBytes, int flags) {
        int start = append(epochNs, buffer, offset, lengthBytes);
        boolean partial = (flags & FrameHandler.CHECKSUM_GOOD) != 0 && (flags & FrameHandler.TRUNCATED) == 0;
        if (start < 0 || !partial || lengthBytes < IP_OFFSET + 20 + TCP_MIN_BYTES) {
            return;
        }
        int ip = start + IP_OFFSET;
        int headerBytes = (view.getByte(ip) & 0x0F) << 2;
        int tcpBytes = (view.getShort(ip + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF) - headerBytes;
        boolean tcp = view.getShort(start + TYPE_OFFSET, ByteOrder.BIG_ENDIAN) == TYPE_IPV4
                && view.getByte(ip + 9) == PROTOCOL_TCP;
        if (tcp && tcpBytes >= TCP_MIN_BYTES && IP_OFFSET + headerBytes + tcpBytes <= lengthBytes) {
            int pseudoHeader = fold(sum(ip + 12, 8) + PROTOCOL_TCP + tcpBytes);
            view.putShort(ip + headerBytes + TCP_CHECKSUM_OFFSET, (short) pseudoHeader, ByteOrder.BIG_ENDIAN);
            complete(ip + headerBytes, tcpBytes);
        }
    }

    /** @return where the frame's copy starts in the buffer, or -1 when the capture has ended */
    private int append(long epochNs, DirectBuffer buffer, int offset, int lengthBytes) {
        int kept = Math.min(lengthBytes, SNAP_BYTES);
        if (bytes.remaining() < RECORD_HEADER_BYTES + kept) {
            drain();
        }
        if (failed) {
            return -1;
        }
        bytes.putInt((int) (epochNs / 1_000_000_000L)).putInt((int) (epochNs % 1_000_000_000L));
        bytes.putInt(kept).putInt(lengthBytes);
        int start = bytes.position();
        view.putBytes(start, buffer, offset, kept);
        bytes.position(start + kept);
        return start;
    }

    /** The field holds the pseudo header's sum: with it the sum of all is the checksum's complement. */
    private void complete(int tcp, int tcpBytes) {
        int checksum = ~fold(sum(tcp, tcpBytes)) & 0xFFFF;
        view.putShort(tcp + TCP_CHECKSUM_OFFSET, (short) checksum, ByteOrder.BIG_ENDIAN);
    }

    /** RFC 1071 1, one word at a time: {@code wire}'s is a room further up. */
    private long sum(int offset, int lengthBytes) {
        long sum = 0;
        int i = 0;
        for (; i + 1 < lengthBytes; i += 2) {
            sum += view.getShort(offset + i, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        }
        return i < lengthBytes ? sum + ((view.getByte(offset + i) & 0xFF) << 8) : sum;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xFFFF) + (folded >>> 16);
        }
        return (int) folded;
    }

    /** Writes out what waits in memory. */
    synchronized void drain() {
        bytes.flip();
        try {
            while (!failed && bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            failed = true;
            onError.accept("pcap=" + path + " capture ended: " + e.getMessage());
        }
        bytes.clear();
    }

    @Override
    public synchronized void close() {
        drain();
        try {
            channel.close();
        } catch (IOException e) {
            onError.accept("pcap=" + path + " not closed: " + e.getMessage());
        }
    }
}
