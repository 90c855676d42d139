package dev.diskcryptnet.tcp;

/** One segment sent when the tail of a flight stays silent, so that SACK can tell what is lost: RFC 8985 7. */
final class TailLossProbe {
    /** RFC 8985 7.2: the worst delayed ACK. */
    private static final long MAX_ACK_DELAY_NS = 200_000_000;
    /** A near client that is not scheduled for some milliseconds has lost nothing, and a probe is a read from disk. */
    private static final long MIN_NS = 10_000_000;
    /** RFC 8985 7.2, before there is a round trip. */
    private static final long INITIAL_NS = 1_000_000_000;

    private long dueAtNs = TimerEntry.NONE;
    private boolean wanted;
    private boolean offered;
    /** TLP.end_seq: SND.NXT as the probe left; -1 when none is out. */
    private long sendNext = -1;
    /** Where the bytes that were sent again begin, -1 when the probe was of new ones (TLP.is_retrans). */
    private long retransmittedFrom = -1;

    long dueAtNs() {
        return dueAtNs;
    }

    void disarm() {
        dueAtNs = TimerEntry.NONE;
    }

    /** Nothing of a probe is wanted any more: another way of recovery has begun. */
    void cancel() {
        disarm();
        wanted = false;
        sendNext = -1;
    }

    /** RFC 8985 7.2: twice the round trip, 10 ms at least; a lone segment's ACK may be delayed; not later than the timeout. */
    void arm(long nowNs, long smoothedNs, boolean loneSegment, long timeoutAtNs) {
        if (sendNext >= 0 || wanted) {
            dueAtNs = TimerEntry.NONE;
            return;
        }
        long waitNs = smoothedNs == 0 ? INITIAL_NS : Math.max(MIN_NS, 2 * smoothedNs);
        waitNs += loneSegment ? MAX_ACK_DELAY_NS : 0;
        dueAtNs = Math.min(nowNs + waitNs, timeoutAtNs);
    }

    /** The timer expired: the next range that may be sent is the probe. */
    void onTimer() {
        dueAtNs = TimerEntry.NONE;
        wanted = true;
        offered = false;
    }

    boolean isWanted() {
        return wanted;
    }

    /** Whether the range offered last is the probe. */
    void setOffered(boolean isProbe) {
        offered = isProbe;
    }

    boolean isOffered() {
        return offered;
    }

    void onReserved(SendRange range, long sendNextOffset) {
        wanted = false;
        offered = false;
        sendNext = range.retransmission ? sendNextOffset : sendNextOffset + range.lengthBytes;
        retransmittedFrom = range.retransmission ? range.offset : -1;
    }

    /** Whether bytes that leave at {@code offset} are the probe's, sent a second time. */
    boolean isRetransmission(long offset) {
        return sendNext >= 0 && retransmittedFrom == offset;
    }

    /** Where bytes begin of which nobody can say which transmission arrived. */
    long ambiguousFrom() {
        return sendNext >= 0 && retransmittedFrom >= 0 ? retransmittedFrom : Long.MAX_VALUE;
    }

    /**
     * An ACK came: RFC 8985 7.4.2.
     *
     * @param duplicateReported it says that something came twice
     * @param bare it moved nothing and sacked nothing
     * @return whether the probe repaired a loss: to be answered like one
     */
    boolean repairedLoss(long acknowledgement, boolean duplicateReported, boolean bare) {
        if (sendNext < 0 || acknowledgement < sendNext) {
            return false;
        }
        if (retransmittedFrom < 0 || duplicateReported || bare) {
            sendNext = -1; // nothing was lost
            return false;
        }
        if (acknowledgement > sendNext) {
            sendNext = -1;
            return true;
        }
        return false; // both copies' ACKs are to be waited for
    }
}
