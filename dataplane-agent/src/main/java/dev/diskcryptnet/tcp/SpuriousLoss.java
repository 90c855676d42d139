package dev.diskcryptnet.tcp;

/**
 * Finds out whether what was sent again had not been lost: by timestamps (Eifel, RFC 3522 3.2), by reports of duplicates
 * (RFC 3708 2), and after a timeout by the arrival of what was never sent again (F-RTO, RFC 5682 3). Then the
 * reduction of the window is taken back (RFC 4015 3.2).
 */
final class SpuriousLoss {
    private static final long TICK_NS = 1_000_000;
    /** RFC 5682 3.1 step 2b: new segments to send while it is not clear whether the timeout was right. */
    private static final int FORWARD_SEGMENTS = 2;

    private boolean armed;
    private long episodeStart;
    private long episodeEnd;
    /** Bytes sent again in this episode whose duplicates have not been reported. */
    private long unreportedBytes;

    private long firstRetransmissionNs = TimerEntry.NONE;
    private boolean echoSeen;
    /** Highest offset sent again since the timeout: the end of what F-RTO cannot tell apart. */
    private long retransmittedEnd;

    private long ambiguousFrom;
    private boolean forwarding;
    private boolean timeout;
    private int forwardSegments;

    /** A recovery begins, and the window has been reduced. */
    void start(long acknowledged, long sentEnd) {
        armed = true;
        episodeStart = acknowledged;
        episodeEnd = sentEnd;
        unreportedBytes = 0;
        firstRetransmissionNs = TimerEntry.NONE;
        echoSeen = false;
        timeout = false;
        forwardSegments = 0;
    }

    /**
     * As {@link #start} by a timeout.
     *
     * @param clean nothing had been sent again before, but for what lies from {@code ambiguousFrom} on
     */
    void startTimeout(long acknowledged, long sentEnd, boolean clean, long ambiguousFrom) {
        start(acknowledged, sentEnd);
        timeout = clean;
        forwarding = false;
        retransmittedEnd = acknowledged;
        this.ambiguousFrom = Math.min(ambiguousFrom, sentEnd);
    }

    /** What had been sent before may be under way still: no conclusion is drawn. */
    void disarm() {
        armed = false;
        timeout = false;
        forwardSegments = 0;
    }

    void onRetransmitted(long start, long end, long nowNs) {
        if (!armed) {
            return;
        }
        unreportedBytes += end - start;
        retransmittedEnd = Math.max(retransmittedEnd, end);
        if (firstRetransmissionNs == TimerEntry.NONE) {
            firstRetransmissionNs = nowNs;
        }
    }

    /** RFC 3708 2: whether with this report all retransmissions of the episode were needless. */
    boolean onDuplicateReported(long start, long end) {
        if (!armed || firstRetransmissionNs == TimerEntry.NONE || start < episodeStart || end > episodeEnd) {
            return false;
        }
        unreportedBytes -= end - start;
        return unreportedBytes <= 0;
    }

    /** RFC 3522 3.2: whether an ACK that moves on echoes a timestamp from before the first retransmission. */
    boolean isEchoOfFirst(long nowNs, long echoNs) {
        if (!armed || echoNs < 0 || firstRetransmissionNs == TimerEntry.NONE) {
            return false;
        }
        long ticks = Math.floorDiv(nowNs, TICK_NS) - Math.floorDiv(firstRetransmissionNs, TICK_NS);
        boolean first = !echoSeen;
        echoSeen = true; // the first such ACK decides
        return first && echoNs > ticks * TICK_NS;
    }

    /**
     * RFC 5682 3.1 step 3, for peers with SACK: whether bytes that an ACK is the first to tell of were sent only once,
     * before the timeout. To be asked before the scoreboard knows of them.
     */
    boolean isArrivalOfOriginal(long start, long end, Scoreboard board) {
        long from = Math.max(start, retransmittedEnd);
        long to = Math.min(end, ambiguousFrom);
        return timeout && from < to && board.skipSacked(from) < to;
    }

    /** An ACK after a timeout moved on: RFC 5682 3.1 step 2b the first time, 3a the second. */
    void onAdvanceAfterTimeout() {
        if (timeout) {
            forwardSegments = forwarding ? 0 : FORWARD_SEGMENTS;
            timeout = !forwarding;
            forwarding = true;
        }
    }

    /** New segments to be sent before anything more is sent again. */
    int forwardSegments() {
        return forwardSegments;
    }

    void onNewReserved() {
        forwardSegments = Math.max(0, forwardSegments - 1);
    }

    void stopForwarding() {
        forwardSegments = 0;
    }
}
