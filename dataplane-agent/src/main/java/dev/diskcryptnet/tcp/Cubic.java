package dev.diskcryptnet.tcp;

/** Congestion window: slow start (RFC 5681) with HyStart++ (RFC 9406), CUBIC (RFC 9438). Bytes; times in seconds inside. Knows no sequence. */
final class Cubic {
    /** RFC 9438 4.6. */
    private static final double BETA = 0.7;
    /** RFC 9438 5.1, for windows in segments. */
    private static final double C = 0.4;
    /** RFC 9438 4.3. */
    private static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);

    private final HyStart hyStart = new HyStart();
    private final int segmentBytes;
    private final int initialWindowBytes;
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
        this.segmentBytes = segmentBytes;
        this.initialWindowBytes = initialSegments * segmentBytes;
        this.windowBytes = initialWindowBytes;
    }

    long windowBytes() {
        return (long) windowBytes;
    }

    int initialWindowBytes() {
        return initialWindowBytes;
    }

    boolean inSlowStart() {
        return windowBytes < thresholdBytes;
    }

    /** A round trip of bytes sent once only was measured. */
    void onSample(long rttNs) {
        if (inFirstSlowStart()) {
            hyStart.onSample(rttNs);
        }
    }

    /** All that was out when the round began is acknowledged. */
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

    /**
     * New data was acknowledged outside of fast recovery.
     *
     * @param limited whether the window was what limited sending; else it stays as it is (RFC 7661 4.3)
     */
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

    /** Loss found by duplicate ACKs or SACK: reduces once, RFC 9438 4.6 and 4.7. */
    void onLoss() {
        reduce();
        windowBytes = thresholdBytes;
    }

    /** The first timeout for a segment: window of one segment, RFC 5681 3.1. */
    void onTimeout() {
        reduce();
        windowBytes = segmentBytes;
    }

    /** A further timeout for the same data: RFC 5681 3.1, the threshold is held. */
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

    /** The latest reduction was for no loss: RFC 4015 3.2, RFC 9438 4.9. */
    void undo() {
        windowBytes = Math.max(windowBytes, undoWindowBytes);
        thresholdBytes = Math.max(thresholdBytes, undoThresholdBytes);
        maxSegments = undoMaxSegments;
        inEpoch = false;
    }

    /** Nothing was sent for {@code idleNs}: halves for each timeout passed, not below the initial window (RFC 2861). */
    void onIdle(long idleNs, long rtoNs) {
        thresholdBytes = inSlowStart() ? thresholdBytes : Math.max(thresholdBytes, 0.75 * windowBytes);
        for (long left = idleNs; left > rtoNs && windowBytes > initialWindowBytes; left -= rtoNs) {
            windowBytes = Math.max(windowBytes / 2, initialWindowBytes);
        }
        inEpoch = false;
    }
}
