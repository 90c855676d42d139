package dev.diskcryptnet.tcp;

import java.util.ArrayList;

/** Range sets and logs for the connections that need one just now: an idle connection holds none. */
final class RangeSetPool {
    private static final int MAX_FREE = 4096;

    private final ArrayList<RangeSet> free = new ArrayList<>();

    private final ArrayList<RetransmissionLog> freeLogs = new ArrayList<>();

    RetransmissionLog takeLog() {
        return freeLogs.isEmpty() ? new RetransmissionLog() : freeLogs.removeLast();
    }

    void give(RetransmissionLog log) {
        log.clear();
        if (freeLogs.size() < MAX_FREE) {
            freeLogs.add(log);
        }
    }

    RangeSet take() {
        return free.isEmpty() ? new RangeSet() : free.removeLast();
    }

    void give(RangeSet set) {
        set.clear();
        if (free.size() < MAX_FREE) {
            free.add(set);
        }
    }
}
