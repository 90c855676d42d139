package dev.diskcryptnet.tcp;

/**
 * BBRv3, draft-ietf-ccwg-bbr-06: sends at the rate at which bytes arrive, keeps little more in flight than the path
 * holds, and probes for more now and again. Clauses are of the draft.
 */
final class Bbr extends CongestionControl implements DeliveryRate.LossListener {
    private enum AckPhase {
        INIT,
        REFILLING,
        STARTING,
        FEEDBACK,
        STOPPING
    }

    /** 2.7: BBR.StartupFullLossCnt. */
    private static final int STARTUP_LOSSES = 6;

    private static final int MAX_COEXISTENCE_ROUNDS = 63;
    private static final int DRAIN_ROUNDS = 3;
    private static final long PROBE_RTT_NS = 200_000_000;
    private static final long MIN_PROBE_WAIT_NS = 2_000_000_000L;
    private static final int PROBE_WAIT_RANGE_NS = 1_000_000_000;

    private final BbrModel model;
    private final DeliveryRate rate;
    private final BbrControl control;
    private BbrState state = BbrState.STARTUP;
    private AckPhase ackPhase = AckPhase.INIT;
    private boolean inRecovery;
    private boolean idleRestart;
    private int random;

    private long drainStartRound;
    private long cycleAtNs;
    private long probeWaitNs;
    private int roundsSinceProbe;
    private boolean probeSample;
    private boolean lastProbeTooHigh;
    private boolean lastProbePrecautionary;
    private long probeRttDoneNs;
    private boolean probeRttRoundDone;

    // 5.5.11: what a loss that was none gives back
    private BbrState undoState;

    private long nowNs;
    private long inFlightBytes;
    private boolean windowLimited;

    /** @param seed spreads probes of connections apart */
    Bbr(int segmentBytes, int initialSegments, int seed) {
        super(segmentBytes, initialSegments);
        this.model = new BbrModel(this, segmentBytes);
        this.rate = model.rate;
        this.control = new BbrControl(model, segmentBytes, initialWindowBytes());
        this.random = seed | 1;
    }

    @Override
    long windowBytes() {
        return control.windowBytes();
    }

    @Override
    boolean inSlowStart() {
        return state == BbrState.STARTUP;
    }

    @Override
    double pacingRate(long smoothedNs) {
        return control.pacingRate(smoothedNs);
    }

    /** The initial window, as with other algorithms. */
    @Override
    boolean mayBurst(boolean disordered) {
        return rate.deliveredBytes() == 0;
    }

    @Override
    long quantumBytes() {
        return control.quantumBytes();
    }

    @Override
    boolean reducesInProportion() {
        return false;
    }

    @Override
    DeliveryRate deliveryRate() {
        return rate;
    }

    /** 5.2.3: BBRUpdateOnACK. */
    @Override
    void afterAcknowledgement(long nowNs, long deliveredBytes, long inFlightBytes, long sampleNs, boolean limited) {
        this.nowNs = nowNs;
        this.inFlightBytes = inFlightBytes;
        this.windowLimited = limited;
        if (!rate.finish(nowNs, deliveredBytes, model.minRttNs)) {
            return;
        }
        model.onSample();
        roundsSinceProbe += model.roundStart ? 1 : 0;
        checkStartupLosses();
        model.ambient.onSample(sampleNs);
        boolean probing = state.probesBandwidth();
        model.adaptToLosses(probing, !probing && !probeSample && state.isSteady(), windowBytes());
        model.updateExtraAcked(nowNs, deliveredBytes, windowBytes());
        model.checkFull();
        checkStartupAndDrain();
        updateCycle(deliveredBytes);
        model.updateMinRtt(nowNs, sampleNs);
        checkProbeRtt();
        model.endSample();
        control.setPacingRate(state.pacingGain);
        control.setWindow(state, deliveredBytes);
    }

    // ---- startup and drain, 5.3.1 and 5.3.2

    /** 5.3.1.3: a round with more than six losses, and more than two per cent; without a queue more than a path may have. */
    private void checkStartupLosses() {
        boolean few = model.lossesInRound < STARTUP_LOSSES || !isTooHigh(rate.sampleLost());
        if (state != BbrState.STARTUP || few) {
            return;
        }
        double bearable = model.ambient.mostBearable(rate.sampleInFlight(), BbrModel.LOSS_THRESHOLD);
        if (rate.sampleLost() <= bearable && !model.ambient.isQueueSeen(model.minRttNs)) {
            return;
        }
        model.fullReached = true;
        model.fullNow = true;
        model.inflightLongTerm = Math.max(model.product(1, windowBytes()), model.inflightLatest());
        undoState = BbrState.STARTUP;
    }

    private boolean isTooHigh(long lostBytes) {
        return model.isTooHigh(lostBytes, rate.sampleInFlight());
    }

    private void checkStartupAndDrain() {
        if (state == BbrState.STARTUP && model.fullReached) {
            state = BbrState.DRAIN;
            drainStartRound = model.rounds;
        }
        if (state == BbrState.DRAIN
                && (inFlightBytes <= control.fillingBytes(state) || model.rounds > drainStartRound + DRAIN_ROUNDS)) {
            startDown();
        }
    }

    // ---- probing for bandwidth, 5.3.3.9

    private void startDown() {
        model.resetCongestionSignals();
        roundsSinceProbe = nextRandom() & 1;
        probeWaitNs = MIN_PROBE_WAIT_NS + Integer.remainderUnsigned(nextRandom(), PROBE_WAIT_RANGE_NS);
        cycleAtNs = nowNs;
        ackPhase = AckPhase.STOPPING;
        model.startRound();
        state = BbrState.DOWN;
    }

    /** Marsaglia's xorshift: nothing secret depends on it. */
    private int nextRandom() {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        return random;
    }

    private void startRefill() {
        model.resetShortTerm();
        model.startProbing();
        lastProbePrecautionary = false;
        ackPhase = AckPhase.REFILLING;
        model.startRound();
        state = BbrState.REFILL;
    }

    private void startUp() {
        probeSample = true;
        ackPhase = AckPhase.STARTING;
        model.startRound();
        model.resetFull();
        model.fullBandwidth = rate.bytesPerNs();
        state = BbrState.UP;
        model.raiseSlope(windowBytes(), segmentBytes);
    }

    private void updateCycle(long deliveredBytes) {
        if (!model.fullReached || adaptLongTerm(deliveredBytes)) {
            return;
        }
        switch (state) {
            case DOWN -> {
                if (isTimeToProbe()) {
                    startRefill();
                } else if (inFlightBytes <= control.withHeadroom() && inFlightBytes <= control.fillingBytes(state)) {
                    state = BbrState.CRUISE;
                }
            }
            case CRUISE -> {
                if (isTimeToProbe()) {
                    startRefill();
                }
            }
            case REFILL -> {
                if (model.roundStart) {
                    startUp();
                }
            }
            case UP -> {
                if (isTimeToGoDown()) {
                    lastProbeTooHigh = false;
                    startDown();
                }
            }
            default -> {}
        }
    }

    /** 5.3.3.8: by the clock, or as often as a Reno stream would lose something. */
    private boolean isTimeToProbe() {
        long target = Math.min(model.product(1, windowBytes()), windowBytes()) / segmentBytes;
        return nowNs - cycleAtNs > probeWaitNs || roundsSinceProbe >= Math.min(target, MAX_COEXISTENCE_ROUNDS);
    }

    private boolean isTimeToGoDown() {
        if (lastProbeTooHigh && inFlightBytes >= model.inflightLongTerm) {
            lastProbePrecautionary = true;
            return true;
        }
        if (windowLimited && windowBytes() >= model.inflightLongTerm) {
            model.resetFull();
            model.fullBandwidth = rate.bytesPerNs();
            return false;
        }
        return model.fullNow;
    }

    /** AdaptLongTermModel. @return whether it has decided on a state */
    private boolean adaptLongTerm(long deliveredBytes) {
        if (ackPhase == AckPhase.STARTING && model.roundStart) {
            ackPhase = AckPhase.FEEDBACK;
        }
        if (ackPhase == AckPhase.STOPPING && model.roundStart) {
            probeSample = false;
            ackPhase = AckPhase.INIT;
            if (state.isSteady() && !rate.sampleLimited()) {
                model.startCycle();
            }
            if (state.isSteady() && lastProbePrecautionary && !lastProbeTooHigh) {
                startRefill();
                return true;
            }
        }
        if (!isTooHigh(rate.sampleLost()) && model.inflightLongTerm != BbrModel.UNBOUNDED) {
            model.inflightLongTerm = Math.max(model.inflightLongTerm, rate.sampleInFlight());
            if (state == BbrState.UP && windowLimited && windowBytes() >= model.inflightLongTerm) {
                model.probeUpward(deliveredBytes, windowBytes(), segmentBytes);
            }
        }
        return false;
    }

    // ---- losses, 5.5.10 and 5.5.11

    @Override
    public void onLost(long bytes, long inFlightAtSend, long lostSince, boolean limited) {
        if (model.onLoss(bytes)) {
            saveState();
        }
        if (!probeSample || !model.isTooHigh(lostSince, inFlightAtSend)) {
            return;
        }
        probeSample = false;
        lastProbeTooHigh = true;
        if (!limited) {
            double inflightBefore = inFlightAtSend - bytes;
            double lostBefore = lostSince - bytes;
            double threshold = model.ambient.bearable(inFlightAtSend, BbrModel.LOSS_THRESHOLD) / inFlightAtSend;
            double prefix = (threshold * inflightBefore - lostBefore) / (1 - threshold);
            long target = Math.min(model.product(1, windowBytes()), windowBytes());
            model.inflightLongTerm = Math.max((long) (inflightBefore + prefix), (long) (BbrModel.BETA * target));
        }
        if (state == BbrState.UP) {
            undoState = BbrState.UP;
            startDown();
        }
    }

    private void saveState() {
        saveWindow();
        undoState = null;
        model.saveBounds();
    }

    private void saveWindow() {
        control.saveWindow(!inRecovery && state != BbrState.PROBE_RTT);
    }

    /** 5.6.4.4: the model has heard of the losses already. */
    @Override
    void onLoss() {
        saveWindow();
        inRecovery = true;
    }

    @Override
    void onTimeout(long inFlightBytes) {
        saveState();
        inRecovery = true;
        control.collapseWindow();
    }

    @Override
    void onRepeatedTimeout() {
        control.collapseWindow();
    }

    @Override
    void onRecovered() {
        inRecovery = false;
        control.restoreWindow();
    }

    @Override
    void undo(long nowNs) {
        this.nowNs = nowNs;
        control.restoreWindow();
        model.restoreBounds();
        if (undoState == BbrState.STARTUP) {
            model.fullReached = false;
            state = state == BbrState.PROBE_RTT ? state : BbrState.STARTUP;
        } else if (undoState == BbrState.UP && state != BbrState.UP && state != BbrState.PROBE_RTT) {
            startRefill();
        }
        undoState = null;
    }

    // ---- probing for the round trip, 5.3.4.3, and pauses, 5.4.1

    private void checkProbeRtt() {
        if (state != BbrState.PROBE_RTT && model.probeExpired && !idleRestart) {
            saveWindow();
            state = BbrState.PROBE_RTT;
            probeRttDoneNs = 0;
            ackPhase = AckPhase.STOPPING;
            model.startRound();
        }
        if (state == BbrState.PROBE_RTT) {
            rate.limitByApplication(inFlightBytes);
            if (probeRttDoneNs == 0 && inFlightBytes <= control.probeRttWindow()) {
                probeRttDoneNs = nowNs + PROBE_RTT_NS;
                probeRttRoundDone = false;
                model.startRound();
            } else if (probeRttDoneNs != 0) {
                probeRttRoundDone |= model.roundStart;
                checkProbeRttDone();
            }
        }
        idleRestart &= rate.sampleDelivered() == 0;
    }

    private void checkProbeRttDone() {
        if (!probeRttRoundDone || nowNs <= probeRttDoneNs) {
            return;
        }
        model.probedAtNs = nowNs;
        control.restoreWindow();
        model.resetShortTerm();
        if (model.fullReached) {
            startDown();
            state = BbrState.CRUISE;
        } else {
            state = BbrState.STARTUP;
        }
    }

    @Override
    void onIdle(long nowNs, long idleNs, long rtoNs) {
        if (!rate.isLimitedByApplication()) {
            return;
        }
        this.nowNs = nowNs;
        idleRestart = true;
        model.extraStartNs = nowNs;
        if (state.isSteady()) {
            control.setPacingRate(1);
        } else if (state == BbrState.PROBE_RTT && probeRttDoneNs != 0) {
            checkProbeRttDone();
        }
    }
}
