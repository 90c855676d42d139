package dev.diskcryptnet.tcp;

import java.util.ArrayList;

/** Range sets and logs for the connections that need one just now: an idle connection holds none. */
final class RangeSetPool {
    private static final int MAX_FREE = 4096;

    private final ArrayList<RangeSet> free = new ArrayList<>();

    private final ArrayList<SentLog> freeLogs = new ArrayList<>();
    private int inUse;

    /** Sets and logs that connections hold. */
    int inUse() {
        return inUse;
    }

    SentLog takeLog() {
        inUse++;
        return freeLogs.isEmpty() ? new SentLog() : freeLogs.removeLast();
    }

    void give(SentLog log) {
        inUse--;
        log.clear();
        if (freeLogs.size() < MAX_FREE) {
            freeLogs.add(log);
        }
    }

    RangeSet take() {
        inUse++;
        return free.isEmpty() ? new RangeSet() : free.removeLast();
    }

    void give(RangeSet set) {
        inUse--;
        set.clear();
        if (free.size() < MAX_FREE) {
            free.add(set);
        }
    }
}
