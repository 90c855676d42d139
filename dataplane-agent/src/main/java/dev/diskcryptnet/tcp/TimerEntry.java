package dev.diskcryptnet.tcp;

/** What a {@link TimerWheel} holds: intrusive links, so that arming a timer allocates nothing. */
class TimerEntry {
    /** No timer wanted. */
    static final long NONE = Long.MAX_VALUE;

    TimerEntry timerNext = this;
    TimerEntry timerPrevious = this;
    /** When {@link #onTimer} is wanted; may be later than the slot the entry sits in. Written by the wheel. */
    long timerDeadlineNs = NONE;
    /** Tick of the slot the entry sits in; meaningless when unlinked. */
    long timerTick;

    /** The deadline passed. The entry is out of the wheel; it may schedule itself again. */
    void onTimer(long nowNs) {
        throw new IllegalStateException("a slot's head has no timer");
    }
}
