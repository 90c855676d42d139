package dev.diskcryptnet.tcp;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import org.agrona.DirectBuffer;

/**
 * TCP for one worker, server side (RFC 9293): demultiplexes segments to connections, opens and forgets them. Reads no
 * clock and owns no device: time and segments come in as arguments, segments leave through {@link TcpOutput} and, with
 * stream data, through {@link TcpConnection#header}. One thread only.
 *
 * <p>Not supported: active open, urgent data (the flag is ignored), ECN, fast open.
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
    private final SipHash sequenceHash;
    private final SynCookies cookies;
    /** The SYN that is answered by a cookie, and kept no longer than that. */
    private final HalfOpen unkept = new HalfOpen(this);

    private final ConnectionTable table;
    private final TimerWheel timers = new TimerWheel();
    private final RangeSetPool rangeSets = new RangeSetPool();
    private final ReceivePool receivePool;
    private final ResetLimit resetLimit = new ResetLimit();
    private final AgeQueue<TimeWait> timeWaits = new AgeQueue<>();
    private final AgeQueue<HalfOpen> halfOpens = new AgeQueue<>();
    private final PathMtuCache paths = new PathMtuCache();
    private final PathMtuCounters pathCounters;
    private final TcpSegment outgoing = new TcpSegment();
    private final ListeningPorts ports = new ListeningPorts();
    private int connections;
    private boolean refusingNew;
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
        this.sequenceHash = new SipHash(derive.begin().end(3), derive.begin().end(4));
        this.cookies =
                new SynCookies(new SipHash(derive.begin().end(5), derive.begin().end(6)));
        this.table = new ConnectionTable(config.maxConnections() + config.maxHalfOpen() + config.maxTimeWait());
        this.receivePool = new ReceivePool(config.receiveWindowBytes(), config.maxReceiveBuffers());
    }

    /** Accepts connections to {@code port}, on every local address. */
    public void listen(int port) {
        listen(port, CongestionAlgorithm.CUBIC);
    }

    /** As {@link #listen(int)}, with another congestion control than CUBIC. */
    public void listen(int port, CongestionAlgorithm algorithm) {
        ports.listen(port, algorithm);
    }

    /**
     * While true SYNs are answered by RST, as far as {@link ResetLimit} allows: a client learns at once that it must try
     * elsewhere, where silence would have it wait for its timer. Open connections go on, and those that have our SYN-ACK
     * may still come about.
     */
    public void refuseNew(boolean refuse) {
        refusingNew = refuse;
    }

    /** Established connections, those that are being closed included. */
    public int connections() {
        return connections;
    }

    /** Connections in SYN-RECEIVED. */
    public int halfOpenConnections() {
        return halfOpens.size();
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
                case HalfOpen halfOpen -> forget(halfOpen);
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
            onHalfOpen(nowNs, halfOpen, segment, payload, payloadOffset, payloadLength);
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

    // ---- no connection yet

    /** RFC 9293 3.10.7.1 and 3.10.7.2: CLOSED and LISTEN. */
    private void onUnknown(
            long nowNs, TcpSegment segment, long hash, DirectBuffer payload, int offset, int payloadLength) {
        boolean syn = segment.has(TcpSegment.SYN);
        if (segment.has(TcpSegment.RST) || syn && segment.has(TcpSegment.FIN)) {
            counters.droppedNoConnection.increment();
            return;
        }
        if (syn && !segment.has(TcpSegment.ACK) && ports.isListening(segment.localPort)) {
            open(nowNs, segment, hash, payloadLength, 0, false);
            return;
        }
        if (isCookie(nowNs, segment, hash)) {
            establishByCookie(nowNs, segment, hash, payload, offset, payloadLength);
            return;
        }
        counters.droppedNoConnection.increment();
        reset(nowNs, segment, payloadLength);
    }

    private boolean isCookie(long nowNs, TcpSegment segment, long hash) {
        if (!cookies.areUsed(nowNs)
                || !segment.has(TcpSegment.ACK)
                || segment.has(TcpSegment.SYN)
                || !ports.isListening(segment.localPort)) {
            return false;
        }
        unkept.address(segment, hash);
        return cookies.isAnswer(nowNs, segment, unkept);
    }

    /** What nobody has kept is as it was when the SYN came, but for the round trip's time. */
    private void establishByCookie(
            long nowNs, TcpSegment ack, long hash, DirectBuffer payload, int offset, int length) {
        counters.cookiesAccepted.increment();
        TcpSegment syn = outgoing;
        SynCookies.restore(ack, syn);
        HalfOpen halfOpen = new HalfOpen(this);
        halfOpen.begin(nowNs, syn, ack.acknowledgement - 1, timestampOffset(ack));
        halfOpen.address(ack, hash);
        halfOpen.retries = 1;
        table.insert(halfOpen);
        halfOpens.add(halfOpen);
        establish(nowNs, halfOpen, ack, payload, offset, length);
    }

    private void open(long nowNs, TcpSegment syn, long hash, int payloadLength, int sendFrom, boolean hasSendFrom) {
        if (refusingNew) {
            counters.synDroppedDraining.increment();
            reset(nowNs, syn, payloadLength);
            return;
        }
        if (connections >= config.maxConnections()) {
            counters.synDroppedConnections.increment();
            return;
        }
        boolean full = halfOpens.size() >= config.maxHalfOpen();
        // RFC 6528 3: a clock of 4 microseconds plus a keyed hash of the tuple.
        int initialSend = hasSendFrom ? sendFrom : (int) (nowNs / 4000) + (int) secret(syn);
        HalfOpen halfOpen = full ? unkept : new HalfOpen(this);
        halfOpen.begin(nowNs, syn, initialSend, timestampOffset(syn));
        halfOpen.address(syn, hash);
        if (full) {
            counters.cookiesSent.increment();
            cookies.bake(nowNs, halfOpen);
            sendSynAck(nowNs, halfOpen);
            return;
        }
        table.insert(halfOpen);
        halfOpens.add(halfOpen);
        counters.halfOpen.set(halfOpens.size());
        sendSynAck(nowNs, halfOpen);
        timers.schedule(halfOpen, nowNs, nowNs + config.initialRtoNs());
    }

    private long secret(TcpSegment segment) {
        return sequenceHash.tuple(
                segment.localHigh,
                segment.localLow,
                segment.remoteHigh,
                segment.remoteLow,
                segment.localPort,
                segment.remotePort);
    }

    private int timestampOffset(TcpSegment segment) {
        return (int) (secret(segment) >>> 32);
    }

    private void sendSynAck(long nowNs, HalfOpen halfOpen) {
        TcpSegment segment = outgoing;
        segment.clear();
        halfOpen.addressTo(segment);
        segment.sequence = halfOpen.initialSend;
        segment.acknowledgement = halfOpen.initialReceive + 1;
        segment.flags = TcpSegment.SYN | TcpSegment.ACK;
        segment.window = config.receiveWindowBytes();
        segment.maximumSegmentSize = ownSegmentBytes(halfOpen);
        segment.windowScale = halfOpen.windowScale >= 0 ? 0 : -1;
        segment.sackPermitted = halfOpen.sackPermitted;
        if (halfOpen.timestamps) {
            segment.hasTimestamps = true;
            int timestamp = timestampOf(nowNs, halfOpen.timestampOffset);
            segment.timestampValue = halfOpen == unkept ? SynCookies.timestamp(timestamp, halfOpen) : timestamp;
            segment.timestampEcho = halfOpen.timestampRecent;
        }
        send(segment);
    }

    private int ownSegmentBytes(ConnectionEntry entry) {
        return config.mtuBytes() - headersBytes(entry);
    }

    /** IP and TCP header, without options. */
    private static int headersBytes(ConnectionEntry entry) {
        return entry.isIpv4() ? IPV4_HEADERS_BYTES : IPV6_HEADERS_BYTES;
    }

    void onHalfOpenTimer(long nowNs, HalfOpen halfOpen) {
        if (halfOpen.retries == config.synAckRetries()) {
            counters.halfOpenTimeouts.increment();
            forget(halfOpen);
            return;
        }
        halfOpen.retries++;
        sendSynAck(nowNs, halfOpen);
        long wait = Math.min(config.initialRtoNs() << halfOpen.retries, config.maxRtoNs());
        timers.schedule(halfOpen, nowNs, nowNs + wait);
    }

    private void forget(HalfOpen halfOpen) {
        timers.cancel(halfOpen);
        table.remove(halfOpen);
        halfOpens.remove(halfOpen);
        counters.halfOpen.set(halfOpens.size());
    }

    // ---- SYN-RECEIVED, RFC 9293 3.10.7.4

    private void onHalfOpen(
            long nowNs, HalfOpen halfOpen, TcpSegment segment, DirectBuffer payload, int offset, int length) {
        int ahead = segment.sequence - (halfOpen.initialReceive + 1);
        if (segment.has(TcpSegment.RST)) {
            if (ahead == 0) {
                forget(halfOpen);
            }
            return;
        }
        if (segment.has(TcpSegment.SYN)) {
            if (ahead == -1 && !segment.has(TcpSegment.ACK)) {
                sendSynAck(nowNs, halfOpen);
            }
            return;
        }
        boolean old = halfOpen.timestamps
                && (!segment.hasTimestamps || segment.timestampValue - halfOpen.timestampRecent < 0);
        if (old || ahead < 0 || ahead >= config.receiveWindowBytes() || !segment.has(TcpSegment.ACK)) {
            (old ? counters.droppedPaws : counters.droppedOutOfWindow).increment();
            return;
        }
        if (segment.acknowledgement != halfOpen.initialSend + 1 && isCookie(nowNs, segment, halfOpen.tupleHash)) {
            // Of a SYN sent twice: the first one's answer, from when there was no room.
            long hash = halfOpen.tupleHash;
            forget(halfOpen);
            establishByCookie(nowNs, segment, hash, payload, offset, length);
            return;
        }
        if (segment.acknowledgement != halfOpen.initialSend + 1) {
            counters.droppedBadAcknowledgement.increment();
            reset(nowNs, segment, length);
            return;
        }
        establish(nowNs, halfOpen, segment, payload, offset, length);
    }

    private void establish(
            long nowNs, HalfOpen halfOpen, TcpSegment segment, DirectBuffer payload, int offset, int length) {
        if (connections >= config.maxConnections()) {
            counters.synDroppedConnections.increment();
            forget(halfOpen);
            reset(nowNs, segment, length);
            return;
        }
        // RFC 6928 2: the initial window is one segment only after more than one loss of the SYN-ACK.
        int initialSegments = halfOpen.retries > 1 ? 1 : config.initialWindowSegments();
        int segmentBytes = effectiveSegmentBytes(halfOpen);
        int knownBytes = payloadBytes(halfOpen, halfOpen.timestamps, paths.get(nowNs, halfOpen, config.mtuBytes()));
        var path = new PathMtu(nowNs, segmentBytes, Math.min(segmentBytes, knownBytes));
        var connection = new TcpConnection(this, halfOpen, nowNs, segmentBytes, path, initialSegments);
        timers.cancel(halfOpen);
        table.replace(halfOpen, connection);
        halfOpens.remove(halfOpen);
        counters.halfOpen.set(halfOpens.size());
        connections++;
        counters.connections.set(connections);
        counters.opened.increment();
        events.onEstablished(connection);
        if (!connection.isClosed()) {
            connection.onSegment(nowNs, segment, payload, offset, length);
        }
    }

    private int effectiveSegmentBytes(HalfOpen halfOpen) {
        return Math.min(halfOpen.peerSegmentBytes, ownSegmentBytes(halfOpen))
                - (halfOpen.timestamps ? TIMESTAMP_BYTES : 0);
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
            open(nowNs, segment, hash, payloadLength, timeWait.nextInitialSend(), true);
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
        counters.connections.set(connections);
        counters.closed(reason).increment();
        events.onClosed(connection, reason);
    }

    /** RFC 9293 3.5.2: answers a segment that belongs to no connection. */
    private void reset(long nowNs, TcpSegment received, int payloadLength) {
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
