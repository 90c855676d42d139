package dev.diskcryptnet.netmap;

import java.nio.ByteOrder;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** TCP segments over IPv4 for tests, whose payload tells which frame it belongs to. */
final class TestFrames {
    static final int TCP_START = 14 + 20;
    static final int HEADER_BYTES = TCP_START + 20;
    static final int SEGMENT_BYTES = 1448;

    private TestFrames() {}

    /** Writes headers and {@code payloadBytes} of payload that starts with {@code number}; returns the frame's length. */
    static int write(
            MutableDirectBuffer buffer, int offset, long from, long to, int port, int number, int payloadBytes) {
        mac(buffer, offset, to);
        mac(buffer, offset + 6, from);
        buffer.putShort(offset + 12, (short) 0x0800, ByteOrder.BIG_ENDIAN);
        int ip = offset + 14;
        int ipBytes = 40 + payloadBytes;
        buffer.putByte(ip, (byte) 0x45);
        buffer.putByte(ip + 1, (byte) 0);
        buffer.putShort(ip + 2, (short) ipBytes, ByteOrder.BIG_ENDIAN);
        buffer.putInt(ip + 4, 0x00004000, ByteOrder.BIG_ENDIAN);
        buffer.putShort(ip + 8, (short) 0x4006, ByteOrder.BIG_ENDIAN);
        buffer.putShort(ip + 10, (short) 0);
        buffer.putInt(ip + 12, 0x0a000001, ByteOrder.BIG_ENDIAN);
        buffer.putInt(ip + 16, 0x0a000002, ByteOrder.BIG_ENDIAN);
        buffer.putShort(ip + 10, (short) ~fold(sum(buffer, ip, 20, 0)), ByteOrder.BIG_ENDIAN);
        int tcp = ip + 20;
        buffer.putShort(tcp, (short) 80, ByteOrder.BIG_ENDIAN);
        buffer.putShort(tcp + 2, (short) port, ByteOrder.BIG_ENDIAN);
        buffer.putInt(tcp + 4, 1, ByteOrder.BIG_ENDIAN);
        buffer.putInt(tcp + 8, 1, ByteOrder.BIG_ENDIAN);
        buffer.putInt(tcp + 12, 0x5010_ffff, ByteOrder.BIG_ENDIAN);
        // The pseudo header alone (RFC 9293 3.1): the device does the rest.
        long pseudo = sum(buffer, ip + 12, 8, 6 + 20 + payloadBytes);
        buffer.putShort(tcp + 16, (short) fold(pseudo), ByteOrder.BIG_ENDIAN);
        buffer.putShort(tcp + 18, (short) 0);
        for (int i = 0; i < payloadBytes; i++) {
            buffer.putByte(tcp + 20 + i, payload(number, i));
        }
        if (payloadBytes >= 4) {
            buffer.putInt(tcp + 20, number, ByteOrder.BIG_ENDIAN);
        }
        return HEADER_BYTES + payloadBytes;
    }

    static byte payload(int number, int index) {
        return (byte) (number * 31 + index + (index >> 8) * 7);
    }

    /** The number that {@link #write} put into the payload. */
    static int number(org.agrona.DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + HEADER_BYTES, ByteOrder.BIG_ENDIAN);
    }

    /** TCP sequence number of a frame less that of the first byte that {@link #write} wrote. */
    static int sequence(UnsafeBuffer frame) {
        return frame.getInt(TCP_START + 4, ByteOrder.BIG_ENDIAN) - 1;
    }

    /** Takes a control slot, fills it with one small frame and sends it; returns whether there was a slot. */
    static boolean sendSmall(PortQueue queue, long from, long to, int port, int number) {
        TxRing ring = queue.control();
        int slot = ring.take();
        if (slot < 0) {
            return false;
        }
        int offset = ring.slotOffset(slot) + ring.payloadOffset();
        int bytes = write(ring.buffer(), offset, from, to, port, number, 64);
        ring.send(slot, offset, bytes, 0, 0, TCP_START);
        return true;
    }

    /** Fills a data slot: payload page aligned, headers in front. */
    static void fillLarge(TxRing ring, int slot, long from, long to, int port, int number, int payloadBytes) {
        write(ring.buffer(), largeOffset(ring, slot), from, to, port, number, payloadBytes);
    }

    static void sendLarge(TxRing ring, int slot, int payloadBytes) {
        int segment = payloadBytes > SEGMENT_BYTES ? SEGMENT_BYTES : 0;
        ring.send(slot, largeOffset(ring, slot), HEADER_BYTES + payloadBytes, segment, HEADER_BYTES, TCP_START);
    }

    /** Whether the IPv4 header's and the TCP checksum are right (RFC 9293 3.1). */
    static boolean checksumsHold(UnsafeBuffer frame) {
        int tcpBytes = (frame.getShort(16, ByteOrder.BIG_ENDIAN) & 0xffff) - 20;
        long tcp = sum(frame, 26, 8, 6L + tcpBytes);
        tcp = sum(frame, TCP_START, tcpBytes & ~1, tcp);
        if ((tcpBytes & 1) != 0) {
            tcp += (frame.getByte(TCP_START + tcpBytes - 1) & 0xff) << 8;
        }
        return fold(sum(frame, 14, 20, 0)) == 0xffff && fold(tcp) == 0xffff;
    }

    private static int largeOffset(TxRing ring, int slot) {
        return ring.slotOffset(slot) + ring.payloadOffset() - HEADER_BYTES;
    }

    private static void mac(MutableDirectBuffer buffer, int offset, long mac) {
        for (int i = 0; i < 6; i++) {
            buffer.putByte(offset + i, (byte) (mac >>> (40 - 8 * i)));
        }
    }

    private static long sum(MutableDirectBuffer buffer, int offset, int bytes, long start) {
        long sum = start;
        for (int i = 0; i < bytes; i += 2) {
            sum += buffer.getShort(offset + i, ByteOrder.BIG_ENDIAN) & 0xffff;
        }
        return sum;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded >> 16 != 0) {
            folded = (folded & 0xffff) + (folded >> 16);
        }
        return (int) folded;
    }

    /** A copy of a received frame. */
    static UnsafeBuffer copy(org.agrona.DirectBuffer buffer, int offset, int lengthBytes) {
        UnsafeBuffer copy = new UnsafeBuffer(new byte[lengthBytes]);
        copy.putBytes(0, buffer, offset, lengthBytes);
        return copy;
    }
}
