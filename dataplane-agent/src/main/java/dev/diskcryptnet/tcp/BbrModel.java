package dev.diskcryptnet.tcp;

/**
 * What BBR knows of the path: draft-ietf-ccwg-bbr-06 5.5. Bandwidths are bytes a nanosecond, infinity is
 * {@link #UNBOUNDED}.
 */
final class BbrModel {
    static final long UNBOUNDED = Long.MAX_VALUE / 4;
    /** 2.7: BBR.Beta. */
    static final double BETA = 0.7;
    /** 2.7: BBR.LossThresh. */
    static final double LOSS_THRESHOLD = 0.02;

    /** 5.3.1.2: growth below this for three rounds means that the pipe is full. */
    private static final double FULL_GROWTH = 1.25;

    private static final int FULL_ROUNDS = 3;
    /** 2.7: BBR.ExtraAckedFilterLen, in rounds. */
    private static final int EXTRA_ACKED_ROUNDS = 10;
    /** 2.7: BBR.MinRTTFilterLen and BBR.ProbeRTTInterval. */
    private static final long MIN_RTT_LIFETIME_NS = 10_000_000_000L;

    private static final long PROBE_RTT_INTERVAL_NS = 5_000_000_000L;

    private static final int MAX_SLOPE_ROUNDS = 30;

    final DeliveryRate rate;

    // rounds
    private long nextRoundDelivered;
    boolean roundStart;
    long rounds;

    // bandwidth: the largest of the previous and of the current cycle, and what losses allow of it
    private double previousCycle;
    private double currentCycle;
    double shortTerm = Double.POSITIVE_INFINITY;
    private double latest;

    // volume
    long inflightShortTerm = UNBOUNDED;
    long inflightLongTerm = UNBOUNDED;
    private long inflightLatest;

    private double savedShortTerm;
    private long savedInflightShortTerm;
    private long savedInflightLongTerm;

    // how fast the long-term bound is probed
    private int slopeRounds;
    private long ackedPerStep = UNBOUNDED;
    private long probeAcked;

    // losses
    private long lossRoundDelivered;
    private boolean lossRoundStart;
    boolean lossInRound;
    int lossesInRound;
    long lostInRound;
    final AmbientLoss ambient;

    // the pipe
    double fullBandwidth;
    private int fullRounds;
    boolean fullNow;
    boolean fullReached;

    // round trip
    long minRttNs = Long.MAX_VALUE;
    private long minRttAtNs;
    private long probedMinNs = Long.MAX_VALUE;
    long probedAtNs;
    boolean probeExpired;

    // aggregation
    long extraStartNs;
    private long extraDelivered;
    private long previousExtra;
    private long currentExtra;
    private long extraRound;

    BbrModel(DeliveryRate.LossListener listener, int segmentBytes) {
        this.rate = new DeliveryRate(listener);
        this.ambient = new AmbientLoss(segmentBytes);
    }

    /** BBR.max_bw. */
    double maxBandwidth() {
        return Math.max(previousCycle, currentCycle);
    }

    /** BBR.bw. */
    double bandwidth() {
        return Math.min(maxBandwidth(), shortTerm);
    }

    /** BDPMultiple of a gain, 5.6.4.2; {@code otherwise} before there is a round trip. */
    long product(double gain, long otherwise) {
        return minRttNs == Long.MAX_VALUE ? otherwise : (long) (gain * bandwidth() * minRttNs);
    }

    /** 5.5.10.3, UpdateLatestDeliverySignals, and 5.5.5, UpdateMaxBw. */
    void onSample() {
        latest = Math.max(latest, rate.bytesPerNs());
        inflightLatest = Math.max(inflightLatest, rate.sampleDelivered());
        lossRoundStart = rate.priorDelivered() >= lossRoundDelivered;
        if (lossRoundStart) {
            lossRoundDelivered = rate.deliveredBytes();
        }
        roundStart = rate.priorDelivered() >= nextRoundDelivered;
        if (roundStart) {
            startRound();
            rounds++;
        }
        double sample = rate.bytesPerNs();
        if (sample > 0 && (sample >= maxBandwidth() || !rate.sampleLimited())) {
            currentCycle = Math.max(currentCycle, sample);
        }
    }

    void startRound() {
        nextRoundDelivered = rate.deliveredBytes();
    }

    /** 5.5.6: AdvanceMaxBwFilter. */
    void startCycle() {
        previousCycle = currentCycle;
        currentCycle = 0;
    }

    /**
     * 5.5.10.3, AdaptLowerBoundsFromCongestion, once a round, unless the path has such losses by itself.
     *
     * @param settled nothing that was sent to probe for bandwidth has been acknowledged in this round
     */
    void adaptToLosses(boolean probing, boolean settled, long windowBytes) {
        if (!lossRoundStart) {
            return;
        }
        ambient.onRound(lostInRound, rate.deliveredBytes(), minRttNs, LOSS_THRESHOLD, settled);
        if (lossInRound && !probing && !ambient.explained()) {
            double bandwidth = shortTerm == Double.POSITIVE_INFINITY ? maxBandwidth() : shortTerm;
            long inflight = inflightShortTerm == UNBOUNDED ? windowBytes : inflightShortTerm;
            shortTerm = Math.max(latest, BETA * bandwidth);
            inflightShortTerm = Math.max(inflightLatest, (long) (BETA * inflight));
        }
        lossInRound = false;
        lossesInRound = 0;
        lostInRound = 0;
    }

    /** 5.5.10.3, AdvanceLatestDeliverySignals. */
    void endSample() {
        if (lossRoundStart) {
            latest = rate.bytesPerNs();
            inflightLatest = rate.sampleDelivered();
        }
    }

    /** 5.5.10.2, NoteLoss. @return whether it is the first of a round */
    boolean onLoss(long bytes) {
        boolean first = !lossInRound;
        if (first) {
            lossRoundDelivered = rate.deliveredBytes();
        }
        lossInRound = true;
        lossesInRound++;
        lostInRound += bytes;
        return first;
    }

    /** Whether more than 2 % of what was in flight is lost, and more than the path loses by itself. */
    boolean isTooHigh(long lostBytes, long inFlightBytes) {
        return lostBytes > ambient.bearable(inFlightBytes, LOSS_THRESHOLD);
    }

    void resetCongestionSignals() {
        lossInRound = false;
        latest = 0;
        inflightLatest = 0;
    }

    void resetShortTerm() {
        shortTerm = Double.POSITIVE_INFINITY;
        inflightShortTerm = UNBOUNDED;
    }

    /** What was in flight, and arrived, in the latest round. */
    long inflightLatest() {
        return inflightLatest;
    }

    /** 5.5.11.1. */
    void saveBounds() {
        savedShortTerm = shortTerm;
        savedInflightShortTerm = inflightShortTerm;
        savedInflightLongTerm = inflightLongTerm;
    }

    /** 5.5.11.2. */
    void restoreBounds() {
        lossInRound = false;
        resetFull();
        shortTerm = Math.max(shortTerm, savedShortTerm);
        inflightShortTerm = Math.max(inflightShortTerm, savedInflightShortTerm);
        inflightLongTerm = Math.max(inflightLongTerm, savedInflightLongTerm);
    }

    void startProbing() {
        slopeRounds = 0;
        probeAcked = 0;
    }

    /** 5.3.3.9: RaiseInflightLongtermSlope. */
    void raiseSlope(long windowBytes, int segmentBytes) {
        long growth = 1L << slopeRounds;
        slopeRounds = Math.min(slopeRounds + 1, MAX_SLOPE_ROUNDS);
        ackedPerStep = Math.max(windowBytes / growth, segmentBytes);
    }

    /** 5.3.3.9: ProbeInflightLongtermUpward, of a window that is used and as large as the bound. */
    void probeUpward(long deliveredBytes, long windowBytes, int segmentBytes) {
        probeAcked += deliveredBytes;
        long steps = probeAcked / ackedPerStep;
        probeAcked -= steps * ackedPerStep;
        inflightLongTerm += steps * segmentBytes;
        if (roundStart) {
            raiseSlope(windowBytes, segmentBytes);
        }
    }

    void resetFull() {
        fullBandwidth = 0;
        fullRounds = 0;
        fullNow = false;
    }

    /** 5.3.1.2: CheckFullBWReached. */
    void checkFull() {
        if (fullNow || !roundStart || rate.sampleLimited()) {
            return;
        }
        if (rate.bytesPerNs() >= fullBandwidth * FULL_GROWTH) {
            resetFull();
            fullBandwidth = rate.bytesPerNs();
            return;
        }
        fullRounds++;
        fullNow = fullRounds >= FULL_ROUNDS;
        fullReached |= fullNow;
    }

    /** 5.3.4.3: UpdateMinRTT. */
    void updateMinRtt(long nowNs, long sampleNs) {
        probeExpired = probedMinNs != Long.MAX_VALUE && nowNs - probedAtNs > PROBE_RTT_INTERVAL_NS;
        if (sampleNs > 0 && (sampleNs < probedMinNs || probeExpired)) {
            probedMinNs = sampleNs;
            probedAtNs = nowNs;
        }
        if (probedMinNs < minRttNs || nowNs - minRttAtNs > MIN_RTT_LIFETIME_NS) {
            minRttNs = probedMinNs;
            minRttAtNs = probedAtNs;
        }
    }

    /** 5.5.9: UpdateACKAggregation, the maximum taken over one or two halves of its window. */
    void updateExtraAcked(long nowNs, long deliveredBytes, long windowBytes) {
        double expected = bandwidth() * (nowNs - extraStartNs);
        if (extraDelivered <= expected) {
            extraDelivered = 0;
            extraStartNs = nowNs;
            expected = 0;
        }
        extraDelivered += deliveredBytes;
        long extra = Math.min((long) (extraDelivered - expected), windowBytes);
        if (rounds - extraRound >= (fullReached ? EXTRA_ACKED_ROUNDS / 2 : 1)) {
            extraRound = rounds;
            previousExtra = fullReached ? currentExtra : 0;
            currentExtra = 0;
        }
        currentExtra = Math.max(currentExtra, extra);
    }

    long extraAcked() {
        return Math.max(previousExtra, currentExtra);
    }
}
