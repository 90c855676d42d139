package dev.diskcryptnet.tcp;

/** What follows for sending from BBR's state and model, its control parameters: draft-ietf-ccwg-bbr-06 5.6. */
final class BbrControl {
    /** 2.7: BBR.Headroom and BBR.PacingMarginPercent. */
    private static final double HEADROOM = 0.15;

    private static final double PACING_MARGIN = 0.99;
    /** 5.6.4.3: BBR.MinPipeCwnd. */
    private static final int MIN_WINDOW_SEGMENTS = 4;

    private static final long QUANTUM_NS = 1_000_000;
    private static final int MAX_QUANTUM_BYTES = 65_536;

    private final BbrModel model;
    private final int segmentBytes;
    private final long initialWindowBytes;

    private long windowBytes;
    private long savedWindowBytes;
    private double pacingRate;

    BbrControl(BbrModel model, int segmentBytes, long initialWindowBytes) {
        this.model = model;
        this.segmentBytes = segmentBytes;
        this.initialWindowBytes = initialWindowBytes;
        this.windowBytes = initialWindowBytes;
    }

    // ---- rate

    /** 5.6.2; before there is a bandwidth, the initial window a round trip. */
    double pacingRate(long smoothedNs) {
        double initial = BbrState.STARTUP.pacingGain * initialWindowBytes / Math.max(smoothedNs, 1);
        return pacingRate == 0 ? initial : model.fullReached ? pacingRate : Math.max(initial, pacingRate);
    }

    /**
     * 5.6.2. Bandwidth is what arrives, so what the path loses by itself is sent on top, which the draft does not know of. Were it
     * taken for the path's own in error, as a policer's may be, the margin has it shrink from round to round.
     */
    void setPacingRate(double gain) {
        double next = gain * model.bandwidth() * PACING_MARGIN / (1 - model.ambient.share());
        if (next > 0 && (model.fullReached || next > pacingRate)) {
            pacingRate = next;
        }
    }

    /** 5.6.3. */
    long quantumBytes() {
        return Math.clamp((long) (pacingRate * QUANTUM_NS), 2 * segmentBytes, MAX_QUANTUM_BYTES);
    }

    // ---- window

    long windowBytes() {
        return windowBytes;
    }

    /** RFC 5681 3.1: after a timeout. */
    void collapseWindow() {
        windowBytes = segmentBytes;
    }

    /**
     * 5.6.4.4: SaveCwnd.
     *
     * @param good whether no recovery and no probe has made it smaller
     */
    void saveWindow(boolean good) {
        savedWindowBytes = good ? windowBytes : Math.max(savedWindowBytes, windowBytes);
    }

    void restoreWindow() {
        windowBytes = Math.max(windowBytes, savedWindowBytes);
    }

    /** 5.6.4.6 and 5.6.4.7. */
    void setWindow(BbrState state, long deliveredBytes) {
        long most = quantized(model.product(state.windowGain, initialWindowBytes) + model.extraAcked(), state);
        if (model.fullReached) {
            windowBytes = Math.min(windowBytes + deliveredBytes, most);
        } else if (windowBytes < most || model.rate.deliveredBytes() < initialWindowBytes) {
            windowBytes += deliveredBytes;
        }
        windowBytes = Math.max(windowBytes, minWindow());
        if (state == BbrState.PROBE_RTT) {
            windowBytes = Math.min(windowBytes, probeRttWindow());
        }
        long cap = BbrModel.UNBOUNDED;
        if (state == BbrState.CRUISE || state == BbrState.PROBE_RTT) {
            cap = withHeadroom();
        } else if (state.isSteady()) {
            cap = model.inflightLongTerm;
        }
        cap = Math.max(Math.min(cap, model.inflightShortTerm), minWindow());
        windowBytes = Math.min(windowBytes, cap);
    }

    private long minWindow() {
        return (long) MIN_WINDOW_SEGMENTS * segmentBytes;
    }

    /** What fills the path and no more, 5.6.4.2: QuantizationBudget and Inflight. */
    long fillingBytes(BbrState state) {
        return quantized(model.product(1, initialWindowBytes), state);
    }

    private long quantized(long bytes, BbrState state) {
        long enough = Math.max(bytes, Math.max(3 * quantumBytes(), minWindow()));
        return enough + (state == BbrState.UP ? 2L * segmentBytes : 0);
    }

    /** The long-term bound less what is left to others. */
    long withHeadroom() {
        if (model.inflightLongTerm == BbrModel.UNBOUNDED) {
            return BbrModel.UNBOUNDED;
        }
        long headroom = Math.max(segmentBytes, (long) (HEADROOM * model.inflightLongTerm));
        return Math.max(model.inflightLongTerm - headroom, minWindow());
    }

    long probeRttWindow() {
        return Math.max(model.product(BbrState.PROBE_RTT.windowGain, initialWindowBytes), minWindow());
    }
}
