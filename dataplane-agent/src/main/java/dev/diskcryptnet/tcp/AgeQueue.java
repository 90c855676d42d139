package dev.diskcryptnet.tcp;

/** The {@link TimeWait} entries by age, linked through themselves, so that the oldest can make room. */
final class TimeWaitQueue {
    private TimeWait oldest;
    private TimeWait newest;
    private int size;

    int size() {
        return size;
    }

    TimeWait oldest() {
        return oldest;
    }

    void add(TimeWait entry) {
        entry.older = newest;
        entry.newer = null;
        if (newest == null) {
            oldest = entry;
        } else {
            newest.newer = entry;
        }
        newest = entry;
        size++;
    }

    void remove(TimeWait entry) {
        if (entry.older == null) {
            oldest = entry.newer;
        } else {
            entry.older.newer = entry.newer;
        }
        if (entry.newer == null) {
            newest = entry.older;
        } else {
            entry.newer.older = entry.older;
        }
        size--;
    }
}
