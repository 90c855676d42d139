package dev.diskcryptnet.tcp;

/** The sending half of a connection: the stream, what leaves of it, and what comes back. */
final class Sender {
    private final TcpCounters counters;
    private final int segmentBytes;
    /** Sequence number of stream offset 0. */
    private final int firstSequence;

    private final boolean sack;
    final RttEstimator rtt;
    final LossRecovery recovery;
    final SendTimers timers;
    final SendOrder order;
    private final Scoreboard board;
    private final PeerWindow window;
    private final SendStream stream = new SendStream();

    private long retransmittedBytes;

    /** RFC 6298 3: one segment is timed at once; -1 when none is. */
    private long timedEnd = -1;

    private long timedFromNs;

    private long roundEnd;
    private boolean duplicateReported;

    Sender(TcpConnection connection, TcpStack stack, HalfOpen peer, int segmentBytes, int initialSegments) {
        this.counters = stack.counters();
        this.segmentBytes = segmentBytes;
        this.firstSequence = peer.initialSend + 1;
        this.sack = peer.sackPermitted;
        this.rtt = new RttEstimator(stack.config());
        this.window = new PeerWindow(Math.max(0, peer.windowScale));
        CongestionControl congestion = stack.ports().congestionControl(peer, segmentBytes, initialSegments);
        this.recovery = new LossRecovery(stream, rtt, stack, congestion, new Ecn(peer), segmentBytes, sack);
        this.board = recovery.board;
        this.timers = new SendTimers(connection, stack, stream, recovery, rtt, window, segmentBytes);
        this.order = new SendOrder(stream, recovery, timers, rtt, window, segmentBytes);
    }

    // ---- the stream

    void extend(long lengthBytes) {
        if (stream.finished || lengthBytes < 0) {
            throw new IllegalStateException("lengthBytes=" + lengthBytes + " finished=" + stream.finished
                    + " streamEnd=" + stream.streamEnd + ": a finished stream does not grow");
        }
        stream.streamEnd += lengthBytes;
    }

    /** As {@link #extend}, and also of a stream that is finished, while its FIN has not been sent. */
    boolean insert(long lengthBytes) {
        if (stream.finSent) {
            return false;
        }
        stream.streamEnd += lengthBytes;
        return true;
    }

    void finish() {
        stream.finished = true;
    }

    long reservedEnd() {
        return stream.reservedEnd;
    }

    long streamEnd() {
        return stream.streamEnd;
    }

    long acknowledged() {
        return stream.acknowledged;
    }

    boolean finSent() {
        return stream.finSent;
    }

    boolean finAcknowledged() {
        return stream.finAcknowledged;
    }

    long inFlightBytes() {
        return recovery.inFlightBytes();
    }

    int sequenceOf(long offset) {
        return firstSequence + (int) offset;
    }

    /** Sequence number that a segment without data carries. */
    int nextSequence() {
        return sequenceOf(stream.nextOffset());
    }

    /** Sequence number below the peer's window: whoever receives it must answer with an ACK. */
    int probeSequence() {
        return sequenceOf(stream.acknowledged - 1);
    }

    /** Whether the byte of a sequence number is sent and not acknowledged. */
    boolean isInFlight(int sequence) {
        long offset = offsetOfAcknowledgement(sequence);
        return offset >= stream.acknowledged && offset < stream.sentEnd;
    }

    /** 64-bit offset of an acknowledgement number, taken to be within 2^31 of the last. */
    long offsetOfAcknowledgement(int sequence) {
        return stream.acknowledged + (sequence - sequenceOf(stream.acknowledged));
    }

    /** RFC 5961 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT. */
    boolean isAcceptable(long acknowledgement) {
        return acknowledgement <= stream.nextOffset()
                && acknowledgement >= stream.acknowledged - Math.max(window.maxWindowBytes(), segmentBytes);
    }

    // ---- what may go out

    boolean mayHaveWork() {
        return board.lostBytes() > 0 || stream.reservedEnd < stream.streamEnd || recovery.probe.isWanted();
    }

    void reserve(long nowNs, SendRange range, int lengthBytes) {
        long end = range.offset + lengthBytes;
        if (lengthBytes <= 0 || lengthBytes > range.lengthBytes || end > stream.streamEnd) {
            throw new IllegalArgumentException(
                    "lengthBytes=" + lengthBytes + " is not 1 to " + range.lengthBytes + " at offset=" + range.offset);
        }
        if (!range.retransmission && range.offset != stream.reservedEnd) {
            throw new IllegalArgumentException(
                    "offset=" + range.offset + " is not reservedEnd=" + stream.reservedEnd + ": ask nextRange again");
        }
        if (recovery.probe.isOffered()) {
            recovery.probe.onReserved(range, stream.nextOffset());
        }
        recovery.onReserved(range.retransmission, lengthBytes);
        order.onReserved(nowNs, lengthBytes);
        if (range.retransmission) {
            if (range.offset < timedEnd) {
                timedEnd = -1; // Karn's algorithm, RFC 6298 3
            }
        } else {
            stream.reservedEnd = end;
            timers.onReserved();
        }
        board.reserve(Math.max(range.offset, stream.acknowledged), end);
    }

    /** Whether nothing from {@code offset} on has been sent yet. */
    boolean isNew(long offset) {
        return offset >= stream.sentEnd;
    }

    /** Whether a data segment that ends at {@code end} carries the FIN; then the FIN counts as sent. */
    boolean takeFin(long end) {
        if (!stream.finished || end != stream.streamEnd) {
            return false;
        }
        stream.finSent = true;
        return true;
    }

    /** Whether a FIN of its own is due: all data has left, or been reserved by nobody, and no FIN was sent. */
    boolean isFinDue() {
        return stream.finished
                && !stream.finSent
                && stream.sentEnd == stream.streamEnd
                && !board.isPending(stream.streamEnd - 1, stream.streamEnd);
    }

    long retransmittedBytes() {
        return retransmittedBytes;
    }

    void transmitted(long nowNs, long offset, int lengthBytes) {
        long end = offset + lengthBytes;
        // What was acknowledged meanwhile is left out of the frame.
        long sentFrom = Math.clamp(stream.acknowledged, offset, end);
        counters.transmitted.add(end - sentFrom);
        boolean again = offset < stream.sentEnd;
        if (again) {
            recovery.cause(offset).add(end - sentFrom);
            retransmittedBytes += end - sentFrom;
        } else if (timedEnd < 0) {
            timedEnd = end;
            timedFromNs = nowNs;
        }
        if (sentFrom < end) {
            recovery.onTransmitted(sentFrom, end, nowNs, again);
        }
        timers.beforeTransmitted(nowNs);
        board.removePending(offset, end);
        stream.sentEnd = Math.max(stream.sentEnd, end);
        order.onTransmitted(nowNs);
        timers.onTransmitted(nowNs, offset);
    }

    /** A FIN without data was sent. */
    void onFinSent(long nowNs) {
        stream.finSent = true;
        timers.onFinSent(nowNs);
    }

    // ---- what comes back

    /**
     * Processes acknowledgement, window and SACK blocks of an acceptable segment (RFC 9293 3.10.7.4, fifth).
     *
     * @param pure the segment carries nothing else, so it may be a duplicate ACK
     * @param echoNs round trip by the echoed timestamp, -1 when there is none
     * @return whether the cumulative acknowledgement moved
     */
    boolean onAcknowledgement(
            long nowNs, TcpSegment segment, long sequence, long acknowledgement, boolean pure, long echoNs) {
        if (acknowledgement < stream.acknowledged) {
            return false;
        }
        boolean windowChanged = window.update(segment.window, sequence, acknowledgement);
        timers.onAnswer(nowNs);
        long flight = inFlightBytes();
        duplicateReported = false;
        recovery.beginAcknowledgement(segment.has(TcpSegment.ECE) && flight > 0);
        long dataAcknowledged = Math.min(acknowledgement, stream.sentEnd);
        long news = sack ? takeSackBlocks(nowNs, segment, dataAcknowledged, echoNs) : 0;
        boolean finNow = stream.finSent && !stream.finAcknowledged && acknowledgement > stream.streamEnd;
        boolean advanced = dataAcknowledged > stream.acknowledged || finNow;
        if (advanced) {
            stream.finAcknowledged |= finNow;
            news += onAdvance(nowNs, dataAcknowledged, flight, echoNs);
        } else if (stream.sentEnd > stream.acknowledged && (sack ? news > 0 : pure && !windowChanged)) {
            recovery.onDuplicate();
        }
        recovery.afterAcknowledgement(nowNs, news, advanced, duplicateReported, order.isWindowLimited());
        timers.onAcknowledgement(nowNs, advanced);
        return advanced;
    }

    /** @return bytes of which this is the first news that they have arrived */
    private long onAdvance(long nowNs, long dataAcknowledged, long flight, long echoNs) {
        long previous = stream.acknowledged;
        long known = board.sackedBytes();
        if (sack && dataAcknowledged > previous) {
            recovery.onArrived(previous, dataAcknowledged, nowNs, echoNs);
        }
        stream.acknowledged = dataAcknowledged;
        if (timedEnd >= 0 && stream.acknowledged >= timedEnd) {
            rtt.sample(nowNs - timedFromNs);
            counters.roundTripTime.record(nowNs - timedFromNs);
            timedEnd = -1;
        } else if (timedEnd < 0 && echoNs >= 0) {
            rtt.sample(echoNs); // RFC 7323 4: timestamps tell which transmission this acknowledges
        }
        rtt.resetBackoff();
        CongestionControl congestion = recovery.congestion;
        boolean limited = order.isWindowLimited() || congestion.inSlowStart() && congestion.windowBytes() < 2 * flight;
        recovery.onAdvance(nowNs, previous, echoNs, limited);
        if (recovery.rack.sampleNs() > 0) {
            congestion.onSample(recovery.rack.sampleNs());
        }
        if (stream.acknowledged >= roundEnd) {
            congestion.onRound();
            counters.congestionWindow.record(congestion.windowBytes());
            roundEnd = stream.reservedEnd;
            order.startRound();
        }
        return dataAcknowledged - previous - (known - board.sackedBytes());
    }

    /** @return bytes of which this is the first news that they have arrived */
    private long takeSackBlocks(long nowNs, TcpSegment segment, long acknowledgement, long echoNs) {
        long news = 0;
        for (int i = 0; i < segment.sackBlockCount; i++) {
            long start = offsetOfAcknowledgement(segment.sackStart[i]);
            long end = Math.min(offsetOfAcknowledgement(segment.sackEnd[i]), stream.sentEnd);
            if (i == 0 && isDuplicateReport(segment, start, end, acknowledgement)) {
                duplicateReported = true;
                recovery.onDuplicateReported(start, end);
            } else if (start > acknowledgement && start < end && !board.coversSacked(start, end)) {
                recovery.onArrived(start, end, nowNs, echoNs);
                news += board.addSacked(start, end);
            }
        }
        return news;
    }

    /** RFC 2883 4: the first block lies below the acknowledgement, or within the second. */
    private boolean isDuplicateReport(TcpSegment segment, long start, long end, long acknowledgement) {
        if (start >= end || start < acknowledgement - window.maxWindowBytes()) {
            return false;
        }
        boolean within = segment.sackBlockCount > 1
                && start >= offsetOfAcknowledgement(segment.sackStart[1])
                && end <= offsetOfAcknowledgement(segment.sackEnd[1]);
        return end <= acknowledgement || within;
    }

    // ---- time

    /** When something is due. */
    long deadlineNs() {
        return Math.min(timers.deadlineNs(), order.pacer.wakeAtNs());
    }

    /** Runs what is due. The caller has looked at {@link SendTimers#hasTimedOut} before. */
    void onTimer(long nowNs) {
        if (nowNs >= order.pacer.wakeAtNs()) {
            order.pacer.onWake();
        }
        if (timers.onTimer(nowNs)) {
            timedEnd = -1;
        }
    }

    /** Packets became shorter: longer ones on the wire were dropped for it, which says nothing of congestion (RFC 1191 6.5). */
    void onShorterPackets() {
        timedEnd = -1;
        recovery.onShorterPackets();
    }

    void release() {
        recovery.release();
    }
}
