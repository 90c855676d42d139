package dev.diskcryptnet.tcp;

/** Entries of one kind by age, linked through themselves, so that the oldest can make room. */
final class AgeQueue<E extends ConnectionEntry> {
    private ConnectionEntry oldest;
    private ConnectionEntry newest;
    private int size;

    int size() {
        return size;
    }

    @SuppressWarnings("unchecked") // only E are added
    E oldest() {
        return (E) oldest;
    }

    void add(E entry) {
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

    void remove(E entry) {
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
        // An entry that has grown old in the heap would keep all younger ones that follow it alive until a full
        // collection.
        entry.older = null;
        entry.newer = null;
        size--;
    }
}
