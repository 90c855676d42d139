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

    /** The lowest lost range's start; call only with {@link #lostBytes()} above 0. */
    long firstLostStart() {
        return lost.start(0);
    }

    long firstLostEnd() {
        return lost.end(0);
    }

    boolean isSacked(long offset) {
        return sacked != null && sacked.contains(offset);
    }

    /** Whether all of [start, end) is sacked. */
    boolean coversSacked(long start, long end) {
        return sacked != null && skipSacked(start) >= end;
    }

    boolean isPending(long start, long end) {
        return pending != null && pending.intersects(start, end);
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

    /** RFC 8985 6.2 step 4: whether as much as DupThresh segments is sacked; by bytes or by ranges, RFC 6675 4. */
    boolean isDupThreshSacked(int segmentBytes) {
        return sacked != null
                && (sacked.size() >= DUPLICATE_THRESHOLD
                        || sacked.totalBytes() > (DUPLICATE_THRESHOLD - 1L) * segmentBytes);
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
        declareLost(acknowledged, sentEnd);
    }

    /** Nothing was lost after all: it is in flight again. */
    void forgetLost() {
        giveBack(lost);
        lost = null;
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
