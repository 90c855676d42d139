package dev.diskcryptnet.e2e.onemachine.runner;

/**
 * How long to wait before a container that ended is started again: 1 s, doubled each time up to 60 s, and from the start
 * again once it ran for ten minutes. (kubelet: 10 s up to 5 min. On one machine a person waits.)
 */
final class BackOff {
    private static final long FIRST_NS = 1_000_000_000L;
    private static final long LONGEST_NS = 60 * FIRST_NS;
    private static final long FORGET_AFTER_NS = 600 * FIRST_NS;

    private long nextNs = FIRST_NS;

    /**
     * Tells that the container ended.
     *
     * @param ranNs for how long it ran
     * @return how long to wait, in ns
     */
    long ended(long ranNs) {
        if (ranNs >= FORGET_AFTER_NS) {
            nextNs = FIRST_NS;
        }
        long pauseNs = nextNs;
        nextNs = Math.min(2 * nextNs, LONGEST_NS);
        return pauseNs;
    }
}
