package dev.diskcryptnet.load;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.ip.IpDatagram;
import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.TcpDescriptor;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** As little of a server as a {@link PerfectClient} can be tested with: each request gets one object, at once. */
final class PerfectServer {
    static final IpAddress ADDRESS = IpAddress.parse("192.0.2.10");
    static final IpAddress CLIENT = IpAddress.parse("192.0.2.77");
    static final int PORT = 80;

    private final PortQueue queue;
    private final IpHost host;
    private final IpDatagram datagram = new IpDatagram();
    private final byte[] head;
    private final int bodyBytes;
    private final int frameBytes;
    /** By client port. */
    private final int[] sendNext = new int[65_536];

    private final int[] receiveNext = new int[65_536];
    private final int[] unsent = new int[65_536];
    private final int[] headUnsent = new int[65_536];
    private final int[] ready = new int[65_536];
    private int readyCount;
    private final dev.diskcryptnet.netmap.FrameHandler onFrame = this::onFrame;
    int closeEvery;
    int wrongByte = -1;
    int acknowledgements;
    private int requests;
    private long nowNs;

    PerfectServer(
            PortQueue queue, dev.diskcryptnet.netmap.PortFacts facts, String status, int bodyBytes, int frameBytes) {
        this.queue = queue;
        this.bodyBytes = bodyBytes;
        this.frameBytes = frameBytes;
        IpConfig config = IpConfig.parse(List.of(ADDRESS + "/24"), List.of());
        host = new IpHost(facts, queue.control(), config, new CounterSet(Map.of()));
        head = ("HTTP/1.1 " + status + "\r\nContent-Type: x\r\ncontent-LENGTH: " + bodyBytes + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        TxRing data = queue.data();
        for (int slot = 0; slot < data.slotCount(); slot++) {
            data.buffer().setMemory(data.slotOffset(slot) + data.payloadOffset(), data.maxPayloadBytes(), (byte) 'x');
        }
    }

    /** One duty cycle. @return frames sent */
    int doWork() {
        nowNs += 1_000;
        queue.receive(onFrame, 256);
        int count = readyCount;
        readyCount = 0;
        for (int i = 0; i < count; i++) {
            int port = ready[i];
            while (unsent[port] > 0 && sendData(port)) {
                // As much as the ring holds.
            }
            if (unsent[port] > 0) {
                ready[readyCount++] = port;
            }
        }
        return queue.flush();
    }

    private void onFrame(DirectBuffer buffer, int offset, int lengthBytes, int flags) {
        if (!host.receive(nowNs, buffer, offset, lengthBytes, flags, datagram)) {
            return;
        }
        int tcp = datagram.transportOffset;
        int port = buffer.getShort(tcp, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        int sequence = buffer.getInt(tcp + TcpDescriptor.SEQUENCE_OFFSET, ByteOrder.BIG_ENDIAN);
        int received = buffer.getByte(tcp + TcpDescriptor.FLAGS_OFFSET);
        int payload = datagram.transportBytes - ((buffer.getByte(tcp + 12) & 0xF0) >>> 2);
        if ((received & PerfectClient.SYN) != 0) {
            receiveNext[port] = sequence + 1;
            sendNext[port] = 0xFFFF_0000;
            send(queue.control(), port, 0, PerfectClient.SYN | PerfectClient.ACK);
            sendNext[port]++;
        } else if (payload > 0) {
            receiveNext[port] = sequence + payload;
            unsent[port] = head.length + bodyBytes;
            headUnsent[port] = head.length;
            ready[readyCount++] = port;
            requests++;
        } else {
            acknowledgements++;
        }
    }

    private boolean sendData(int port) {
        int bytes = Math.min(unsent[port], frameBytes);
        int slot = send(queue.data(), port, bytes, PerfectClient.ACK);
        if (slot < 0) {
            return false;
        }
        sendNext[port] += bytes;
        unsent[port] -= bytes;
        if (unsent[port] == 0 && closeEvery > 0 && requests % closeEvery == 0) {
            send(queue.data(), port, 0, PerfectClient.ACK | PerfectClient.FIN);
        }
        return true;
    }

    private int send(TxRing ring, int port, int payloadBytes, int flags) {
        int slot = ring.take();
        if (slot < 0) {
            return slot;
        }
        UnsafeBuffer buffer = ring.buffer();
        int payload = ring.slotOffset(slot) + ring.payloadOffset();
        int tcp = payload - TcpDescriptor.MIN_HEADER_BYTES;
        int frame = tcp - host.headerBytes(CLIENT.high(), CLIENT.low());
        int fromHead = Math.min(headUnsent[port], payloadBytes);
        buffer.setMemory(payload, head.length, (byte) 'x');
        buffer.putBytes(payload, head, head.length - headUnsent[port], fromHead);
        headUnsent[port] -= fromHead;
        if (wrongByte >= 0 && payloadBytes > wrongByte) {
            buffer.putByte(payload + wrongByte, (byte) '!');
        }
        buffer.putShort(tcp, (short) PORT, ByteOrder.BIG_ENDIAN);
        buffer.putShort(tcp + 2, (short) port, ByteOrder.BIG_ENDIAN);
        buffer.putInt(tcp + 4, sendNext[port], ByteOrder.BIG_ENDIAN);
        buffer.putInt(tcp + 8, receiveNext[port], ByteOrder.BIG_ENDIAN);
        buffer.putByte(tcp + 12, (byte) 0x50);
        buffer.putByte(tcp + 13, (byte) flags);
        long station = host.nextHop(nowNs, CLIENT.high(), CLIENT.low());
        int transportBytes = TcpDescriptor.MIN_HEADER_BYTES + payloadBytes;
        host.writeHeaders(
                buffer, frame, station, ADDRESS.high(), ADDRESS.low(), CLIENT.high(), CLIENT.low(), 0, transportBytes);
        ring.send(slot, frame, payload + payloadBytes - frame, 1460, 54, 34);
        return slot;
    }
}
