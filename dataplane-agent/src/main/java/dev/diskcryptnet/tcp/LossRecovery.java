package dev.diskcryptnet.tcp;

/**
 * Finds losses and says how they are repaired: RACK-TLP (RFC 8985) with PRR (RFC 6937) for peers with SACK, RFC 6582
 * (NewReno) without, RFC 6298 after a timeout; and takes it back when nothing was lost. For a peer without SACK each
 * duplicate ACK stands for one segment that left the network.
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
    final CongestionControl congestion;
    final Rack rack;
    final TailLossProbe probe = new TailLossProbe();
    final SpuriousLoss spurious = new SpuriousLoss();
    final Ecn ecn;
    private final ProportionalRate rate;
    private final SendStream stream;
    private final RttEstimator rtt;
    private final TcpCounters counters;
    private final int segmentBytes;
    private final boolean sack;

    private State state = State.OPEN;
    private long recoveryPoint = -1;
    private int duplicates;
    private long duplicateBytes;
    /** The first retransmission of a recovery leaves whatever the window says: RFC 6675 5 (4.3), RFC 6582 3.2. */
    private boolean retransmitNow;

    private boolean undone;
    /** The ACK that is being taken in tells of marks. */
    private boolean echo;

    private long lossesAtNs = TimerEntry.NONE;

    LossRecovery(
            SendStream stream,
            RttEstimator rtt,
            TcpStack stack,
            CongestionControl congestion,
            Ecn ecn,
            int segmentBytes,
            boolean sack) {
        this.stream = stream;
        this.rtt = rtt;
        this.board = new Scoreboard(stack.rangeSets());
        this.congestion = congestion;
        this.ecn = ecn;
        this.rack = new Rack(stack.rangeSets(), congestion.deliveryRate());
        this.rate = new ProportionalRate(segmentBytes);
        this.counters = stack.counters();
        this.segmentBytes = segmentBytes;
        this.sack = sack;
    }

    boolean usesSack() {
        return sack;
    }

    boolean isFast() {
        return state == State.FAST;
    }

    /** Whether ACKs say that something is missing: then small ranges are sent too, RFC 3042 and RFC 6937. */
    boolean isDisordered() {
        return state != State.OPEN || duplicates > 0;
    }

    boolean retransmitNow() {
        return retransmitNow;
    }

    /** What may be in flight. */
    long windowBytes() {
        boolean proportional = sack && state == State.FAST && congestion.reducesInProportion();
        return proportional ? rate.windowBytes() : congestion.windowBytes();
    }

    /** RFC 6675 "pipe", without the second count of retransmitted bytes that are not lost. */
    long inFlightBytes() {
        long flight = stream.reservedEnd - stream.acknowledged - board.sackedBytes() - board.lostBytes();
        return Math.max(flight - duplicateBytes, Math.min(flight, segmentBytes));
    }

    /** What was transmitted and is neither acknowledged nor taken for lost: without what still waits for the disk. */
    long wireBytes() {
        long unacknowledged = stream.reservedEnd - stream.acknowledged;
        return unacknowledged - board.sackedBytes() - board.lostBytes() - board.pendingBytes();
    }

    /** The counter for bytes that are sent again at {@code offset}. */
    dev.diskcryptnet.counters.Counter cause(long offset) {
        if (probe.isRetransmission(offset)) {
            return counters.retransmittedByProbe;
        }
        if (state == State.TIMEOUT) {
            return counters.retransmittedByTimeout;
        }
        return sack ? counters.retransmittedByRack : counters.retransmittedByDuplicates;
    }

    // ---- acknowledgements

    /**
     * An ACK is about to be taken in.
     *
     * @param echo it carries ECE, and there is something out that may have been marked
     */
    void beginAcknowledgement(boolean echo) {
        this.echo = echo && ecn.isUsed();
        rack.beginAcknowledgement();
    }

    /** An ACK is the first to say that [start, end) has arrived; the scoreboard does not know yet. */
    void onArrived(long start, long end, long nowNs, long echoNs) {
        undone |= spurious.isArrivalOfOriginal(start, end, board);
        rack.onArrived(board.skipSacked(start), end, nowNs, echoNs);
    }

    /** RFC 2883: the peer has [start, end) twice. */
    void onDuplicateReported(long start, long end) {
        counters.duplicatesReported.increment();
        rack.onDuplicateReported(stream.acknowledged, stream.nextOffset());
        undone |= spurious.onDuplicateReported(start, end);
    }

    /** The cumulative acknowledgement moved from {@code previous}. */
    void onAdvance(long nowNs, long previous, long echoNs, boolean limited) {
        long ackedBytes = stream.acknowledged - previous;
        undone |= spurious.isEchoOfFirst(nowNs, echoNs);
        board.advance(stream.acknowledged);
        duplicates = 0;
        boolean recovered = stream.acknowledged >= recoveryPoint;
        switch (state) {
            case OPEN -> {
                duplicateBytes = 0;
                grow(nowNs, ackedBytes, limited);
            }
            case FAST -> {
                if (!recovered && !sack) {
                    onPartialAcknowledgement(ackedBytes);
                }
            }
            case TIMEOUT -> {
                grow(nowNs, ackedBytes, true);
                spurious.onAdvanceAfterTimeout();
            }
        }
        if (recovered) {
            endRecovery();
        }
    }

    /** RFC 3168 6.1.2: not for an ACK with ECE. */
    private void grow(long nowNs, long ackedBytes, boolean limited) {
        if (!echo) {
            congestion.onAcknowledged(nowNs, ackedBytes, rtt.smoothedNs(), limited);
        }
    }

    private void endRecovery() {
        if (state != State.OPEN) {
            state = State.OPEN;
            duplicateBytes = 0;
            retransmitNow = false;
            spurious.stopForwarding();
            rack.onRecovered();
            congestion.onRecovered();
        }
    }

    /** RFC 6582 3.2 (5): the next hole starts at the acknowledgement. */
    private void onPartialAcknowledgement(long ackedBytes) {
        duplicateBytes = Math.max(0, duplicateBytes - Math.max(0, ackedBytes - segmentBytes));
        board.declareLost(stream.acknowledged, Math.min(stream.acknowledged + segmentBytes, stream.sentEnd));
        retransmitNow = board.lostBytes() > 0;
    }

    /** A duplicate ACK (RFC 5681 2), or with SACK one that brought news of bytes received (RFC 6675 2). */
    void onDuplicate() {
        counters.duplicateAcks.increment();
        duplicates++;
        if (sack) {
            return;
        }
        long acknowledged = stream.acknowledged;
        if (state != State.TIMEOUT) {
            duplicateBytes = Math.min(duplicateBytes + segmentBytes, stream.sentEnd - acknowledged);
        }
        // RFC 6582 3.2 (2): not for duplicates of what an earlier recovery sent again.
        if (state == State.OPEN && duplicates >= Scoreboard.DUPLICATE_THRESHOLD && acknowledged > recoveryPoint) {
            board.declareLost(acknowledged, Math.min(acknowledged + segmentBytes, stream.sentEnd));
        }
    }

    /**
     * After an ACK has changed the scoreboard.
     *
     * @param deliveredBytes that it is the first to say have arrived
     * @param advanced it moved SND.UNA
     * @param duplicateReported it says that something came twice
     */
    void afterAcknowledgement(
            long nowNs, long deliveredBytes, boolean advanced, boolean duplicateReported, boolean limited) {
        if (echo) {
            onEcho();
        }
        if (undone) {
            undo(nowNs);
        }
        boolean bare = !advanced && deliveredBytes == 0;
        if (probe.repairedLoss(stream.acknowledged, duplicateReported, bare) && state == State.OPEN) {
            reduce(stream.acknowledged - 1); // RFC 8985 7.4.2: as long as a recovery, but without one
            spurious.disarm();
        }
        long lostBefore = board.lostBytes();
        detect(nowNs);
        if (sack && state == State.FAST && deliveredBytes > 0) {
            boolean safe = advanced && board.lostBytes() <= lostBefore;
            rate.onAcknowledged(deliveredBytes, inFlightBytes(), congestion.windowBytes(), safe);
        }
        congestion.afterAcknowledgement(nowNs, deliveredBytes, inFlightBytes(), rack.sampleNs(), limited);
    }

    /** RFC 3168 6.1.2: a mark is answered once a window, and by no more than what a loss in that window has had done. */
    private void onEcho() {
        counters.echoesReceived.increment();
        if (ecn.isNews(stream.acknowledged)) {
            // RFC 4015 3.2: whether something was lost or not, the window had to come down.
            undone = false;
            spurious.disarm();
        }
        if (state == State.OPEN && ecn.isUnanswered(stream.acknowledged)) {
            congestion.onLoss();
            ecn.onAnswered(stream.sentEnd);
            counters.reductionsForMarks.increment();
        }
    }

    /**
     * Reduces the window for a loss, unless a mark has had that done since it was sent.
     *
     * @return whether it did
     */
    private boolean reduce(long lostFrom) {
        boolean due = !ecn.coversLoss(lostFrom);
        if (due) {
            congestion.onLoss();
        }
        ecn.onLoss(stream.sentEnd);
        return due;
    }

    /** RFC 4015 3.2: what counted as lost is in flight, and the window is what it was. */
    private void undo(long nowNs) {
        undone = false;
        spurious.disarm();
        counters.recoveriesUndone.increment();
        congestion.undo(nowNs);
        ecn.onUndone();
        if (state != State.OPEN && board.lostBytes() > 0) {
            board.forgetLost();
            if (sack) {
                rack.onSent(stream.acknowledged, recoveryPoint, nowNs, true);
            }
        }
        endRecovery();
    }

    /** Declares losses and enters recovery. */
    private void detect(long nowNs) {
        if (sack) {
            boolean impatient = state != State.OPEN || board.isDupThreshSacked(segmentBytes);
            lossesAtNs = rack.detect(nowNs, stream.acknowledged, board, impatient, rtt.smoothedNs());
        }
        if (state == State.OPEN && board.lostBytes() > 0) {
            state = State.FAST;
            recoveryPoint = stream.sentEnd;
            retransmitNow = true;
            probe.cancel();
            rate.start(stream.reservedEnd - stream.acknowledged);
            if (reduce(board.firstLostStart())) {
                spurious.start(stream.acknowledged, stream.sentEnd);
            } else {
                spurious.disarm(); // what a mark had done is not to be undone
            }
            counters.fastRecoveries.increment();
        }
    }

    // ---- time

    /** When the reordering window of something ends, {@link TimerEntry#NONE} when nothing waits for it. */
    long lossesAtNs() {
        return lossesAtNs;
    }

    /** RFC 8985 6.3: the reordering timer expired. */
    void onReorderingTimer(long nowNs) {
        detect(nowNs);
        if (sack && state == State.FAST && rate.windowBytes() < inFlightBytes()) {
            rate.onAcknowledged(0, inFlightBytes(), congestion.windowBytes(), false);
        }
    }

    /** Whether a probe may be armed: RFC 8985 7.2. */
    boolean mayProbe() {
        return sack && state == State.OPEN && board.sackedBytes() == 0 && board.lostBytes() == 0;
    }

    /**
     * The retransmission timer expired.
     *
     * @param repeated not the first time since something new was acknowledged: what was sacked before may have been
     *     given up by the peer since (RFC 2018 8)
     */
    void onTimeout(boolean repeated) {
        boolean clean = state == State.OPEN && sack;
        if (repeated) {
            congestion.onRepeatedTimeout();
        } else {
            congestion.onTimeout(inFlightBytes());
            spurious.startTimeout(stream.acknowledged, stream.sentEnd, clean, probe.ambiguousFrom());
        }
        ecn.onLoss(stream.sentEnd);
        probe.cancel();
        rack.forget();
        lossesAtNs = TimerEntry.NONE;
        state = State.TIMEOUT;
        recoveryPoint = stream.sentEnd;
        duplicates = 0;
        duplicateBytes = 0;
        retransmitNow = false;
        long lostBefore = board.lostBytes();
        board.onTimeout(stream.acknowledged, stream.sentEnd, repeated || board.isSacked(stream.acknowledged));
        if (congestion.deliveryRate() != null) {
            congestion.deliveryRate().onTimeout(board.lostBytes() - lostBefore);
        }
    }

    /** Packets became shorter: all on the wire is to be sent again. */
    void onShorterPackets() {
        probe.cancel();
        rack.forget();
        lossesAtNs = TimerEntry.NONE;
        board.declareLost(stream.acknowledged, stream.sentEnd);
    }

    // ---- what leaves

    void onReserved(boolean retransmission, long lengthBytes) {
        retransmitNow &= !retransmission;
        if (!retransmission) {
            spurious.onNewReserved();
        }
        rate.onSent(lengthBytes);
    }

    void onTransmitted(long start, long end, long nowNs, boolean retransmission) {
        if (sack) {
            rack.onSent(start, end, nowNs, retransmission);
            DeliveryRate delivery = congestion.deliveryRate();
            if (delivery != null) {
                delivery.onSent(nowNs, inFlightBytes(), wireBytes() <= 0, rack.log());
            }
        }
        if (retransmission) {
            spurious.onRetransmitted(start, end, nowNs);
        }
    }

    void release() {
        board.release();
        rack.forget();
    }
}
