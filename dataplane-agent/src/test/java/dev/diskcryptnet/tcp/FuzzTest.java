package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.CounterSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Hostile segments through codec and stack: nothing may throw, hang or leak. */
class FuzzTest implements TcpEvents, TcpOutput {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime() ^ new Random().nextLong());
    private static final int INPUTS = Boolean.getBoolean("dcn.long") ? 2_000_000 : 100_000;
    private static final int PEERS = 40;

    private final Random random = new Random(SEED);
    private final List<TcpConnection> open = new ArrayList<>();
    private final List<TcpSegment> seen = new ArrayList<>();
    private final TcpStack stack = new TcpStack(
            TcpConfig.forMtu(1500).withLimits(30, 20, 10).withMaxReceiveBuffers(8),
            SEED,
            new CounterSet(Map.of()),
            this,
            this);
    private final SendRange range = new SendRange();
    private final TcpSegment header = new TcpSegment();
    private final UnsafeBuffer wire = new UnsafeBuffer(new byte[4096]);
    private long nowNs;
    private int established;
    private int closed;

    @Test
    void shouldSurviveMalformedTruncatedAndMutatedSegments() {
        System.out.println("FuzzTest -Ddcn.seed=" + SEED + " inputs=" + INPUTS);
        stack.listen(80);
        TcpSegment decoded = new TcpSegment();
        try {
            for (int i = 0; i < INPUTS; i++) {
                nowNs += random.nextInt(100) == 0 ? random.nextInt(2_000_000_000) : random.nextInt(1_000_000);
                int length = random.nextInt(5) == 0 ? noise() : nearlyRight();
                int headerBytes = TcpSegmentCodec.decode(wire, 0, length, decoded);
                if (headerBytes >= 0) {
                    assertTrue(headerBytes >= 20 && headerBytes <= length);
                    decoded.localLow = 0xFFFF_0A00_0001L;
                    decoded.remoteLow = 0xFFFF_0A00_0002L;
                    stack.onSegment(nowNs, decoded, wire, headerBytes, length - headerBytes);
                }
                stack.onTimers(nowNs);
                useConnections();
            }
        } catch (RuntimeException e) {
            throw new AssertionError("seed=" + SEED, e);
        }
        assertTrue(established > INPUTS / 200, "the fuzzer opened " + established + " connections only");
        assertTrue(stack.connections() <= 30 && stack.halfOpenConnections() <= 20 && stack.timeWaitConnections() <= 10);
        stack.closeAll();
        assertEquals(established, closed);
        assertEquals(0, stack.connections());
        assertEquals(0, stack.halfOpenConnections());
        assertEquals(0, stack.timeWaitConnections());
        assertEquals(0, stack.receivePool().inUse());
    }

    private int noise() {
        int length = random.nextInt(120);
        for (int i = 0; i < length; i++) {
            wire.putByte(i, (byte) random.nextInt());
        }
        wire.putShort(0, (short) (1000 + random.nextInt(PEERS)), java.nio.ByteOrder.BIG_ENDIAN);
        wire.putShort(2, (short) 80, java.nio.ByteOrder.BIG_ENDIAN);
        return length;
    }

    /** A segment that fits what the stack has sent, and then not quite. */
    private int nearlyRight() {
        TcpSegment s = new TcpSegment();
        s.clear();
        s.localPort = 1000 + random.nextInt(PEERS); // as the peer encodes it, from its side
        s.remotePort = 80;
        TcpSegment answer = seen.isEmpty() ? null : seen.get(random.nextInt(seen.size()));
        int payload = random.nextInt(3) == 0 ? random.nextInt(1500) : 0;
        if (answer == null || random.nextInt(8) == 0) {
            s.flags = TcpSegment.SYN;
            s.sequence = random.nextInt();
            s.maximumSegmentSize = random.nextInt(3) == 0 ? random.nextInt(65536) : 1460;
            s.sackPermitted = random.nextBoolean();
            s.windowScale = random.nextInt(16) - 1;
            s.hasTimestamps = random.nextInt(3) == 0;
            payload = 0;
        } else {
            s.localPort = answer.remotePort;
            s.sequence = answer.acknowledgement + jitter();
            s.acknowledgement = answer.sequence + (answer.has(TcpSegment.SYN) ? 1 : 0) + jitter();
            s.flags = TcpSegment.ACK | (random.nextInt(6) == 0 ? random.nextInt(64) : 0);
            s.window = random.nextInt(4) == 0 ? random.nextInt(3) : random.nextInt(65536);
            s.hasTimestamps = answer.hasTimestamps != (random.nextInt(10) == 0);
            s.timestampValue = answer.timestampEcho + jitter();
            s.timestampEcho = answer.timestampValue + jitter();
            s.sackBlockCount = random.nextInt(4) == 0 ? random.nextInt(5) : 0;
            for (int i = 0; i < s.sackBlockCount; i++) {
                s.sackStart[i] = s.acknowledgement + random.nextInt(20_000) - 1000;
                s.sackEnd[i] = s.sackStart[i] + random.nextInt(5000) - 100;
            }
        }
        int length = TcpSegmentCodec.encode(s, wire, 0) + payload;
        if (random.nextInt(4) == 0) {
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                wire.putByte(12 + random.nextInt(48), (byte) random.nextInt());
            }
        }
        return random.nextInt(10) == 0 ? random.nextInt(length + 1) : length;
    }

    private int jitter() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextInt(3000) - 1500;
            case 1 -> random.nextInt(10) == 0 ? random.nextInt() : 1;
            default -> 0;
        };
    }

    private void useConnections() {
        if (open.isEmpty()) {
            return;
        }
        TcpConnection connection = open.get(random.nextInt(open.size()));
        switch (random.nextInt(12)) {
            case 0 -> connection.offerReceived(nowNs);
            case 1 -> {
                if (random.nextInt(50) == 0) {
                    connection.finish();
                }
            }
            case 2 -> {
                if (random.nextInt(200) == 0) {
                    connection.abort();
                }
            }
            default -> {
                if (connection.nextRange(nowNs, 1 + random.nextInt(65_536), range)) {
                    int length = 1 + random.nextInt(range.lengthBytes);
                    connection.reserve(range, length);
                    if (random.nextInt(5) > 0) {
                        connection.header(nowNs, range.offset, length, header);
                        remember(header);
                        connection.transmitted(nowNs, range.offset, length);
                    }
                }
            }
        }
    }

    private void remember(TcpSegment segment) {
        if (segment.has(TcpSegment.RST)) {
            return;
        }
        TcpSegment copy = SimulatedNetwork.copy(segment);
        if (seen.size() < 200) {
            seen.add(copy);
        } else {
            seen.set(random.nextInt(200), copy);
        }
    }

    @Override
    public boolean transmit(TcpSegment segment) {
        remember(segment);
        return random.nextInt(20) > 0;
    }

    @Override
    public void onEstablished(TcpConnection connection) {
        established++;
        open.add(connection);
        connection.extend(random.nextInt(100_000));
    }

    @Override
    public int onReceived(TcpConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        if (random.nextInt(500) == 0) {
            connection.abort();
        }
        return random.nextInt(lengthBytes + 1);
    }

    @Override
    public void onRemoteClosed(TcpConnection connection) {
        if (random.nextBoolean()) {
            connection.finish();
        }
    }

    @Override
    public void onAcknowledged(TcpConnection connection, long offset) {
        assertTrue(offset <= connection.streamEnd());
    }

    @Override
    public void onSendable(TcpConnection connection) {
        assertTrue(connection.inFlightBytes() >= 0);
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
        closed++;
        assertTrue(open.remove(connection));
    }
}
