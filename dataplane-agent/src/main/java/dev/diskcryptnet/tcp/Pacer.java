package dev.diskcryptnet.tcp;

/**
 * Spreads what may be sent over the round trip: RFC 9002 7.7 for the idea. Paths shorter than two ticks of the timer wheel are left to their ACKs.
 *
 * <p>One burst is a frame. Where a tick's worth is more than that, it is a tick's worth: the wheel wakes a connection no
 * sooner.
 */
final class Pacer {
    private static final long TICK_NS = 1L << TimerWheel.TICK_SHIFT;
    /** What a processor that has other work to do is late by. */
    private static final long MAX_LATE_NS = 10_000_000;

    private static final int LATE_SHARE = 8;

    private long nextNs = Long.MIN_VALUE;
    private long wakeAtNs = TimerEntry.NONE;

    /** Whether a path with this round trip is paced. */
    static boolean paces(long pathNs) {
        return pathNs >= 2 * TICK_NS;
    }

    /** Whether nothing may leave before {@link #wakeAtNs}. */
    boolean holds(long nowNs) {
        wakeAtNs = nowNs < nextNs ? nextNs : TimerEntry.NONE;
        return wakeAtNs != TimerEntry.NONE;
    }

    /** When sending may go on that {@link #holds} has held back, {@link TimerEntry#NONE} when it did not. */
    long wakeAtNs() {
        return wakeAtNs;
    }

    /** The time has come, or there is nothing to wake up for. */
    void onWake() {
        wakeAtNs = TimerEntry.NONE;
    }

    /**
     * Bytes are about to leave. What a late wake-up has held up is made good for, up to an eighth of a round trip: a rate that
     * is missed for good would be taken for the path's.
     */
    void onReserved(long nowNs, long bytes, double bytesPerNs, long pathNs) {
        long lateNs = Math.clamp(pathNs / LATE_SHARE, TICK_NS, MAX_LATE_NS);
        nextNs = Math.max(nextNs, nowNs - lateNs) + (long) (bytes / bytesPerNs);
    }
}
