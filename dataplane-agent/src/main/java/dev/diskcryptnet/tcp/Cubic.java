package dev.diskcryptnet.tcp;

/** Congestion window: slow start (RFC 5681) with HyStart++ (RFC 9406), CUBIC (RFC 9438). Bytes; times in seconds inside. Knows no sequence. */
final class Cubic extends CongestionControl {
    /** RFC 9438 4.6. */
    private static final double BETA = 0.7;
    /** RFC 9438 5.1, for windows in segments. */
    private static final double C = 0.4;
    /** RFC 9438 4.3. */
    private static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);

    private static final double SLOW_START_PACING_GAIN = 2;
    private static final double PACING_GAIN = 1.2;

    private final HyStart hyStart = new HyStart();
    private double windowBytes;
    private double thresholdBytes = Double.MAX_VALUE;
    /** Window before the last reduction, in segments: where the curve is flat. */
    private double maxSegments;
    /** Window before the last reduction without fast convergence, RFC 9438 4.3. */
    private double priorSegments;
    /** What Reno would have, in segments. */
    private double renoSegments;
    /** Time from the epoch's start to the plateau. */
    private double kSeconds;

    private long epochStartNs;
    private boolean inEpoch;
    private long lastGrowthNs;
    /** Before the latest reduction: what {@link #undo} restores. */
    private double undoWindowBytes;

    private double undoThresholdBytes;
    private double undoMaxSegments;

    Cubic(int segmentBytes, int initialSegments) {
        super(segmentBytes, initialSegments);
        this.windowBytes = initialWindowBytes();
    }

    @Override
    long windowBytes() {
        return (long) windowBytes;
    }

    @Override
    boolean inSlowStart() {
        return windowBytes < thresholdBytes;
    }

    /** As in Linux: 2 windows a round trip in slow start, 1.2 after. */
    @Override
    double pacingRate(long smoothedNs) {
        return (inSlowStart() ? SLOW_START_PACING_GAIN : PACING_GAIN) * windowBytes / Math.max(smoothedNs, 1);
    }

    /** An initial window may leave at once, RFC 6928 2; in a recovery what arrives sets the pace, RFC 6937. */
    @Override
    boolean mayBurst(boolean disordered) {
        return disordered || windowBytes <= initialWindowBytes();
    }

    @Override
    void onSample(long rttNs) {
        if (inFirstSlowStart()) {
            hyStart.onSample(rttNs);
        }
    }

    @Override
    void onRound() {
        if (inFirstSlowStart()) {
            hyStart.onRound();
            if (hyStart.isOver()) {
                thresholdBytes = windowBytes;
            }
        }
    }

    private boolean inFirstSlowStart() {
        return thresholdBytes == Double.MAX_VALUE;
    }

    /** A window that did not limit sending stays as it is (RFC 7661 4.3). */
    @Override
    void onAcknowledged(long nowNs, long ackedBytes, long rttNs, boolean limited) {
        if (!limited) {
            if (inEpoch) {
                // RFC 9438 5.8: time in which the application limited sending is not part of the curve.
                epochStartNs += nowNs - lastGrowthNs;
                lastGrowthNs = nowNs;
            }
            return;
        }
        double left = ackedBytes;
        if (inSlowStart()) {
            double step = Math.min(left, thresholdBytes - windowBytes);
            windowBytes += step / (inFirstSlowStart() ? hyStart.divisor() : 1);
            left -= step;
        }
        if (left > 0) {
            avoidCongestion(nowNs, left, rttNs);
        }
    }

    private void avoidCongestion(long nowNs, double ackedBytes, long rttNs) {
        double window = windowBytes / segmentBytes;
        if (!inEpoch) {
            startEpoch(nowNs, window);
        }
        lastGrowthNs = nowNs;
        double acked = ackedBytes / segmentBytes;
        double elapsed = (nowNs - epochStartNs) * 1e-9;
        renoSegments += (renoSegments < priorSegments ? ALPHA : 1.0) * acked / window; // RFC 9438 4.3
        if (curve(elapsed) < renoSegments) {
            windowBytes = Math.max(windowBytes, renoSegments * segmentBytes);
            return;
        }
        double target = Math.min(Math.max(curve(elapsed + rttNs * 1e-9), window), 1.5 * window); // RFC 9438 4.2
        windowBytes += (target - window) / window * acked * segmentBytes;
    }

    private void startEpoch(long nowNs, double window) {
        inEpoch = true;
        epochStartNs = nowNs;
        renoSegments = window;
        if (maxSegments <= window) {
            maxSegments = window; // RFC 9438 4.8: K = 0
            kSeconds = 0;
        } else {
            kSeconds = Math.cbrt((maxSegments - window) / C);
        }
    }

    private double curve(double seconds) {
        double distance = seconds - kSeconds;
        return C * distance * distance * distance + maxSegments;
    }

    /**
     * Reduces once, RFC 9438 4.6 and 4.7. For a mark by as much as for a loss, as Linux does, and not below two segments
     * either; RFC 8511's smaller step is an experiment.
     */
    @Override
    void onLoss() {
        reduce();
        windowBytes = thresholdBytes;
    }

    /** Window of one segment, RFC 5681 3.1. */
    @Override
    void onTimeout(long inFlightBytes) {
        reduce();
        windowBytes = segmentBytes;
    }

    @Override
    void onRepeatedTimeout() {
        windowBytes = segmentBytes;
        inEpoch = false;
    }

    private void reduce() {
        double window = windowBytes / segmentBytes;
        undoWindowBytes = windowBytes;
        undoThresholdBytes = thresholdBytes;
        undoMaxSegments = maxSegments;
        priorSegments = window;
        maxSegments = window < maxSegments ? window * (1 + BETA) / 2 : window; // fast convergence
        thresholdBytes = Math.max(windowBytes * BETA, 2.0 * segmentBytes);
        inEpoch = false;
    }

    /** RFC 4015 3.2, RFC 9438 4.9. */
    @Override
    void undo(long nowNs) {
        windowBytes = Math.max(windowBytes, undoWindowBytes);
        thresholdBytes = Math.max(thresholdBytes, undoThresholdBytes);
        maxSegments = undoMaxSegments;
        inEpoch = false;
    }

    /** Halves for each timeout passed, not below the initial window (RFC 2861). */
    @Override
    void onIdle(long nowNs, long idleNs, long rtoNs) {
        if (idleNs <= rtoNs) {
            return;
        }
        thresholdBytes = inSlowStart() ? thresholdBytes : Math.max(thresholdBytes, 0.75 * windowBytes);
        for (long left = idleNs; left > rtoNs && windowBytes > initialWindowBytes(); left -= rtoNs) {
            windowBytes = Math.max(windowBytes / 2, initialWindowBytes());
        }
        inEpoch = false;
    }
}
