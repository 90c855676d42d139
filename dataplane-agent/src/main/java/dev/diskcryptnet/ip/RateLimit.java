package dev.diskcryptnet.ip;

/** A token bucket on explicit time: {@code burst} at once, one more every {@code intervalNs}. */
final class RateLimit {
    private final long intervalNs;
    private final long capacityNs;
    private long creditNs;
    private long updatedNs;
    private boolean started;

    RateLimit(int burst, long intervalNs) {
        this.intervalNs = intervalNs;
        this.capacityNs = burst * intervalNs;
        this.creditNs = capacityNs;
    }

    /** Takes one token; false when there is none. */
    boolean tryTake(long nowNs) {
        if (started) {
            long elapsedNs = nowNs - updatedNs;
            if (elapsedNs > 0) {
                creditNs = Math.min(capacityNs, creditNs + Math.min(capacityNs, elapsedNs));
                updatedNs = nowNs;
            }
        } else {
            started = true;
            updatedNs = nowNs;
        }
        if (creditNs < intervalNs) {
            return false;
        }
        creditNs -= intervalNs;
        return true;
    }
}
