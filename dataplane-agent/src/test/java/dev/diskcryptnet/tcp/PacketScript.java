package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.wire.EcnField;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Segment in, segment out, time in between. Sequence numbers are relative: both sides' SYN is 0, the first byte 1. What
 * the stack sends is kept as text, {@code "P. 1:1001 ack 1"}: flags as in packetdrill, bytes [start:end), acknowledgement,
 * and {@code ect0} when routers may mark it.
 * With an MTU of 1040 and no timestamps a segment is 1000 bytes.
 */
final class PacketScript implements TcpEvents, TcpOutput {
    static final long MILLISECOND = 1_000_000;
    static final int PEER_INITIAL = -3;

    final CounterSet counterSet = new CounterSet(Map.of());
    final TcpStack stack;
    final List<CloseReason> closed = new ArrayList<>();
    final List<Integer> received = new ArrayList<>();
    final SendRange range = new SendRange();
    TcpConnection connection;
    TcpSegment last;
    long acknowledged = -1;
    boolean remoteClosed;
    int established;
    /** Whether ranges leave as soon as they may; else {@link #reserve} and {@link #leave} do it. */
    boolean sendsAtOnce = true;

    int maxRange = 60_000;
    /** How many bytes the layer above takes at one time. */
    int takes = Integer.MAX_VALUE;

    int port = 40_000;
    long remoteHigh;
    long remoteLow = 0xFFFF_0A00_0002L;
    private final ArrayDeque<long[]> reserved = new ArrayDeque<>();
    private final List<String> sent = new ArrayList<>();
    private long nowNs = 5_000_000_000L;
    int ownInitial;
    private boolean timestamps;
    int timestampEcho;
    int timestampValue = 1000;
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[70_000]);

    PacketScript() {
        this(TcpConfig.forMtu(1040));
    }

    PacketScript(TcpConfig config) {
        stack = new TcpStack(config, 42, counterSet, this, this);
        stack.listen(80);
    }

    /** A segment from the peer, put together by setters and injected by {@link #in}. */
    final class Peer {
        private final TcpSegment segment = new TcpSegment();
        private int length;

        private Peer(int flags, long sequence, long acknowledgement) {
            segment.clear();
            segment.localLow = 0xFFFF_0A00_0001L;
            segment.remoteHigh = remoteHigh;
            segment.remoteLow = remoteLow;
            segment.localPort = 80;
            segment.remotePort = port;
            segment.flags = flags;
            segment.sequence = PEER_INITIAL + (int) sequence;
            segment.acknowledgement = ownInitial + (int) acknowledgement;
            segment.window = 65535;
            if (timestamps) {
                ts(timestampValue, timestampEcho);
            }
        }

        Peer data(int lengthBytes) {
            length = lengthBytes;
            return this;
        }

        Peer window(int window) {
            segment.window = window;
            return this;
        }

        Peer mss(int mss) {
            segment.maximumSegmentSize = mss;
            return this;
        }

        Peer scale(int shift) {
            segment.windowScale = shift;
            return this;
        }

        Peer sackPermitted() {
            segment.sackPermitted = true;
            return this;
        }

        Peer ts(int value, int echo) {
            segment.hasTimestamps = true;
            segment.timestampValue = value;
            segment.timestampEcho = echo;
            return this;
        }

        /** Further flags. */
        Peer flags(int flags) {
            segment.flags |= flags;
            return this;
        }

        /** ECN field of the packet's IP header. */
        Peer field(int ecn) {
            segment.ecn = ecn;
            return this;
        }

        Peer noTimestamps() {
            segment.hasTimestamps = false;
            return this;
        }

        Peer sack(long... edges) {
            for (int i = 0; i < edges.length; i += 2) {
                segment.sackStart[segment.sackBlockCount] = ownInitial + (int) edges[i];
                segment.sackEnd[segment.sackBlockCount++] = ownInitial + (int) edges[i + 1];
            }
            return this;
        }

        PacketScript in() {
            stack.onSegment(nowNs, segment, payload, 0, length);
            return PacketScript.this;
        }
    }

    Peer syn() {
        return syn(0);
    }

    /** A SYN of a successor: its sequence number relative to the first one's. */
    Peer syn(long sequence) {
        return new Peer(TcpSegment.SYN, sequence, -ownInitial);
    }

    Peer ack(long sequence, long acknowledgement) {
        return new Peer(TcpSegment.ACK, sequence, acknowledgement);
    }

    Peer fin(long sequence, long acknowledgement) {
        return new Peer(TcpSegment.ACK | TcpSegment.FIN, sequence, acknowledgement);
    }

    Peer rst(long sequence) {
        return new Peer(TcpSegment.RST, sequence, 0);
    }

    /** Opens a connection: no timestamps, MSS 1000, round trip of 10 ms; SACK as wanted. */
    static PacketScript open(boolean sack) {
        PacketScript script = new PacketScript();
        script.handshake(sack, false);
        return script;
    }

    static PacketScript openWithTimestamps() {
        PacketScript script = new PacketScript();
        script.handshake(true, true);
        return script;
    }

    void handshake(boolean sack, boolean withTimestamps) {
        Peer syn = syn().mss(1000);
        if (sack) {
            syn.sackPermitted();
        }
        if (withTimestamps) {
            syn.ts(timestampValue, 0);
        }
        syn.in();
        timestamps = withTimestamps;
        after(10);
        ack(1, 1).in();
        sent.clear();
    }

    /** The layer above has so many more bytes to send. */
    PacketScript answer(long bytes) {
        connection.extend(bytes);
        pump();
        return this;
    }

    PacketScript pump() {
        while (sendsAtOnce && reserve()) {
            leave();
        }
        return this;
    }

    boolean reserve() {
        if (!connection.nextRange(nowNs, maxRange, range)) {
            return false;
        }
        connection.reserve(range, range.lengthBytes);
        reserved.add(new long[] {range.offset, range.lengthBytes});
        return true;
    }

    /** The oldest reserved range leaves. */
    void leave() {
        long[] next = reserved.remove();
        TcpSegment header = new TcpSegment();
        connection.header(nowNs, next[0], (int) next[1], header);
        record(header, (int) next[1]);
        connection.transmitted(nowNs, next[0], (int) next[1]);
    }

    /** Lets time pass; timers run when they are due. */
    PacketScript after(long milliseconds) {
        long end = nowNs + milliseconds * MILLISECOND;
        while (stack.nextDeadlineNs() <= end) {
            nowNs = Math.max(nowNs, stack.nextDeadlineNs());
            stack.onTimers(nowNs);
        }
        nowNs = end;
        stack.onTimers(nowNs);
        return this;
    }

    PacketScript expect(String... segments) {
        assertEquals(Arrays.asList(segments), sent);
        sent.clear();
        return this;
    }

    /** Whether anything was sent since the last look. */
    boolean hasSent() {
        return !sent.isEmpty();
    }

    PacketScript ignore() {
        sent.clear();
        return this;
    }

    long nowNs() {
        return nowNs;
    }

    long counter(String name, String... label) {
        long sum = 0;
        for (Counter counter : counterSet.counters()) {
            if (counter.descriptor().name().equals(name)
                    && (label.length == 0 || counter.descriptor().labels().containsValue(label[0]))) {
                sum += counter.get();
            }
        }
        return sum;
    }

    @Override
    public boolean transmit(TcpSegment segment) {
        record(segment, 0);
        return true;
    }

    private void record(TcpSegment segment, int length) {
        last = SimulatedNetwork.copy(segment);
        if (segment.has(TcpSegment.SYN)) {
            ownInitial = segment.sequence;
        }
        timestampEcho = segment.hasTimestamps ? segment.timestampValue : 0;
        StringBuilder text = new StringBuilder();
        text.append(segment.has(TcpSegment.SYN) ? "S" : "")
                .append(segment.has(TcpSegment.FIN) ? "F" : "")
                .append(segment.has(TcpSegment.RST) ? "R" : "")
                .append(segment.has(TcpSegment.PSH) ? "P" : "")
                .append(segment.has(TcpSegment.ACK) ? "." : "")
                .append(segment.has(TcpSegment.ECE) ? "E" : "")
                .append(segment.has(TcpSegment.CWR) ? "W" : "");
        int start = segment.sequence - ownInitial;
        text.append(' ').append(start).append(':').append(start + length);
        if (segment.has(TcpSegment.ACK)) {
            text.append(" ack ").append(segment.acknowledgement - PEER_INITIAL);
        }
        for (int i = 0; i < segment.sackBlockCount; i++) {
            text.append(" sack ")
                    .append(segment.sackStart[i] - PEER_INITIAL)
                    .append(':')
                    .append(segment.sackEnd[i] - PEER_INITIAL);
        }
        text.append(segment.ecn == EcnField.CAPABLE ? " ect0" : segment.ecn == EcnField.NOT_CAPABLE ? "" : " BAD");
        sent.add(text.toString());
    }

    @Override
    public void onEstablished(TcpConnection connection) {
        this.connection = connection;
        established++;
    }

    @Override
    public int onReceived(TcpConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        int take = Math.min(takes, lengthBytes);
        received.add(take);
        return take;
    }

    @Override
    public void onRemoteClosed(TcpConnection connection) {
        remoteClosed = true;
    }

    @Override
    public void onAcknowledged(TcpConnection connection, long offset) {
        acknowledged = offset;
    }

    @Override
    public void onSendable(TcpConnection connection) {
        pump();
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
        closed.add(reason);
    }
}
