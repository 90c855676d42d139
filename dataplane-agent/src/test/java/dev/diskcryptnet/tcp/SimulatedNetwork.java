package dev.diskcryptnet.tcp;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A stack, a layer above it that reads from a slow disk, clients, and the paths between them, all in virtual time from
 * one seed.
 */
final class SimulatedNetwork implements TcpEvents, TcpOutput {
    /**
     * Both directions and what is on the way.
     *
     * @param diesAfterNs from then on nothing arrives any more; 0 for never
     */
    record Weather(SimulatedPath.Traits down, SimulatedPath.Traits up, Middlebox middlebox, long diesAfterNs) {}

    /**
     * The layer above.
     *
     * @param diskNs longest read; one in 300 takes half a second more
     * @param partialReads reads end anywhere, and answers come in pieces
     * @param leavesInOrder slots taken at the read's issue leave in that order; those taken when a record is sealed do not
     */
    record Server(
            int maxReadBytes, long diskNs, boolean partialReads, boolean leavesInOrder, boolean losesWindowUpdates) {
        /** One that is never what a transfer waits for. */
        static final Server IDEAL = new Server(61_320, 0, false, true, false);

        static Server drawn(Random random) {
            return new Server(
                    random.nextBoolean() ? 61440 : 1 + random.nextInt(61440),
                    random.nextInt(3) == 0 ? 0 : random.nextInt(5_000_000),
                    random.nextInt(4) == 0,
                    random.nextInt(3) > 0,
                    random.nextInt(3) == 0);
        }
    }

    private record Event(long timeNs, long order, Runnable action) {}

    /** One answer being sent. */
    private static final class Transfer {
        long requestLeft;
        long answerBytes;
        boolean queued;
        boolean remoteClosed;
        long lastSentNs;
    }

    private static final class Read {
        TcpConnection connection;
        long offset;
        int lengthBytes;
        boolean ready;
    }

    /** A layer above does not wait for ever for what it is to answer. */
    private static final long REQUEST_TIMEOUT_NS = 300_000_000_000L;

    final Random random;
    final CounterSet counterSet = new CounterSet(Map.of());
    final TcpStack stack;
    final Map<Integer, SimulatedClient> clients = new HashMap<>();
    final List<CloseReason> closed = new ArrayList<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>(
            (a, b) -> a.timeNs != b.timeNs ? Long.compare(a.timeNs, b.timeNs) : Long.compare(a.order, b.order));
    private final ArrayDeque<TcpConnection> sendable = new ArrayDeque<>();
    private final ArrayDeque<Read> ring = new ArrayDeque<>();
    private final Map<Integer, Long> answers = new HashMap<>();
    private final SendRange range = new SendRange();
    private final TcpSegment header = new TcpSegment();
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[65536]);
    private final Server server;
    final SimulatedPath down;
    final SimulatedPath up;
    private final Middlebox middlebox;
    private TcpConnection latest;
    private long nowNs;
    private long order;
    long deliveredBytes;

    SimulatedNetwork(long seed, Weather weather, TcpConfig config, long startNs) {
        this(seed, weather, config, startNs, null);
    }

    SimulatedNetwork(long seed, Weather weather, TcpConfig config, long startNs, Server server) {
        this.random = new Random(new SplittableRandom(~seed).nextLong());
        this.nowNs = startNs;
        this.server = server == null ? Server.drawn(random) : server;
        this.down = new SimulatedPath(this, weather.down, random);
        this.up = new SimulatedPath(this, weather.up, random);
        this.middlebox = weather.middlebox;
        if (weather.diesAfterNs > 0) {
            down.diesAtNs = startNs + weather.diesAfterNs;
            up.diesAtNs = down.diesAtNs;
        }
        this.stack = new TcpStack(config, seed, counterSet, this, this);
        stack.listen(80);
    }

    long nowNs() {
        return nowNs;
    }

    boolean losesWindowUpdates() {
        return server.losesWindowUpdates;
    }

    Middlebox middlebox() {
        return middlebox;
    }

    void add(int port, SimulatedClient client, long answerBytes) {
        clients.put(port, client);
        answers.put(port, answerBytes);
    }

    void address(TcpSegment s, int clientPort) {
        s.localLow = 0xFFFF_0A00_0001L;
        s.remoteLow = 0xFFFF_0A00_0002L;
        s.localPort = 80;
        s.remotePort = clientPort;
    }

    void after(long delayNs, Runnable action) {
        events.add(new Event(nowNs + Math.max(0, delayNs), order++, action));
    }

    /** The one established last. */
    TcpConnection connection() {
        return latest;
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

    /** @return whether every connection closed and every client has all before {@code limitNs} have passed */
    boolean run(long limitNs) {
        long end = nowNs + limitNs;
        while (true) {
            drive();
            if (isDone()) {
                return true;
            }
            long timer = Math.max(stack.nextDeadlineNs(), nowNs + 1);
            Event event = events.peek();
            long next = Math.min(timer, event == null ? Long.MAX_VALUE : event.timeNs);
            if (next > end) {
                return false;
            }
            nowNs = Math.max(nowNs, next);
            while (events.peek() != null && events.peek().timeNs <= nowNs) {
                events.poll().action.run();
            }
            stack.onTimers(nowNs);
        }
    }

    private boolean isDone() {
        if (nowNs >= down.diesAtNs) {
            return stack.connections() == 0 && stack.halfOpenConnections() == 0 && ring.isEmpty();
        }
        for (var client : clients.entrySet()) {
            boolean complete = client.getValue().finReceived
                    && client.getValue().finAcknowledged
                    && client.getValue().received == answers.get(client.getKey());
            if (!complete) {
                return false;
            }
        }
        return stack.connections() == 0 && closed.size() >= clients.size();
    }

    /** The layer above: asks each connection in turn, reads, sends in the order of reservation. */
    private void drive() {
        for (int turns = 0; turns < 64 && !sendable.isEmpty(); turns++) {
            TcpConnection connection = sendable.poll();
            Transfer transfer = (Transfer) connection.attachment;
            transfer.queued = false;
            if (!connection.isClosed() && connection.nextRange(nowNs, server.maxReadBytes, range)) {
                if (range.lengthBytes > server.maxReadBytes || range.lengthBytes <= 0) {
                    throw new AssertionError("lengthBytes=" + range.lengthBytes + " maxBytes=" + server.maxReadBytes);
                }
                int length = server.partialReads ? 1 + random.nextInt(range.lengthBytes) : range.lengthBytes;
                connection.reserve(range, length);
                read(connection, range.offset, length);
                onSendable(connection);
            }
        }
        if (!sendable.isEmpty()) {
            after(1, () -> {});
        }
    }

    private void read(TcpConnection connection, long offset, int length) {
        Read read = new Read();
        read.connection = connection;
        read.offset = offset;
        read.lengthBytes = length;
        ring.add(read);
        long time = server.diskNs == 0 ? 0 : random.nextInt((int) server.diskNs + 1);
        if (server.diskNs > 0 && random.nextInt(300) == 0) {
            time += 500_000_000; // a read slower than the retransmission timeout
        }
        after(time, () -> {
            read.ready = true;
            if (!server.leavesInOrder) {
                ring.remove(read);
                leave(read);
                return;
            }
            while (!ring.isEmpty() && ring.peek().ready) {
                leave(ring.poll());
            }
        });
    }

    private void leave(Read read) {
        TcpConnection connection = read.connection;
        if (connection.isClosed()) {
            return;
        }
        Transfer transfer = (Transfer) connection.attachment;
        // RFC 6298 2.5: the longest timeout, and what a slow read and the application add.
        if (transfer.lastSentNs != 0 && nowNs - transfer.lastSentNs > 62_000_000_000L) {
            throw new AssertionError("a stall of " + (nowNs - transfer.lastSentNs) + " ns");
        }
        transfer.lastSentNs = nowNs;
        connection.header(nowNs, read.offset, read.lengthBytes, header);
        int mss = connection.effectiveSegmentBytes(read.offset);
        for (int at = 0; at < read.lengthBytes; at += mss) {
            int length = Math.min(mss, read.lengthBytes - at);
            TcpSegment copy = copy(header);
            copy.sequence += at;
            copy.flags &= at > 0 ? ~TcpSegment.CWR : -1;
            if (at + length < read.lengthBytes) {
                copy.flags &= ~(TcpSegment.FIN | TcpSegment.PSH);
            }
            toClient(copy, length, read.offset + at);
        }
        connection.transmitted(nowNs, read.offset, read.lengthBytes);
    }

    /** Where each client and the stack stand, for a failure's message. */
    String state() {
        StringBuilder text =
                new StringBuilder(" at ").append(nowNs).append(" maxRead=").append(server.maxReadBytes);
        clients.forEach((port, client) -> text.append(" [")
                .append(port)
                .append(" received=")
                .append(client.received)
                .append(" fin=")
                .append(client.finReceived)
                .append('/')
                .append(client.finAcknowledged)
                .append(" reset=")
                .append(client.reset)
                .append(']'));
        return text.append(" connections=")
                .append(stack.connections())
                .append(" closed=")
                .append(closed)
                .append(" ring=")
                .append(ring.size())
                .append(" sendable=")
                .append(sendable.size())
                .append(" nextDeadline=")
                .append(stack.nextDeadlineNs())
                .append(counters())
                .toString();
    }

    private String counters() {
        StringBuilder text = new StringBuilder();
        for (Counter counter : counterSet.counters()) {
            if (counter.get() != 0) {
                text.append(' ')
                        .append(counter.descriptor().name())
                        .append(counter.descriptor().labels().values())
                        .append('=')
                        .append(counter.get());
            }
        }
        return text.toString();
    }

    // ---- the wire

    @Override
    public boolean transmit(TcpSegment segment) {
        toClient(copy(segment), 0, -1);
        return true;
    }

    private void toClient(TcpSegment s, int length, long streamOffset) {
        SimulatedClient client = clients.get(s.remotePort);
        if (client != null) {
            client.checkLeaving(s, length, streamOffset);
            middlebox.pass(s);
            down.send(length, s, () -> client.onSegment(s, length, streamOffset));
        }
    }

    void toServer(TcpSegment s, int length) {
        TcpSegment sent = copy(s);
        middlebox.pass(sent);
        up.send(length, sent, () -> stack.onSegment(nowNs, sent, payload, 0, length));
    }

    static TcpSegment copy(TcpSegment s) {
        TcpSegment c = new TcpSegment();
        UnsafeBuffer wire = new UnsafeBuffer(new byte[60]);
        int bytes = TcpSegmentCodec.encode(s, wire, 0);
        if (TcpSegmentCodec.decode(wire, 0, bytes, c) != bytes) {
            throw new AssertionError("the header does not read back");
        }
        c.localPort = s.localPort;
        c.remotePort = s.remotePort;
        c.localLow = s.localLow;
        c.remoteLow = s.remoteLow;
        c.ecn = s.ecn;
        return c;
    }

    // ---- events

    @Override
    public void onEstablished(TcpConnection connection) {
        Transfer transfer = new Transfer();
        transfer.answerBytes = answers.get(connection.remotePort);
        transfer.requestLeft = 1;
        connection.attachment = transfer;
        latest = connection;
        after(REQUEST_TIMEOUT_NS, () -> {
            if (transfer.requestLeft > 0) {
                connection.abort();
            }
        });
    }

    @Override
    public int onReceived(TcpConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        Transfer transfer = (Transfer) connection.attachment;
        int take = random.nextInt(3) == 0 ? random.nextInt(lengthBytes + 1) : lengthBytes;
        if (take < lengthBytes) {
            after(3_000_000, () -> connection.offerReceived(nowNs));
        }
        deliveredBytes += take;
        if (take > 0 && transfer.requestLeft > 0) {
            transfer.requestLeft = 0;
            grow(connection, transfer);
        }
        return take;
    }

    private void grow(TcpConnection connection, Transfer transfer) {
        if (connection.isClosed()) {
            return;
        }
        long left = transfer.answerBytes - connection.streamEnd();
        long piece = left < 100 || !server.partialReads ? left : 1 + random.nextLong(left);
        connection.extend(piece);
        onSendable(connection);
        if (piece < left) {
            after(random.nextInt(20_000_000), () -> grow(connection, transfer));
        } else if (random.nextBoolean()) {
            connection.finish();
        } else {
            after(random.nextInt(50_000_000), connection::finish);
        }
    }

    @Override
    public void onRemoteClosed(TcpConnection connection) {
        Transfer transfer = (Transfer) connection.attachment;
        if (transfer.remoteClosed) {
            throw new AssertionError("told twice that the peer closed");
        }
        transfer.remoteClosed = true;
    }

    @Override
    public void onAcknowledged(TcpConnection connection, long offset) {}

    @Override
    public void onSendable(TcpConnection connection) {
        Transfer transfer = (Transfer) connection.attachment;
        if (!transfer.queued) {
            transfer.queued = true;
            sendable.add(connection);
        }
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
        closed.add(reason);
    }
}
