package dev.diskcryptnet.tcp;

/** Smoothed round-trip time and retransmission timeout, RFC 6298. */
final class RttEstimator {
    /** RFC 6298 2: K = 4. */
    private static final int K = 4;
    /** RFC 6298 2: the clock's granularity G; timers here are off by up to one tick of the wheel. */
    private static final long GRANULARITY_NS = 1L << TimerWheel.TICK_SHIFT;

    private final TcpConfig config;
    private long smoothedNs;
    private long variationNs;
    private long rtoNs;
    private int backoff;

    RttEstimator(TcpConfig config) {
        this.config = config;
        this.rtoNs = config.initialRtoNs();
    }

    /** RFC 6298 5.7: a SYN that had to be sent again leaves 3 s to start with. */
    void restartCautiously() {
        if (smoothedNs == 0) {
            rtoNs = Math.max(rtoNs, 3 * config.initialRtoNs());
        }
    }

    /** A measured round trip; never of a segment sent more than once, unless timestamps tell which (RFC 6298 3). */
    void sample(long rttNs) {
        long measured = Math.max(1, rttNs);
        if (smoothedNs == 0) {
            smoothedNs = measured; // RFC 6298 2.2
            variationNs = measured / 2;
        } else {
            variationNs += (Math.abs(smoothedNs - measured) - variationNs) / 4; // RFC 6298 2.3, beta = 1/4
            smoothedNs += (measured - smoothedNs) / 8; // alpha = 1/8
        }
        long rto = smoothedNs + Math.max(GRANULARITY_NS, K * variationNs);
        rtoNs = Math.min(Math.max(rto, config.minRtoNs()), config.maxRtoNs());
    }

    /** RFC 6298 5.5: doubles the timeout. */
    void backOff() {
        backoff++;
    }

    /** New data was acknowledged: the path works again. */
    void resetBackoff() {
        backoff = 0;
    }

    /** Timeouts in a row without an acknowledgement of new data. */
    int backoff() {
        return backoff;
    }

    /** The timeout with its backoff. */
    long timeoutNs() {
        return Math.min(rtoNs << Math.min(backoff, 16), config.maxRtoNs());
    }

    /** The timeout that the first retransmission waits for. */
    long baseTimeoutNs() {
        return rtoNs;
    }

    /** Smoothed round-trip time, 0 before the first sample. */
    long smoothedNs() {
        return smoothedNs;
    }
}
