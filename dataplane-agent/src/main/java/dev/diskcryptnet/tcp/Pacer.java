package dev.diskcryptnet.tcp;

/**
 * Spreads what may be sent over the round trip: RFC 9002 7.7 for the idea, and as Linux does, at 2 times the window a
 * round trip in slow start and 1.2 times after. Paths shorter than two ticks of the timer wheel are left to their ACKs.
 *
 * <p>One burst is a frame. Where a tick's worth is more than that, it is a tick's worth: the wheel wakes a connection no
 * sooner.
 */
final class Pacer {
    private static final long TICK_NS = 1L << TimerWheel.TICK_SHIFT;
    private static final double SLOW_START_GAIN = 2;
    private static final double GAIN = 1.2;

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

    /** Bytes are about to leave. What a late tick has held up is made good for. */
    void onReserved(long nowNs, long bytes, long windowBytes, long smoothedNs, boolean slowStart) {
        double gain = slowStart ? SLOW_START_GAIN : GAIN;
        long takesNs = (long) (bytes * (double) smoothedNs / (gain * Math.max(windowBytes, 1)));
        nextNs = Math.max(nextNs, nowNs - TICK_NS) + takesNs;
    }
}
