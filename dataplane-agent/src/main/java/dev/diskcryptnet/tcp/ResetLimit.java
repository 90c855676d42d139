package dev.diskcryptnet.tcp;

/** Bounds the RSTs that answer strangers, so that a flood is not reflected in full. */
final class ResetLimit {
    private static final int RESETS_PER_INTERVAL = 100;
    private static final long INTERVAL_NS = 100_000_000;

    private long intervalStartNs;
    private int left;
    private boolean started;

    boolean allows(long nowNs) {
        if (!started || nowNs - intervalStartNs >= INTERVAL_NS) {
            started = true;
            intervalStartNs = nowNs;
            left = RESETS_PER_INTERVAL;
        }
        if (left == 0) {
            return false;
        }
        left--;
        return true;
    }
}
