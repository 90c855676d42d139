package dev.diskcryptnet.tcp;

/**
 * A hashed timer wheel: scheduling and cancelling are O(1) and allocate nothing.
 *
 * <p>Rescheduling is lazy. Most timers are pushed back again and again (each ACK pushes the retransmission timer), so
 * a later deadline only changes a field, and the entry is moved when its old slot comes up. Deadlines beyond one turn
 * of the wheel sit in the last slot and move on from there. A timer never fires early, and at most a tick late.
 */
final class TimerWheel {
    /** A tick is 2^20 ns, 1.05 ms. */
    static final int TICK_SHIFT = 20;

    private static final int SLOTS = 2048;
    private static final int SLOT_MASK = SLOTS - 1;

    private final TimerEntry[] slots = new TimerEntry[SLOTS];
    /** A bit per slot: clear means empty; a set bit may be stale and is cleared when the slot is visited. */
    private final long[] occupied = new long[SLOTS / Long.SIZE];

    private final TimerEntry firing = new TimerEntry();
    private long currentTick;
    private boolean started;

    TimerWheel() {
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new TimerEntry();
        }
    }

    /** Asks for {@link TimerEntry#onTimer} at {@code deadlineNs}, or for none ({@link TimerEntry#NONE}). */
    void schedule(TimerEntry entry, long nowNs, long deadlineNs) {
        entry.timerDeadlineNs = deadlineNs;
        if (deadlineNs == TimerEntry.NONE) {
            return;
        }
        start(nowNs);
        if (entry.timerNext != entry) {
            if (tickOf(deadlineNs) >= entry.timerTick) {
                return;
            }
            unlink(entry);
        }
        link(entry, nowNs >> TICK_SHIFT);
    }

    /** Takes the entry out at once. */
    void cancel(TimerEntry entry) {
        entry.timerDeadlineNs = TimerEntry.NONE;
        unlink(entry);
    }

    /**
     * Fires what is due.
     *
     * @param limit most entries looked at
     * @return entries looked at; {@code limit} when more may be due
     */
    int advance(long nowNs, int limit) {
        start(nowNs);
        long nowTick = nowNs >> TICK_SHIFT;
        int work = drainFiring(nowNs, nowTick, limit);
        while (currentTick < nowTick && work < limit) {
            long tick = nextOccupiedTick();
            if (tick == Long.MIN_VALUE || tick > nowTick) {
                currentTick = nowTick;
                break;
            }
            currentTick = tick;
            detach(slots[(int) tick & SLOT_MASK]);
            work += drainFiring(nowNs, nowTick, limit - work);
        }
        return work;
    }

    /** Earliest time at which {@link #advance} may have work, {@link TimerEntry#NONE} when there is none. */
    long nextDeadlineNs() {
        if (firing.timerNext != firing) {
            return currentTick << TICK_SHIFT;
        }
        long tick = nextOccupiedTick();
        return tick == Long.MIN_VALUE ? TimerEntry.NONE : tick << TICK_SHIFT;
    }

    private int drainFiring(long nowNs, long nowTick, int limit) {
        int work = 0;
        while (work < limit && firing.timerNext != firing) {
            TimerEntry entry = firing.timerNext;
            unlink(entry);
            work++;
            if (entry.timerDeadlineNs == TimerEntry.NONE) {
                continue;
            }
            if (tickOf(entry.timerDeadlineNs) > nowTick) {
                link(entry, nowTick);
            } else {
                entry.timerDeadlineNs = TimerEntry.NONE;
                entry.onTimer(nowNs);
            }
        }
        return work;
    }

    private void start(long nowNs) {
        if (!started) {
            started = true;
            currentTick = nowNs >> TICK_SHIFT;
        }
    }

    /** First tick that is not before {@code deadlineNs}. */
    private static long tickOf(long deadlineNs) {
        return (deadlineNs >> TICK_SHIFT) + ((deadlineNs & (1L << TICK_SHIFT) - 1) == 0 ? 0 : 1);
    }

    private void link(TimerEntry entry, long nowTick) {
        // Relative to the later of the two: the wheel may not have been turned for a while.
        long base = Math.max(currentTick, nowTick);
        long tick = Math.min(Math.max(tickOf(entry.timerDeadlineNs), base + 1), base + SLOTS - 1);
        entry.timerTick = tick;
        int slot = (int) tick & SLOT_MASK;
        TimerEntry head = slots[slot];
        entry.timerPrevious = head.timerPrevious;
        entry.timerNext = head;
        head.timerPrevious.timerNext = entry;
        head.timerPrevious = entry;
        occupied[slot >> 6] |= 1L << slot;
    }

    private static void unlink(TimerEntry entry) {
        entry.timerPrevious.timerNext = entry.timerNext;
        entry.timerNext.timerPrevious = entry.timerPrevious;
        entry.timerNext = entry;
        entry.timerPrevious = entry;
    }

    /** Moves a slot's list to {@link #firing}, so that an entry linked anew into this very slot waits for its turn. */
    private void detach(TimerEntry head) {
        if (head.timerNext == head) {
            return;
        }
        firing.timerNext = head.timerNext;
        firing.timerPrevious = head.timerPrevious;
        firing.timerNext.timerPrevious = firing;
        firing.timerPrevious.timerNext = firing;
        head.timerNext = head;
        head.timerPrevious = head;
    }

    /** First tick after {@link #currentTick} whose slot holds an entry, {@link Long#MIN_VALUE} when all are empty. */
    private long nextOccupiedTick() {
        long tick = currentTick + 1;
        long end = currentTick + SLOTS;
        while (tick <= end) {
            int slot = (int) tick & SLOT_MASK;
            long bits = occupied[slot >> 6] >>> slot;
            if (bits == 0) {
                tick += Long.SIZE - (slot & 63);
                continue;
            }
            tick += Long.numberOfTrailingZeros(bits);
            int candidate = (int) tick & SLOT_MASK;
            if (tick <= end && slots[candidate].timerNext != slots[candidate]) {
                return tick;
            }
            occupied[candidate >> 6] &= ~(1L << candidate);
            tick++;
        }
        return Long.MIN_VALUE;
    }
}
