package dev.diskcryptnet.tcp;

/**
 * What is known of the bytes between the cumulative acknowledgement and the highest one reserved.
 *
 * <p>Each such byte is in one of three states: received out of order ("sacked", RFC 2018), lost and to be sent again,
 * or in flight. Bytes in flight may be pending besides: reserved, but their disk read has not come back, so nothing of
 * them is on the wire; these are never declared lost. Sets come from a pool and go back when empty.
 */
final class Scoreboard {
    /** RFC 6675 2: DupThresh. */
    static final int DUPLICATE_THRESHOLD = 3;

    private final RangeSetPool pool;
    private RangeSet sacked;
    private RangeSet lost;
    private RangeSet pending;
    private RetransmissionLog retransmissions;
    /** All before this that is not sacked has been declared lost once already. */
    private long lossEdge;

    Scoreboard(RangeSetPool pool) {
        this.pool = pool;
    }

    long sackedBytes() {
        return sacked == null ? 0 : sacked.totalBytes();
    }

    long lostBytes() {
        return lost == null ? 0 : lost.totalBytes();
    }

    long pendingBytes() {
        return pending == null ? 0 : pending.totalBytes();
    }

    long lossEdge() {
        return lossEdge;
    }

    /** The lowest lost range's start; call only with {@link #lostBytes()} above 0. */
    long firstLostStart() {
        return lost.start(0);
    }

    long firstLostEnd() {
        return lost.end(0);
    }

    /** End of the highest sacked range, or {@code otherwise}. */
    long highestSacked(long otherwise) {
        return sacked == null ? otherwise : sacked.end(sacked.size() - 1);
    }

    boolean isSacked(long offset) {
        return sacked != null && sacked.contains(offset);
    }

    boolean isPending(long start, long end) {
        return pending != null && pending.intersects(start, end);
    }

    /** Start of the first sacked range after {@code offset}, or {@code otherwise}. */
    long nextSackedStart(long offset, long otherwise) {
        if (sacked == null) {
            return otherwise;
        }
        int index = sacked.firstEndingAfter(offset);
        return index < sacked.size() ? sacked.start(index) : otherwise;
    }

    /** First offset from {@code offset} on that is not sacked. */
    long skipSacked(long offset) {
        if (sacked == null) {
            return offset;
        }
        int index = sacked.firstEndingAfter(offset);
        return index < sacked.size() && sacked.start(index) <= offset ? sacked.end(index) : offset;
    }

    /** @return bytes that were not known as received before */
    long addSacked(long start, long end) {
        if (sacked == null) {
            sacked = pool.take();
        }
        long added = sacked.add(start, end);
        if (added > 0 && sacked.contains(start)) {
            removeLost(start, end);
            removePending(start, end);
        }
        sacked = releaseIfEmpty(sacked);
        return added;
    }

    /** The cumulative acknowledgement moved to {@code offset}. */
    void advance(long offset) {
        if (sacked != null) {
            sacked.removeBelow(offset);
            sacked = releaseIfEmpty(sacked);
        }
        if (lost != null) {
            lost.removeBelow(offset);
            lost = releaseIfEmpty(lost);
        }
        if (pending != null) {
            pending.removeBelow(offset);
            pending = releaseIfEmpty(pending);
        }
    }

    /**
     * Declares lost what RFC 6675 4 (IsLost) says: bytes with more than two segments' worth, or three ranges, sacked
     * after them.
     */
    void detectLosses(long acknowledged, int segmentBytes) {
        if (sacked == null) {
            return;
        }
        long above = 0;
        for (int i = sacked.size() - 1; i >= 0; i--) {
            above += sacked.end(i) - sacked.start(i);
            boolean enoughRanges = sacked.size() - i >= DUPLICATE_THRESHOLD;
            if (enoughRanges || above > (DUPLICATE_THRESHOLD - 1L) * segmentBytes) {
                declareLostUpTo(acknowledged, sacked.start(i));
                return;
            }
        }
    }

    /** Declares lost the retransmissions that were overtaken by more than two segments. */
    void detectLostRetransmissions(long acknowledged, int segmentBytes) {
        long threshold = (DUPLICATE_THRESHOLD - 1L) * segmentBytes;
        while (retransmissions != null) {
            long start = Math.max(retransmissions.firstStart(), acknowledged);
            long end = retransmissions.firstEnd();
            boolean open = start < end;
            if (open && sackedBeyond(retransmissions.firstSentEnd(), threshold) <= threshold) {
                return;
            }
            declareLost(start, end);
            retransmissions.removeFirst();
            releaseLogIfEmpty();
        }
    }

    private long sackedBeyond(long offset, long enough) {
        long bytes = 0;
        for (int i = sacked == null ? -1 : sacked.size() - 1; i >= 0 && bytes <= enough; i--) {
            bytes += Math.max(0, sacked.end(i) - Math.max(offset, sacked.start(i)));
            if (sacked.start(i) <= offset) {
                break;
            }
        }
        return bytes;
    }

    /** A retransmission left. */
    void onRetransmitted(long start, long end, long sentEnd) {
        if (retransmissions == null) {
            retransmissions = pool.takeLog();
        }
        retransmissions.add(start, end, sentEnd);
    }

    private void forgetRetransmissions() {
        if (retransmissions != null) {
            pool.give(retransmissions);
            retransmissions = null;
        }
    }

    private void releaseLogIfEmpty() {
        if (retransmissions.isEmpty()) {
            forgetRetransmissions();
        }
    }

    private void declareLostUpTo(long acknowledged, long edge) {
        if (edge > lossEdge) {
            declareLost(Math.max(acknowledged, lossEdge), edge);
            lossEdge = edge;
        }
    }

    /** Declares lost what of [start, end) is neither sacked nor pending. */
    void declareLost(long start, long end) {
        if (start >= end) {
            return;
        }
        if (lost == null) {
            lost = pool.take();
        }
        lost.add(start, end);
        subtract(sacked, start, end);
        subtract(pending, start, end);
        lost = releaseIfEmpty(lost);
    }

    private void subtract(RangeSet other, long start, long end) {
        if (other == null) {
            return;
        }
        for (int i = other.firstEndingAfter(start); i < other.size() && other.start(i) < end; i++) {
            lost.remove(other.start(i), other.end(i));
        }
    }

    /** A timeout: all that was sent and is not known as received is lost. */
    void onTimeout(long acknowledged, long sentEnd, boolean forgetSacked) {
        if (forgetSacked && sacked != null) {
            sacked.clear();
            sacked = releaseIfEmpty(sacked);
        }
        forgetRetransmissions();
        declareLost(acknowledged, sentEnd);
        lossEdge = sentEnd;
    }

    /** Bytes are reserved: for the first time, or to be sent again. */
    void reserve(long start, long end) {
        removeLost(start, end);
        if (pending == null) {
            pending = pool.take();
        }
        pending.add(start, end);
        pending = releaseIfEmpty(pending);
    }

    /** Bytes left. */
    void removePending(long start, long end) {
        if (pending != null) {
            pending.remove(start, end);
            pending = releaseIfEmpty(pending);
        }
    }

    private void removeLost(long start, long end) {
        if (lost != null) {
            lost.remove(start, end);
            lost = releaseIfEmpty(lost);
        }
    }

    /** Gives all sets back. */
    void release() {
        forgetRetransmissions();
        giveBack(sacked);
        giveBack(lost);
        giveBack(pending);
        sacked = null;
        lost = null;
        pending = null;
    }

    private void giveBack(RangeSet set) {
        if (set != null) {
            pool.give(set);
        }
    }

    private RangeSet releaseIfEmpty(RangeSet set) {
        if (!set.isEmpty()) {
            return set;
        }
        pool.give(set);
        return null;
    }
}
