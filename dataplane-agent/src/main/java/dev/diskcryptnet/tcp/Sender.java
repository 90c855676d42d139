package dev.diskcryptnet.tcp;

/** The sending half of a connection: what may go out next, and what comes back. */
final class Sender {
    /** Least and most frames that a window is sent in, when it is not large enough for more: see {@link #frames}. */
    private static final int MIN_FRAMES = 2;

    private static final int MAX_FRAMES = 8;
    private static final long FRAME_NS = 1_000_000;

    private final TcpCounters counters;
    private final int segmentBytes;
    /** Sequence number of stream offset 0. */
    private final int firstSequence;

    private final boolean sack;
    final RttEstimator rtt;
    final LossRecovery recovery;
    final SendTimers timers;
    private final Pacer pacer = new Pacer();
    private final Scoreboard board;
    private final PeerWindow window;
    private final SendStream stream = new SendStream();

    private long retransmittedBytes;
    private long lastSendNs;
    private boolean sentAnything;

    /** RFC 6298 3: one segment is timed at once; -1 when none is. */
    private long timedEnd = -1;

    private long timedFromNs;

    /** Whether the congestion window held sending back since {@link #roundEnd} was set. */
    private boolean windowLimited;

    private long roundEnd;
    private boolean duplicateReported;

    Sender(TcpConnection connection, TcpStack stack, HalfOpen peer, int segmentBytes, int initialSegments) {
        this.counters = stack.counters();
        this.segmentBytes = segmentBytes;
        this.firstSequence = peer.initialSend + 1;
        this.sack = peer.sackPermitted;
        this.rtt = new RttEstimator(stack.config());
        this.window = new PeerWindow(Math.max(0, peer.windowScale));
        Cubic congestion = new Cubic(segmentBytes, initialSegments);
        this.recovery = new LossRecovery(stream, rtt, stack, congestion, segmentBytes, sack);
        this.board = recovery.board;
        this.timers = new SendTimers(connection, stack, stream, recovery, rtt, window, segmentBytes);
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

    boolean nextRange(long nowNs, int maxBytes, SendRange range) {
        if (maxBytes <= 0) {
            return false;
        }
        TailLossProbe probe = recovery.probe;
        if (probe.isWanted()) {
            boolean offered = nextSegment(maxBytes, range) || lastSegment(maxBytes, range);
            probe.setOffered(offered);
            if (offered) {
                return true;
            }
            probe.cancel();
        }
        if (recovery.spurious.forwardSegments() > 0) {
            if (nextSegment(maxBytes, range)) {
                return true;
            }
            recovery.spurious.stopForwarding();
        }
        boolean hasNew = stream.reservedEnd < stream.streamEnd;
        if (board.lostBytes() == 0 && !hasNew) {
            return false;
        }
        int most = maxBytes;
        if (isPaced()) {
            if (pacer.holds(nowNs)) {
                return false;
            }
            most = (int) Math.min(maxBytes, Math.max(2L * segmentBytes, shareBytes()));
        }
        return board.lostBytes() > 0 ? nextLost(most, range) : nextNew(nowNs, most, range);
    }

    /** An initial window may leave at once, RFC 6928 2; in a recovery what arrives sets the pace, RFC 6937. */
    private boolean isPaced() {
        return Pacer.paces(pathNs())
                && recovery.windowBytes() > recovery.congestion.initialWindowBytes()
                && !recovery.isDisordered();
    }

    /** The round trip without queues, as far as it is known. */
    private long pathNs() {
        long least = recovery.rack.minRttNs();
        return least == Long.MAX_VALUE ? rtt.smoothedNs() : least;
    }

    /** One new segment, whatever the congestion window says: RFC 8985 7.3, RFC 5682 3.1 step 2b. */
    private boolean nextSegment(int maxBytes, SendRange range) {
        long length = Math.min(Math.min(stream.unaskedBytes(), segmentBytes), maxBytes);
        if (length <= 0 || window.end() - stream.reservedEnd < length) {
            return false;
        }
        return offer(stream.reservedEnd, length, false, range);
    }

    /** The last segment sent, once more: RFC 8985 7.3. */
    private boolean lastSegment(int maxBytes, SendRange range) {
        long start = Math.max(stream.acknowledged, stream.sentEnd - Math.min(segmentBytes, maxBytes));
        boolean known = board.skipSacked(start) != start || board.isPending(start, stream.sentEnd);
        return start < stream.sentEnd && !known && offer(start, stream.sentEnd - start, true, range);
    }

    private static boolean offer(long offset, long lengthBytes, boolean retransmission, SendRange range) {
        range.offset = offset;
        range.lengthBytes = (int) lengthBytes;
        range.retransmission = retransmission;
        return true;
    }

    private boolean nextLost(int maxBytes, SendRange range) {
        long start = board.firstLostStart();
        long length = Math.min(board.firstLostEnd() - start, maxBytes);
        long room = recovery.windowBytes() - inFlightBytes();
        if (length > room) {
            boolean nothingElse = recovery.retransmitNow() || inFlightBytes() == 0;
            if (room < segmentBytes && !nothingElse) {
                return false;
            }
            length = Math.min(length, Math.max(segmentBytes, room - room % segmentBytes));
        }
        return offer(start, length, true, range);
    }

    private boolean nextNew(long nowNs, int maxBytes, SendRange range) {
        long inFlight = inFlightBytes();
        if (inFlight == 0) {
            restartAfterIdle(nowNs);
        }
        long available = stream.unaskedBytes();
        long congestionRoom = recovery.windowBytes() - inFlight;
        long windowRoom = window.end() - stream.reservedEnd;
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
        return offer(stream.reservedEnd, length, false, range);
    }

    /**
     * Whether a range shorter than wanted goes out, or waits for more ACKs so that frames stay large. As something is
     * in flight when it waits, an ACK or a timeout will come and ask again. Below one segment the sender's silly
     * window avoidance decides, RFC 9293 3.8.6.2.1.
     */
    private boolean isWorthSending(long length, int maxBytes, long inFlight) {
        if (inFlight == 0) {
            return length >= segmentBytes || length >= window.maxWindowBytes() / 2 || timers.sendDespiteSmallWindow();
        }
        long enough = Math.max(segmentBytes, shareBytes());
        return length >= Math.min(maxBytes - maxBytes % segmentBytes, enough) && length >= segmentBytes;
    }

    /** The part of a window that a frame takes, in whole segments. */
    private long shareBytes() {
        long share = Math.min(recovery.windowBytes(), window.maxWindowBytes()) / frames();
        return share - share % segmentBytes;
    }

    /**
     * How many frames a window is sent in at least. Near clients get few large ones. On long paths frames come about a
     * millisecond apart, or queues on the way would have to take half a window at once; and so they do while
     * something is missing, as each is an ACK that tells more (RFC 3042).
     */
    private long frames() {
        return recovery.isDisordered() ? MAX_FRAMES : Math.clamp(pathNs() / FRAME_NS, MIN_FRAMES, MAX_FRAMES);
    }

    private void restartAfterIdle(long nowNs) {
        long idleNs = nowNs - lastSendNs;
        if (sentAnything && stream.reservedEnd == stream.acknowledged && idleNs > rtt.baseTimeoutNs()) {
            recovery.congestion.onIdle(idleNs, rtt.baseTimeoutNs());
            lastSendNs = nowNs;
        }
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
        if (isPaced()) { // what leaves outside of its pace does not count: it may be much more
            Cubic congestion = recovery.congestion;
            pacer.onReserved(nowNs, lengthBytes, congestion.windowBytes(), rtt.smoothedNs(), congestion.inSlowStart());
        }
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
        sentAnything = true;
        lastSendNs = nowNs;
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
        recovery.rack.beginAcknowledgement();
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
        recovery.afterAcknowledgement(nowNs, news, advanced, duplicateReported);
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
        Cubic congestion = recovery.congestion;
        boolean limited = windowLimited || congestion.inSlowStart() && congestion.windowBytes() < 2 * flight;
        recovery.onAdvance(nowNs, previous, echoNs, limited);
        if (recovery.rack.sampleNs() > 0) {
            congestion.onSample(recovery.rack.sampleNs());
        }
        if (stream.acknowledged >= roundEnd) {
            congestion.onRound();
            counters.congestionWindow.record(congestion.windowBytes());
            roundEnd = stream.reservedEnd;
            windowLimited = false;
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
        return Math.min(timers.deadlineNs(), pacer.wakeAtNs());
    }

    /** Whether the last {@link #nextRange} was held back by time alone. */
    boolean isHeld() {
        return pacer.wakeAtNs() != TimerEntry.NONE;
    }

    /** Runs what is due. The caller has looked at {@link SendTimers#hasTimedOut} before. */
    void onTimer(long nowNs) {
        if (nowNs >= pacer.wakeAtNs()) {
            pacer.onWake();
        }
        if (timers.onTimer(nowNs)) {
            timedEnd = -1;
        }
    }

    void release() {
        recovery.release();
    }
}
