package dev.diskcryptnet.tcp;

/**
 * Finds losses and says how they are repaired: RFC 6675 with SACK, RFC 6582 (NewReno) without, RFC 6298 after a
 * timeout. For a peer without SACK each duplicate ACK stands for one segment that left the network.
 */
final class LossRecovery {
    private enum State {
        OPEN,
        /** Fast recovery, until {@link #recoveryPoint} is acknowledged. */
        FAST,
        /** After a timeout, until {@link #recoveryPoint} is acknowledged. */
        TIMEOUT
    }

    final Scoreboard board;
    final Cubic congestion;
    private final TcpCounters counters;
    private final int segmentBytes;
    private final boolean sack;

    private State state = State.OPEN;
    private long recoveryPoint = -1;
    private int duplicates;
    private long duplicateBytes;
    /** The first retransmission of a recovery leaves whatever the window says: RFC 6675 5 (4.3), RFC 6582 3.2. */
    private boolean retransmitNow;
    /** Highest offset sent again in this recovery, and the rescue retransmission's limit: RFC 6675 2. */
    private long highRetransmitted;

    private long rescuePoint;
    private boolean rescueOffered;

    LossRecovery(Scoreboard board, Cubic congestion, TcpCounters counters, int segmentBytes, boolean sack) {
        this.board = board;
        this.congestion = congestion;
        this.counters = counters;
        this.segmentBytes = segmentBytes;
        this.sack = sack;
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    boolean isFast() {
        return state == State.FAST;
    }

    /** Whether what is sent again now is so because of a timeout. */
    boolean isTimeout() {
        return state == State.TIMEOUT;
    }

    boolean usesSack() {
        return sack;
    }

    boolean retransmitNow() {
        return retransmitNow;
    }

    /** RFC 6675 "pipe", without the second count of retransmitted bytes that are not lost. */
    long inFlightBytes(long acknowledged, long reservedEnd) {
        long flight = reservedEnd - acknowledged - board.sackedBytes() - board.lostBytes();
        return Math.max(flight - duplicateBytes, Math.min(flight, segmentBytes));
    }

    /** The cumulative acknowledgement moved. */
    void onAdvance(long nowNs, long previous, long acknowledged, long sentEnd, long rttNs, boolean limited) {
        long ackedBytes = acknowledged - previous;
        board.advance(acknowledged);
        duplicates = 0;
        boolean recovered = acknowledged >= recoveryPoint;
        switch (state) {
            case OPEN -> {
                duplicateBytes = 0;
                congestion.onAcknowledged(nowNs, ackedBytes, rttNs, limited);
            }
            case FAST -> {
                if (!recovered && !sack) {
                    onPartialAcknowledgement(acknowledged, ackedBytes, sentEnd);
                }
            }
            case TIMEOUT -> congestion.onAcknowledged(nowNs, ackedBytes, rttNs, true);
        }
        if (recovered && state != State.OPEN) {
            state = State.OPEN;
            duplicateBytes = 0;
            retransmitNow = false;
        }
    }

    /** RFC 6582 3.2 (5): the next hole starts at the acknowledgement. */
    private void onPartialAcknowledgement(long acknowledged, long ackedBytes, long sentEnd) {
        duplicateBytes = Math.max(0, duplicateBytes - Math.max(0, ackedBytes - segmentBytes));
        board.declareLost(acknowledged, Math.min(acknowledged + segmentBytes, sentEnd));
        retransmitNow = board.lostBytes() > 0;
    }

    /** A duplicate ACK (RFC 5681 2), or with SACK one that brought news of bytes received (RFC 6675 2). */
    void onDuplicate(long acknowledged, long sentEnd) {
        counters.duplicateAcks.increment();
        duplicates++;
        if (sack) {
            return;
        }
        if (state != State.TIMEOUT) {
            duplicateBytes = Math.min(duplicateBytes + segmentBytes, sentEnd - acknowledged);
        }
        // RFC 6582 3.2 (2): not for duplicates of what an earlier recovery sent again.
        if (state == State.OPEN && duplicates >= Scoreboard.DUPLICATE_THRESHOLD && acknowledged > recoveryPoint) {
            board.declareLost(acknowledged, Math.min(acknowledged + segmentBytes, sentEnd));
        }
    }

    /** After the scoreboard changed: declares losses and enters recovery. */
    void detect(long acknowledged, long sentEnd) {
        if (sack) {
            board.detectLosses(acknowledged, segmentBytes);
            board.detectLostRetransmissions(acknowledged, segmentBytes);
            if (state == State.OPEN && duplicates >= Scoreboard.DUPLICATE_THRESHOLD && board.lostBytes() == 0) {
                long end = Math.min(acknowledged + segmentBytes, board.nextSackedStart(acknowledged, sentEnd));
                board.declareLost(acknowledged, end);
            }
        }
        if (state == State.OPEN && board.lostBytes() > 0) {
            state = State.FAST;
            recoveryPoint = sentEnd;
            highRetransmitted = acknowledged;
            rescuePoint = -1;
            retransmitNow = true;
            congestion.onLoss();
            counters.fastRecoveries.increment();
        }
    }

    /**
     * The retransmission timer expired.
     *
     * @param repeated not the first time since something new was acknowledged: what was sacked before may have been
     *     given up by the peer since (RFC 2018 8)
     */
    void onTimeout(long acknowledged, long sentEnd, boolean repeated) {
        if (repeated) {
            congestion.onRepeatedTimeout();
        } else {
            congestion.onTimeout();
        }
        state = State.TIMEOUT;
        recoveryPoint = sentEnd;
        duplicates = 0;
        duplicateBytes = 0;
        retransmitNow = false;
        board.onTimeout(acknowledged, sentEnd, repeated || board.isSacked(acknowledged));
    }

    /** A retransmission was reserved. */
    void onRetransmit(long end) {
        retransmitNow = false;
        if (rescueOffered) {
            rescuePoint = recoveryPoint;
        } else {
            highRetransmitted = Math.max(highRetransmitted, end);
        }
        rescueOffered = false;
    }

    /**
     * Nothing is known as lost and nothing new can be sent: bytes that may be lost, RFC 6675 4 NextSeg rules 3 and 4.
     *
     * @return false when there are none
     */
    boolean offerDoubtful(long acknowledged, long sentEnd, int maxBytes, SendRange range) {
        rescueOffered = false;
        if (state != State.FAST || !sack) {
            return false;
        }
        long highest = board.highestSacked(acknowledged);
        long start = board.skipSacked(Math.max(acknowledged, Math.max(highRetransmitted, board.lossEdge())));
        if (start < highest) {
            return offer(start, board.nextSackedStart(start, highest), maxBytes, range);
        }
        start = Math.max(Math.max(acknowledged, highest), sentEnd - Math.min(segmentBytes, maxBytes));
        rescueOffered = acknowledged > rescuePoint && offer(start, sentEnd, maxBytes, range);
        return rescueOffered;
    }

    private boolean offer(long start, long end, int maxBytes, SendRange range) {
        int lengthBytes = (int) Math.min(end - start, Math.min(segmentBytes, maxBytes));
        if (lengthBytes <= 0 || board.isPending(start, start + lengthBytes)) {
            return false;
        }
        range.offset = start;
        range.lengthBytes = lengthBytes;
        range.retransmission = true;
        return true;
    }
}
