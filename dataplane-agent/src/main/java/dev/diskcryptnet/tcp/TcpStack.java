package dev.diskcryptnet.tcp;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import org.agrona.DirectBuffer;

/**
 * TCP for one worker, server side (RFC 9293): demultiplexes segments to connections, and forgets them; how they
 * come about is {@link Handshakes}' part. Reads no clock and owns no device: time and segments come in as arguments, segments leave through {@link TcpOutput} and, with
 * stream data, through {@link TcpConnection#header}. One thread only.
 *
 * <p>Not supported: active open, urgent data (the flag is ignored), fast open.
 */
public final class TcpStack {
    /** Most timers looked at in one {@link #onTimers}. */
    private static final int TIMER_LIMIT = 256;
    /** IPv4 and TCP header, IPv6 and TCP header, and timestamps with their padding. */
    private static final int IPV4_HEADERS_BYTES = 40;

    private static final int IPV6_HEADERS_BYTES = 60;
    private static final int TIMESTAMP_BYTES = 12;

    private final TcpConfig config;
    private final TcpCounters counters;
    private final TcpEvents events;
    private final TcpOutput output;
    private final SipHash tupleHash;

    private final ConnectionTable table;
    private final TimerWheel timers = new TimerWheel();
    private final RangeSetPool rangeSets = new RangeSetPool();
    private final ReceivePool receivePool;
    private final ResetLimit resetLimit = new ResetLimit();
    private final AgeQueue<TimeWait> timeWaits = new AgeQueue<>();
    private final Handshakes handshakes;
    private final PrefixCounts prefixes;
    private final PathMtuCache paths = new PathMtuCache();
    private final PathMtuCounters pathCounters;
    private final TcpSegment outgoing = new TcpSegment();
    private final ListeningPorts ports = new ListeningPorts();
    private int connections;
    private long nowNs;

    /**
     * @param key secret of this run, from a good random source: what a remote host must not guess depends on it
     *     (sequence numbers, RFC 6528; the table's hash). The same key and input give the same output
     */
    public TcpStack(TcpConfig config, long key, CounterSet counters, TcpEvents events, TcpOutput output) {
        this.config = config;
        this.counters = new TcpCounters(counters);
        this.pathCounters = new PathMtuCounters(counters);
        this.events = events;
        this.output = output;
        SipHash derive = new SipHash(key, 0x64636e2d746370L);
        this.tupleHash = new SipHash(derive.begin().end(1), derive.begin().end(2));
        this.table = new ConnectionTable(config.maxConnections() + config.maxHalfOpen() + config.maxTimeWait());
        this.receivePool = new ReceivePool(config.receiveWindowBytes(), config.maxReceiveBuffers());
        this.prefixes = new PrefixCounts(
                config.prefixLimit(),
                config.maxConnections() + config.maxHalfOpen(),
                new SipHash(derive.begin().end(7), derive.begin().end(8)));
        this.handshakes = new Handshakes(
                this,
                table,
                new SipHash(derive.begin().end(3), derive.begin().end(4)),
                new SynCookies(new SipHash(derive.begin().end(5), derive.begin().end(6))));
    }

    /** Accepts connections to {@code port}, on every local address. */
    public void listen(int port) {
        listen(port, CongestionAlgorithm.CUBIC);
    }

    /** As {@link #listen(int)}, with another congestion control than CUBIC. */
    public void listen(int port, CongestionAlgorithm algorithm) {
        listen(port, algorithm, true);
    }

    /**
     * As {@link #listen(int)}.
     *
     * @param ecn whether clients that ask for explicit congestion notification (RFC 3168) get it; none does with BBR
     */
    public void listen(int port, CongestionAlgorithm algorithm, boolean ecn) {
        ports.listen(port, algorithm, ecn);
    }

    /**
     * While true SYNs are answered by RST, as far as {@link ResetLimit} allows: a client learns at once that it must try
     * elsewhere, where silence would have it wait for its timer. Open connections go on, and those that have our SYN-ACK
     * may still come about.
     */
    public void refuseNew(boolean refuse) {
        handshakes.refuse(refuse);
    }

    /** @param count SYNs since the start that the port has dropped because more came than it takes */
    public void onSynsShed(long count) {
        counters.synDroppedFlood.set(count);
    }

    /** Established connections, those that are being closed included. */
    public int connections() {
        return connections;
    }

    /** Connections in SYN-RECEIVED. */
    public int halfOpenConnections() {
        return handshakes.size();
    }

    /** Receive buffers, range sets and logs that connections hold just now: an idle one holds none. */
    public int buffersInUse() {
        return receivePool.inUse() + rangeSets.inUse();
    }

    /** Connections in TIME-WAIT. */
    public int timeWaitConnections() {
        return timeWaits.size();
    }

    /** Aborts every connection (RST, {@link TcpEvents#onClosed}) and forgets half-open and TIME-WAIT ones. */
    public void closeAll() {
        table.forEach(entry -> {
            switch (entry) {
                case TcpConnection connection -> connection.abort();
                case HalfOpen halfOpen -> handshakes.forget(halfOpen);
                case TimeWait timeWait -> onTimeWaitOver(timeWait);
                default -> throw new IllegalStateException("entry=" + entry);
            }
        });
    }

    /**
     * Runs what is due, in bounded work.
     *
     * @return timers looked at; the caller calls again at the next turn anyway
     */
    public int onTimers(long nowNs) {
        this.nowNs = nowNs;
        return timers.advance(nowNs, TIMER_LIMIT);
    }

    /** When {@link #onTimers} has work at the earliest; {@link Long#MAX_VALUE} for never. May be too early. */
    public long nextDeadlineNs() {
        return timers.nextDeadlineNs();
    }

    /**
     * A segment arrived whose checksum is right.
     *
     * @param segment from {@link TcpSegmentCodec#decode}, with addresses filled in
     * @param payload where the payload lies; valid only during the call
     */
    public void onSegment(long nowNs, TcpSegment segment, DirectBuffer payload, int payloadOffset, int payloadLength) {
        this.nowNs = nowNs;
        counters.segmentsReceived.increment();
        long hash = hashOf(segment);
        ConnectionEntry entry = table.find(segment, hash);
        if (entry instanceof TcpConnection connection) {
            connection.onSegment(nowNs, segment, payload, payloadOffset, payloadLength);
        } else if (entry instanceof HalfOpen halfOpen) {
            handshakes.onSegment(nowNs, halfOpen, segment, payload, payloadOffset, payloadLength);
        } else if (entry instanceof TimeWait timeWait) {
            onTimeWait(nowNs, timeWait, segment, hash, payloadLength);
        } else {
            onUnknown(nowNs, segment, hash, payload, payloadOffset, payloadLength);
        }
    }

    private long hashOf(TcpSegment segment) {
        return tupleHash.tuple(
                segment.localHigh,
                segment.localLow,
                segment.remoteHigh,
                segment.remoteLow,
                segment.localPort,
                segment.remotePort);
    }

    /** RFC 9293 3.10.7.1 and 3.10.7.2: CLOSED and LISTEN. */
    private void onUnknown(
            long nowNs, TcpSegment segment, long hash, DirectBuffer payload, int offset, int payloadLength) {
        boolean syn = segment.has(TcpSegment.SYN);
        if (segment.has(TcpSegment.RST) || syn && segment.has(TcpSegment.FIN)) {
            counters.droppedNoConnection.increment();
            return;
        }
        if (ports.isListening(segment.localPort)) {
            if (syn && !segment.has(TcpSegment.ACK)) {
                handshakes.open(nowNs, segment, hash, payloadLength);
                return;
            }
            if (handshakes.openByCookie(nowNs, segment, hash, payload, offset, payloadLength)) {
                return;
            }
        }
        counters.droppedNoConnection.increment();
        reset(nowNs, segment, payloadLength);
    }

    /** Whether there is room for one more connection of this host; if not it is counted why. */
    boolean hasRoom(long remoteHigh, long remoteLow) {
        if (connections >= config.maxConnections()) {
            counters.synDroppedConnections.increment();
            return false;
        }
        if (prefixes.isFull(remoteHigh, remoteLow)) {
            counters.synDroppedPrefix.increment();
            return false;
        }
        return true;
    }

    /** The ACK of a handshake has come; {@link #hasRoom}. */
    void establish(long nowNs, HalfOpen halfOpen, TcpSegment segment, DirectBuffer payload, int offset, int length) {
        // RFC 6928 2: the initial window is one segment only after more than one loss of the SYN-ACK.
        int initialSegments = halfOpen.retries > 1 ? 1 : config.initialWindowSegments();
        int segmentBytes = Math.min(halfOpen.peerSegmentBytes, ownSegmentBytes(halfOpen))
                - (halfOpen.timestamps ? TIMESTAMP_BYTES : 0);
        int knownBytes = payloadBytes(halfOpen, halfOpen.timestamps, paths.get(nowNs, halfOpen, config.mtuBytes()));
        var path = new PathMtu(nowNs, segmentBytes, Math.min(segmentBytes, knownBytes));
        var connection = new TcpConnection(this, halfOpen, nowNs, segmentBytes, path, initialSegments);
        table.replace(halfOpen, connection);
        connections++;
        prefixes.addConnection(connection, 1);
        counters.connections.set(connections);
        counters.opened.increment();
        if (connection.usesEcn()) {
            counters.ecnConnections.increment();
        }
        events.onEstablished(connection);
        if (!connection.isClosed()) {
            connection.onSegment(nowNs, segment, payload, offset, length);
        }
    }

    /** Payload of the longest segment that we take, options included. */
    int ownSegmentBytes(ConnectionEntry entry) {
        return config.mtuBytes() - headersBytes(entry);
    }

    /** IP and TCP header, without options. */
    private static int headersBytes(ConnectionEntry entry) {
        return entry.isIpv4() ? IPV4_HEADERS_BYTES : IPV6_HEADERS_BYTES;
    }

    // ---- path MTU

    /**
     * A router could not pass a packet of ours on (RFC 1191 4, RFC 4443 3.2). It is believed when it quotes bytes that are
     * in flight, which nobody off the path can (RFC 5927 4.1).
     *
     * @param quoted addresses, ports and sequence number of our packet
     * @param mtuBytes longest packet that it passes on
     */
    public void onPacketTooBig(long nowNs, TcpSegment quoted, int mtuBytes) {
        this.nowNs = nowNs;
        if (!(table.find(quoted, hashOf(quoted)) instanceof TcpConnection connection)) {
            return; // of a connection that is over, or another worker's: all workers hear of it
        }
        int usableBytes = Math.max(mtuBytes, safeMtuBytes(connection));
        if (!connection.isInFlight(quoted.sequence)) {
            pathCounters.notInFlight.increment();
        } else if (connection.onPacketTooBig(nowNs, usableBytes)) {
            pathCounters.told.increment();
            paths.put(nowNs, connection, usableBytes);
        } else {
            pathCounters.notShorter.increment();
        }
    }

    /** Longest packet that every path takes: RFC 8200 5; for IPv4 what every host takes, RFC 1122 3.3.3. */
    private static int safeMtuBytes(ConnectionEntry entry) {
        return entry.isIpv4() ? TcpConfig.MIN_MTU_BYTES : Ipv6Descriptor.MIN_MTU_BYTES;
    }

    /** Payload of a packet that is tried when longer ones vanish: small enough for tunnels within tunnels. */
    int cautiousBytes(TcpConnection connection, boolean timestamps) {
        return payloadBytes(connection, timestamps, Ipv6Descriptor.MIN_MTU_BYTES);
    }

    /** TCP payload of a packet. */
    static int payloadBytes(ConnectionEntry entry, boolean timestamps, int mtuBytes) {
        return mtuBytes - headersBytes(entry) - (timestamps ? TIMESTAMP_BYTES : 0);
    }

    void onPathSuspected() {
        pathCounters.suspected.increment();
    }

    void onPathLengthened(TcpConnection connection, boolean timestamps) {
        pathCounters.lengthened.increment();
        int overhead = -payloadBytes(connection, timestamps, 0);
        paths.put(nowNs, connection, connection.effectiveSegmentBytes() + overhead);
    }

    // ---- TIME-WAIT

    void enterTimeWait(long nowNs, TcpConnection connection, TimeWait timeWait) {
        if (config.maxTimeWait() == 0) {
            table.remove(connection);
            counters.timeWaitEvicted.increment();
            return;
        }
        if (timeWaits.size() == config.maxTimeWait()) {
            counters.timeWaitEvicted.increment();
            onTimeWaitOver(timeWaits.oldest());
        }
        timeWait.address(connection);
        table.replace(connection, timeWait);
        timeWaits.add(timeWait);
        counters.timeWait.set(timeWaits.size());
        timers.schedule(timeWait, nowNs, nowNs + config.timeWaitNs());
    }

    void onTimeWaitOver(TimeWait timeWait) {
        timers.cancel(timeWait);
        table.remove(timeWait);
        timeWaits.remove(timeWait);
        counters.timeWait.set(timeWaits.size());
    }

    private void onTimeWait(long nowNs, TimeWait timeWait, TcpSegment segment, long hash, int payloadLength) {
        if (segment.has(TcpSegment.RST)) {
            return; // RFC 1337 3: a stray RST must not end TIME-WAIT early
        }
        boolean syn = segment.has(TcpSegment.SYN) && !segment.has(TcpSegment.ACK);
        if (syn && ports.isListening(segment.localPort) && timeWait.isSucceededBy(segment)) {
            onTimeWaitOver(timeWait);
            handshakes.reopen(nowNs, segment, hash, payloadLength, timeWait.nextInitialSend());
            return;
        }
        boolean fin = segment.has(TcpSegment.FIN);
        if ((fin || syn || payloadLength > 0) && timeWait.mayAnswer(nowNs)) {
            timeWait.acknowledgement(nowNs, outgoing);
            send(outgoing);
        }
        if (fin) {
            timers.schedule(timeWait, nowNs, nowNs + config.timeWaitNs()); // RFC 9293 3.10.7.4, eighth
        }
    }

    // ---- used by connections

    void onConnectionClosed(TcpConnection connection, CloseReason reason, boolean inTable) {
        if (inTable) {
            table.remove(connection);
        }
        connections--;
        prefixes.addConnection(connection, -1);
        counters.connections.set(connections);
        counters.closed(reason).increment();
        events.onClosed(connection, reason);
    }

    /** RFC 9293 3.5.2: answers a segment that belongs to no connection. */
    void reset(long nowNs, TcpSegment received, int payloadLength) {
        if (!resetLimit.allows(nowNs)) {
            return;
        }
        TcpSegment segment = outgoing;
        segment.clear();
        segment.localHigh = received.localHigh;
        segment.localLow = received.localLow;
        segment.remoteHigh = received.remoteHigh;
        segment.remoteLow = received.remoteLow;
        segment.localPort = received.localPort;
        segment.remotePort = received.remotePort;
        if (received.has(TcpSegment.ACK)) {
            segment.sequence = received.acknowledgement;
            segment.flags = TcpSegment.RST;
        } else {
            int occupies = (received.has(TcpSegment.SYN) ? 1 : 0) + (received.has(TcpSegment.FIN) ? 1 : 0);
            segment.acknowledgement = received.sequence + payloadLength + occupies;
            segment.flags = TcpSegment.RST | TcpSegment.ACK;
        }
        counters.resetsSent.increment();
        send(segment);
    }

    void send(TcpSegment segment) {
        (output.transmit(segment) ? counters.segmentsSent : counters.outputFull).increment();
    }

    /** RFC 7323 5.4: one tick a millisecond, from an offset that tells nothing of the machine's uptime. */
    static int timestampOf(long nowNs, int offset) {
        return (int) Math.floorDiv(nowNs, 1_000_000L) + offset;
    }

    void advanceClock(long nowNs) {
        this.nowNs = nowNs;
    }

    /** Time of the latest call that told it. */
    long nowNs() {
        return nowNs;
    }

    TcpSegment outgoing() {
        return outgoing;
    }

    TcpConfig config() {
        return config;
    }

    TcpCounters counters() {
        return counters;
    }

    TcpEvents events() {
        return events;
    }

    PrefixCounts prefixes() {
        return prefixes;
    }

    ListeningPorts ports() {
        return ports;
    }

    TimerWheel timers() {
        return timers;
    }

    RangeSetPool rangeSets() {
        return rangeSets;
    }

    ReceivePool receivePool() {
        return receivePool;
    }
}
