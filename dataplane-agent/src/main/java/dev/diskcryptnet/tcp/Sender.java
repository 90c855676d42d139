package dev.diskcryptnet.tcp;

/**
 * The sending half of a connection: what of the stream is acknowledged, sent, reserved; what may go out next.
 *
 * <pre>
 *   0        acknowledged            sentEnd        reservedEnd             streamEnd
 *   |  done  |  on the wire, or lost  |  being read  |  not asked for yet    |  FIN
 * </pre>
 *
 * The FIN is one past the stream's end and kept in flags of its own.
 */
final class Sender {
    private final TcpConnection connection;
    private final TcpConfig config;
    private final TcpCounters counters;
    private final int segmentBytes;
    /** Sequence number of stream offset 0. */
    private final int firstSequence;

    private final boolean sack;
    final RttEstimator rtt;
    final LossRecovery recovery;
    private final Scoreboard board;
    final PeerWindow window;

    private long acknowledged;
    private long sentEnd;
    private long reservedEnd;
    private long streamEnd;
    private boolean finished;
    private boolean finSent;
    private boolean finAcknowledged;

    private long timeoutAtNs = TimerEntry.NONE;
    private long probeAtNs = TimerEntry.NONE;
    private int probes;
    private boolean sendDespiteSmallWindow;
    private long lastProgressNs;
    private long lastSendNs;
    private boolean sentAnything;

    /** RFC 6298 3: one segment is timed at once; -1 when none is. */
    private long timedEnd = -1;

    private long timedFromNs;

    /** Whether the congestion window held sending back since {@link #roundEnd} was set. */
    private boolean windowLimited;

    private long roundEnd;

    Sender(TcpConnection connection, TcpStack stack, HalfOpen peer, int segmentBytes, int initialSegments) {
        this.connection = connection;
        this.config = stack.config();
        this.counters = stack.counters();
        this.segmentBytes = segmentBytes;
        this.firstSequence = peer.initialSend + 1;
        this.sack = peer.sackPermitted;
        this.rtt = new RttEstimator(config);
        this.board = new Scoreboard(stack.rangeSets());
        this.window = new PeerWindow(Math.max(0, peer.windowScale));
        Cubic congestion = new Cubic(segmentBytes, initialSegments);
        this.recovery = new LossRecovery(board, congestion, counters, segmentBytes, sack);
    }

    // ---- the stream

    void extend(long lengthBytes) {
        if (finished || lengthBytes < 0) {
            throw new IllegalStateException("lengthBytes=" + lengthBytes + " finished=" + finished + " streamEnd="
                    + streamEnd + ": a finished stream does not grow");
        }
        streamEnd += lengthBytes;
    }

    /** As {@link #extend}, and also of a stream that is finished, while its FIN has not been sent. */
    boolean insert(long lengthBytes) {
        if (finSent) {
            return false;
        }
        streamEnd += lengthBytes;
        return true;
    }

    void finish() {
        finished = true;
    }

    long reservedEnd() {
        return reservedEnd;
    }

    long streamEnd() {
        return streamEnd;
    }

    long acknowledged() {
        return acknowledged;
    }

    boolean finSent() {
        return finSent;
    }

    boolean finAcknowledged() {
        return finAcknowledged;
    }

    long inFlightBytes() {
        return recovery.inFlightBytes(acknowledged, reservedEnd);
    }

    int sequenceOf(long offset) {
        return firstSequence + (int) offset;
    }

    /** Sequence number that a segment without data carries. */
    int nextSequence() {
        return sequenceOf(sentEnd + (finSent && sentEnd == streamEnd ? 1 : 0));
    }

    /** Sequence number below the peer's window: whoever receives it must answer with an ACK. */
    int probeSequence() {
        return sequenceOf(acknowledged - 1);
    }

    /** 64-bit offset of an acknowledgement number, taken to be within 2^31 of the last. */
    long offsetOfAcknowledgement(int sequence) {
        return acknowledged + (sequence - sequenceOf(acknowledged));
    }

    /** RFC 5961 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT. */
    boolean isAcceptable(long acknowledgement) {
        return acknowledgement <= sentEnd + (finSent && sentEnd == streamEnd ? 1 : 0)
                && acknowledgement >= acknowledged - Math.max(window.maxWindowBytes(), segmentBytes);
    }

    // ---- what may go out

    boolean mayHaveWork() {
        return board.lostBytes() > 0 || reservedEnd < streamEnd || recovery.isFast();
    }

    boolean nextRange(long nowNs, int maxBytes, SendRange range) {
        if (maxBytes <= 0) {
            return false;
        }
        if (board.lostBytes() > 0) {
            return nextLost(maxBytes, range);
        }
        if (reservedEnd < streamEnd && nextNew(nowNs, maxBytes, range)) {
            return true;
        }
        if (Math.min(streamEnd, window.end()) - reservedEnd >= segmentBytes) {
            return false; // new bytes wait for more window only; they tell more than old ones sent again
        }
        return congestionRoom() >= segmentBytes && recovery.offerDoubtful(acknowledged, sentEnd, maxBytes, range);
    }

    private long congestionRoom() {
        return recovery.congestion.windowBytes() - inFlightBytes();
    }

    private boolean nextLost(int maxBytes, SendRange range) {
        long start = board.firstLostStart();
        long length = Math.min(board.firstLostEnd() - start, maxBytes);
        long room = congestionRoom();
        if (length > room) {
            boolean nothingElse = recovery.retransmitNow() || inFlightBytes() == 0;
            if (room < segmentBytes && !nothingElse) {
                return false;
            }
            length = Math.min(length, Math.max(segmentBytes, room - room % segmentBytes));
        }
        range.offset = start;
        range.lengthBytes = (int) length;
        range.retransmission = true;
        return true;
    }

    private boolean nextNew(long nowNs, int maxBytes, SendRange range) {
        long inFlight = inFlightBytes();
        if (inFlight == 0) {
            restartAfterIdle(nowNs);
        }
        long available = streamEnd - reservedEnd;
        long congestionRoom = recovery.congestion.windowBytes() - inFlight;
        long windowRoom = window.end() - reservedEnd;
        long length = Math.min(Math.min(available, maxBytes), Math.min(congestionRoom, windowRoom));
        windowLimited |= congestionRoom < Math.min(windowRoom, Math.min(available, maxBytes));
        if (length <= 0) {
            return false;
        }
        if (length < available && length > segmentBytes) {
            length -= length % segmentBytes;
        }
        if (length < available && length < maxBytes && !isWorthSending(length, maxBytes, inFlight)) {
            return false;
        }
        range.offset = reservedEnd;
        range.lengthBytes = (int) length;
        range.retransmission = false;
        return true;
    }

    /**
     * Whether a range shorter than wanted goes out, or waits for more ACKs so that frames stay large. As something is
     * in flight when it waits, an ACK or a timeout will come and ask again. Below one segment the sender's silly
     * window avoidance decides, RFC 9293 3.8.6.2.1.
     */
    private boolean isWorthSending(long length, int maxBytes, long inFlight) {
        if (inFlight == 0) {
            return length >= segmentBytes || length >= window.maxWindowBytes() / 2 || sendDespiteSmallWindow;
        }
        long half = Math.min(recovery.congestion.windowBytes(), window.maxWindowBytes()) / 2;
        long enough = Math.max(segmentBytes, half - half % segmentBytes);
        return length >= Math.min(maxBytes - maxBytes % segmentBytes, enough) && length >= segmentBytes;
    }

    private void restartAfterIdle(long nowNs) {
        long idleNs = nowNs - lastSendNs;
        if (sentAnything && reservedEnd == acknowledged && idleNs > rtt.baseTimeoutNs()) {
            recovery.congestion.onIdle(idleNs, rtt.baseTimeoutNs());
            lastSendNs = nowNs;
        }
    }

    void reserve(SendRange range, int lengthBytes) {
        long end = range.offset + lengthBytes;
        if (lengthBytes <= 0 || lengthBytes > range.lengthBytes || end > streamEnd) {
            throw new IllegalArgumentException(
                    "lengthBytes=" + lengthBytes + " is not 1 to " + range.lengthBytes + " at offset=" + range.offset);
        }
        if (range.retransmission) {
            recovery.onRetransmit(end);
            if (range.offset < timedEnd) {
                timedEnd = -1; // Karn's algorithm, RFC 6298 3
            }
        } else {
            if (range.offset != reservedEnd) {
                throw new IllegalArgumentException(
                        "offset=" + range.offset + " is not reservedEnd=" + reservedEnd + ": ask nextRange again");
            }
            reservedEnd = end;
            sendDespiteSmallWindow = false;
        }
        board.reserve(Math.max(range.offset, acknowledged), end);
    }

    /** Whether a data segment that ends at {@code end} carries the FIN; then the FIN counts as sent. */
    boolean takeFin(long end) {
        if (!finished || end != streamEnd) {
            return false;
        }
        finSent = true;
        return true;
    }

    /** Whether a FIN of its own is due: all data has left, or been reserved by nobody, and no FIN was sent. */
    boolean isFinDue() {
        return finished && !finSent && sentEnd == streamEnd && !board.isPending(streamEnd - 1, streamEnd);
    }

    void transmitted(long nowNs, long offset, int lengthBytes) {
        long end = offset + lengthBytes;
        // What was acknowledged meanwhile is left out of the frame.
        long sentBytes = end - Math.clamp(acknowledged, offset, end);
        counters.transmitted.add(sentBytes);
        if (offset < sentEnd) {
            (recovery.isTimeout() ? counters.retransmittedByTimeout : counters.retransmittedFast).add(sentBytes);
            if (sack) {
                board.onRetransmitted(offset, end, sentEnd);
            }
        } else if (timedEnd < 0) {
            timedEnd = end;
            timedFromNs = nowNs;
        }
        if (sentEnd == acknowledged) {
            lastProgressNs = nowNs;
        }
        board.removePending(offset, end);
        sentEnd = Math.max(sentEnd, end);
        sentAnything = true;
        lastSendNs = nowNs;
        if (timeoutAtNs == TimerEntry.NONE || offset <= acknowledged) {
            armTimeout(nowNs);
        }
    }

    /** A FIN without data was sent. */
    void onFinSent(long nowNs) {
        finSent = true;
        if (sentEnd == acknowledged) {
            lastProgressNs = timeoutAtNs == TimerEntry.NONE ? nowNs : lastProgressNs;
            armTimeout(nowNs);
        }
    }

    // ---- what comes back

    /**
     * Processes acknowledgement, window and SACK blocks of an acceptable segment (RFC 9293 3.10.7.4, fifth).
     *
     * @param pure the segment carries nothing else, so it may be a duplicate ACK
     * @return whether the cumulative acknowledgement moved
     */
    boolean onAcknowledgement(
            long nowNs, TcpSegment segment, long sequence, long acknowledgement, boolean pure, long echoNs) {
        if (acknowledgement < acknowledged) {
            return false;
        }
        boolean windowChanged = window.update(segment.window, sequence, acknowledgement);
        if (window.windowBytes() == 0 || probes > 0) {
            lastProgressNs = nowNs; // the peer answers: RFC 9293 3.8.6.1 keeps the connection
        }
        long flight = inFlightBytes();
        long news = sack ? takeSackBlocks(segment) : 0;
        boolean finNow = finSent && !finAcknowledged && acknowledgement > streamEnd;
        long dataAcknowledged = Math.min(acknowledged + (acknowledgement - acknowledged), sentEnd);
        boolean advanced = dataAcknowledged > acknowledged || finNow;
        if (advanced) {
            finAcknowledged |= finNow;
            onAdvance(nowNs, dataAcknowledged, flight, echoNs);
        } else if (sentEnd > acknowledged && (sack ? news > 0 : pure && !windowChanged)) {
            recovery.onDuplicate(acknowledged, sentEnd);
        }
        recovery.detect(acknowledged, sentEnd);
        if (advanced) {
            timeoutAtNs = TimerEntry.NONE;
        }
        if (timeoutAtNs == TimerEntry.NONE) {
            armTimeout(nowNs);
        }
        return advanced;
    }

    private void onAdvance(long nowNs, long dataAcknowledged, long flight, long echoNs) {
        long previous = acknowledged;
        acknowledged = dataAcknowledged;
        lastProgressNs = nowNs;
        if (timedEnd >= 0 && acknowledged >= timedEnd) {
            rtt.sample(nowNs - timedFromNs);
            counters.roundTripTime.record(nowNs - timedFromNs);
            timedEnd = -1;
        } else if (timedEnd < 0 && echoNs >= 0) {
            rtt.sample(echoNs); // RFC 7323 4: timestamps tell which transmission this acknowledges
        }
        rtt.resetBackoff();
        Cubic congestion = recovery.congestion;
        boolean limited = windowLimited || congestion.inSlowStart() && congestion.windowBytes() < 2 * flight;
        recovery.onAdvance(nowNs, previous, acknowledged, sentEnd, rtt.smoothedNs(), limited);
        if (acknowledged >= roundEnd) {
            counters.congestionWindow.record(congestion.windowBytes());
            roundEnd = reservedEnd;
            windowLimited = false;
        }
    }

    private long takeSackBlocks(TcpSegment segment) {
        long news = 0;
        for (int i = 0; i < segment.sackBlockCount; i++) {
            long start = offsetOfAcknowledgement(segment.sackStart[i]);
            long end = Math.min(offsetOfAcknowledgement(segment.sackEnd[i]), sentEnd);
            // Below the acknowledgement it is a report of a duplicate (RFC 2883), or nonsense.
            if (start > acknowledged && start < end) {
                news += board.addSacked(start, end);
            }
        }
        return news;
    }

    // ---- timers

    long deadlineNs() {
        long deadline = Math.min(timeoutAtNs, probeAtNs);
        boolean waiting = sentEnd > acknowledged || probeAtNs != TimerEntry.NONE || finSent && !finAcknowledged;
        return waiting ? Math.min(deadline, lastProgressNs + config.userTimeoutNs()) : deadline;
    }

    boolean hasTimedOut(long nowNs) {
        boolean waiting = sentEnd > acknowledged || probeAtNs != TimerEntry.NONE || finSent && !finAcknowledged;
        return waiting && nowNs - lastProgressNs >= config.userTimeoutNs();
    }

    /** Arms the retransmission timer if anything that was transmitted is in flight, else disarms it. */
    private void armTimeout(long nowNs) {
        long onTheWire = reservedEnd - acknowledged - board.sackedBytes() - board.lostBytes() - board.pendingBytes();
        boolean finOut = finSent && !finAcknowledged && acknowledged == streamEnd;
        // A peer that gave up what it had sacked (RFC 2018 8) would otherwise wait for ever.
        boolean reneged = board.isSacked(acknowledged);
        timeoutAtNs = onTheWire > 0 || finOut || reneged ? nowNs + rtt.timeoutNs() : TimerEntry.NONE;
    }

    /** Arms the persist timer when the peer's window alone holds back what there is to send (RFC 9293 3.8.6.1). */
    void armProbe(long nowNs) {
        long available = streamEnd - reservedEnd;
        boolean stuck = available > 0
                && reservedEnd == acknowledged
                && window.end() - reservedEnd < Math.min(available, Math.min(segmentBytes, smallWindow()));
        sendDespiteSmallWindow &= window.end() > reservedEnd;
        if (!stuck || sendDespiteSmallWindow) {
            probeAtNs = TimerEntry.NONE;
            probes = stuck ? probes : 0;
        } else if (probeAtNs == TimerEntry.NONE) {
            lastProgressNs = probes == 0 ? nowNs : lastProgressNs;
            probeAtNs = nowNs + Math.min(rtt.baseTimeoutNs() << Math.min(probes, 16), config.maxRtoNs());
        }
    }

    private long smallWindow() {
        return Math.max(1, window.maxWindowBytes() / 2);
    }

    /** Runs what is due. The caller has looked at {@link #hasTimedOut} before. */
    void onTimer(long nowNs) {
        if (nowNs >= timeoutAtNs) {
            onTimeout(nowNs);
        }
        if (nowNs >= probeAtNs) {
            probeAtNs = TimerEntry.NONE;
            probes++;
            if (window.end() > reservedEnd) {
                sendDespiteSmallWindow = true;
            } else {
                counters.windowProbes.increment();
                connection.sendProbe(nowNs);
            }
        }
        armProbe(nowNs);
    }

    private void onTimeout(long nowNs) {
        counters.retransmissionTimeouts.increment();
        boolean repeated = rtt.backoff() > 0;
        rtt.backOff();
        timedEnd = -1;
        if (sentEnd > acknowledged) {
            recovery.onTimeout(acknowledged, sentEnd, repeated);
        } else if (finSent && !finAcknowledged) {
            connection.sendFin(nowNs);
        }
        armTimeout(nowNs);
    }

    void release() {
        board.release();
    }
}
