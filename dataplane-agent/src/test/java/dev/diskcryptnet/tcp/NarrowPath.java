package dev.diskcryptnet.tcp;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.wire.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A stack that sends to receivers behind a router which passes on packets up to some length only, and says so or does not, in
 * virtual time. Links are of 1500 bytes; receivers have SACK and no timestamps.
 */
final class NarrowPath implements TcpEvents, TcpOutput {
    static final long MILLISECOND = 1_000_000;
    private static final long DELAY_NS = 10 * MILLISECOND;
    private static final int SEGMENT_LIMIT = 60_000;

    private record Event(long timeNs, long order, Runnable action) {}

    /** What a client has. */
    static final class Receiver {
        final int port;
        TcpConnection connection;
        long received;
        int longestSent;
        int longestArrived;
        int lastArrived;
        private int serverInitial;
        private final TreeMap<Long, Long> ahead = new TreeMap<>();

        private Receiver(int port) {
            this.port = port;
        }
    }

    final CounterSet counters = new CounterSet(Map.of());
    final TcpStack stack = new TcpStack(TcpConfig.forMtu(1500), 7, counters, this, this);
    final Map<Integer, Receiver> receivers = new HashMap<>();
    private final IpAddress own;
    private final IpAddress peer;
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (a, b) -> a.timeNs != b.timeNs ? Long.compare(a.timeNs, b.timeNs) : Long.compare(a.order, b.order));
    private final SendRange range = new SendRange();
    private final UnsafeBuffer nothing = new UnsafeBuffer(new byte[0]);
    private long order;
    long nowNs = 3_600_000 * MILLISECOND;

    /** Longest packet that gets through. */
    int mtuBytes = 1500;
    /** Whether the router says so when one does not, and what. */
    boolean tells = true;

    int toldBytes;
    /** Nothing gets through at all before then. */
    long downUntilNs;

    NarrowPath(String own, String peer) {
        this.own = IpAddress.parse(own);
        this.peer = IpAddress.parse(peer);
        stack.listen(80);
    }

    private int headerBytes() {
        return peer.isIpv4() ? 40 : 60;
    }

    private TcpSegment segment(Receiver to, int flags) {
        var segment = new TcpSegment();
        segment.clear();
        segment.localHigh = own.high();
        segment.localLow = own.low();
        segment.remoteHigh = peer.high();
        segment.remoteLow = peer.low();
        segment.localPort = 80;
        segment.remotePort = to.port;
        segment.flags = flags;
        segment.window = 65_535;
        return segment;
    }

    Receiver connect(int port) {
        var receiver = new Receiver(port);
        receivers.put(port, receiver);
        TcpSegment syn = segment(receiver, TcpSegment.SYN);
        syn.maximumSegmentSize = 1500 - headerBytes();
        syn.windowScale = 7;
        syn.sackPermitted = true;
        stack.onSegment(nowNs, syn, nothing, 0, 0);
        run(50);
        return receiver;
    }

    void send(Receiver to, long bytes) {
        to.connection.extend(bytes);
        onSendable(to.connection);
    }

    /** A router's word about the packet at a stream offset; anybody may say so. */
    void tellTooBig(Receiver of, long offset, int bytes) {
        TcpSegment quoted = segment(of, 0);
        quoted.sequence = of.serverInitial + 1 + (int) offset;
        stack.onPacketTooBig(nowNs, quoted, bytes);
    }

    void run(long milliseconds) {
        long end = nowNs + milliseconds * MILLISECOND;
        while (true) {
            long next = Math.min(
                    Math.max(stack.nextDeadlineNs(), nowNs), events.isEmpty() ? Long.MAX_VALUE : events.peek().timeNs);
            if (next > end) {
                nowNs = end;
                return;
            }
            nowNs = Math.max(nowNs, next);
            while (!events.isEmpty() && events.peek().timeNs <= nowNs) {
                events.poll().action.run();
            }
            stack.onTimers(nowNs);
        }
    }

    long count(String name, String label) {
        return counters.counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .filter(counter ->
                        label == null || counter.descriptor().labels().containsValue(label))
                .mapToLong(dev.diskcryptnet.counters.Counter::get)
                .sum();
    }

    private void later(Runnable action) {
        events.add(new Event(nowNs + DELAY_NS, order++, action));
    }

    // ---- what the stack sends

    @Override
    public void onSendable(TcpConnection connection) {
        var header = new TcpSegment();
        while (connection.nextRange(nowNs, SEGMENT_LIMIT, range)) {
            long offset = range.offset;
            int length = range.lengthBytes;
            connection.reserve(range, length);
            connection.header(nowNs, offset, length, header);
            int packetBytes = connection.effectiveSegmentBytes(offset);
            for (int from = 0; from < length; from += packetBytes) {
                packet(connection, offset + from, Math.min(packetBytes, length - from));
            }
            connection.transmitted(nowNs, offset, length);
        }
    }

    private void packet(TcpConnection connection, long offset, int bytes) {
        Receiver to = receivers.get(connection.remotePort());
        to.longestSent = Math.max(to.longestSent, bytes);
        if (nowNs < downUntilNs) {
            return;
        }
        if (bytes + headerBytes() <= mtuBytes) {
            later(() -> arrive(to, offset, bytes));
        } else if (tells) {
            later(() -> tellTooBig(to, offset, toldBytes == 0 ? mtuBytes : toldBytes));
        }
    }

    private void arrive(Receiver to, long offset, int bytes) {
        to.lastArrived = bytes;
        to.longestArrived = Math.max(to.longestArrived, bytes);
        to.ahead.merge(offset, offset + bytes, Math::max);
        while (!to.ahead.isEmpty() && to.ahead.firstKey() <= to.received) {
            to.received = Math.max(to.received, to.ahead.pollFirstEntry().getValue());
        }
        TcpSegment ack = acknowledgement(to);
        later(() -> stack.onSegment(nowNs, ack, nothing, 0, 0));
    }

    private TcpSegment acknowledgement(Receiver from) {
        TcpSegment ack = segment(from, TcpSegment.ACK);
        ack.sequence = 1;
        ack.acknowledgement = from.serverInitial + 1 + (int) from.received;
        var held = from.ahead.descendingMap().entrySet().iterator();
        while (held.hasNext() && ack.sackBlockCount < 3) {
            var block = held.next();
            ack.sackStart[ack.sackBlockCount] = from.serverInitial + 1 + (int) (long) block.getKey();
            ack.sackEnd[ack.sackBlockCount++] = from.serverInitial + 1 + (int) (long) block.getValue();
        }
        return ack;
    }

    @Override
    public boolean transmit(TcpSegment segment) {
        Receiver to = receivers.get(segment.remotePort);
        if (segment.has(TcpSegment.SYN)) {
            to.serverInitial = segment.sequence;
            TcpSegment ack = acknowledgement(to);
            later(() -> stack.onSegment(nowNs, ack, nothing, 0, 0));
        }
        return true;
    }

    @Override
    public void onEstablished(TcpConnection connection) {
        receivers.get(connection.remotePort()).connection = connection;
    }

    @Override
    public int onReceived(TcpConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        return lengthBytes;
    }

    @Override
    public void onRemoteClosed(TcpConnection connection) {}

    @Override
    public void onAcknowledged(TcpConnection connection, long offset) {}

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
        throw new AssertionError("reason=" + reason);
    }
}
