package dev.diskcryptnet.tcp;

/**
 * Leaves slow start when round trips grow, before the queue on the way overflows: HyStart++, RFC 9406. Of the first slow
 * start only, and for peers with SACK, whose ACKs give a round trip each.
 */
final class HyStart {
    /** RFC 9406 4.3. */
    private static final long MIN_THRESHOLD_NS = 4_000_000;

    private static final long MAX_THRESHOLD_NS = 16_000_000;
    private static final int THRESHOLD_SHARE = 8;
    private static final int SAMPLES = 8;
    private static final int CONSERVATIVE_DIVISOR = 4;
    private static final int CONSERVATIVE_ROUNDS = 5;

    private long lastMinNs = Long.MAX_VALUE;
    private long currentMinNs = Long.MAX_VALUE;
    private int samples;
    /** Smallest round trip as conservative slow start began; {@link Long#MAX_VALUE} outside of it. */
    private long baselineNs = Long.MAX_VALUE;

    private int conservativeRounds;

    /** A round trip was measured. */
    void onSample(long rttNs) {
        currentMinNs = Math.min(currentMinNs, rttNs);
        samples++;
        if (samples < SAMPLES) {
            return;
        }
        if (baselineNs != Long.MAX_VALUE) {
            if (currentMinNs < baselineNs) {
                baselineNs = Long.MAX_VALUE; // it was jitter
            }
        } else if (lastMinNs != Long.MAX_VALUE && currentMinNs >= lastMinNs + thresholdNs()) {
            baselineNs = currentMinNs;
            conservativeRounds = 0;
        }
    }

    private long thresholdNs() {
        return Math.clamp(lastMinNs / THRESHOLD_SHARE, MIN_THRESHOLD_NS, MAX_THRESHOLD_NS);
    }

    /** All that was out when the round began is acknowledged. */
    void onRound() {
        lastMinNs = currentMinNs;
        currentMinNs = Long.MAX_VALUE;
        samples = 0;
        conservativeRounds += baselineNs == Long.MAX_VALUE ? 0 : 1;
    }

    /** By how much less than in slow start the window grows. */
    int divisor() {
        return baselineNs == Long.MAX_VALUE ? 1 : CONSERVATIVE_DIVISOR;
    }

    /** Whether slow start is over. */
    boolean isOver() {
        return baselineNs != Long.MAX_VALUE && conservativeRounds >= CONSERVATIVE_ROUNDS;
    }
}
