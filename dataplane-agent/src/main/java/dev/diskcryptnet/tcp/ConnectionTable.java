package dev.diskcryptnet.tcp;

import java.util.function.Consumer;

/**
 * 4-tuple to {@link ConnectionEntry}: open addressing with linear probing over a keyed hash, at most half full, of a
 * fixed size, and deletion by shifting back (no tombstones), so a lookup costs the same after a year of churn.
 */
final class ConnectionTable {
    private final ConnectionEntry[] entries;
    private final int mask;
    private int size;

    /** @param maxEntries most entries ever held at one time */
    ConnectionTable(int maxEntries) {
        int capacity = Integer.highestOneBit(Math.max(16, maxEntries * 2 - 1)) << 1;
        entries = new ConnectionEntry[capacity];
        mask = capacity - 1;
    }

    int size() {
        return size;
    }

    /** The entry of the segment's addresses and ports, or null. */
    ConnectionEntry find(TcpSegment segment, long hash) {
        int index = (int) hash & mask;
        while (true) {
            ConnectionEntry entry = entries[index];
            if (entry == null || entry.matches(segment, hash)) {
                return entry;
            }
            index = index + 1 & mask;
        }
    }

    /** Adds an entry whose tuple is not in the table. */
    void insert(ConnectionEntry entry) {
        int index = (int) entry.tupleHash & mask;
        while (entries[index] != null) {
            index = index + 1 & mask;
        }
        entries[index] = entry;
        size++;
    }

    /** Puts {@code successor}, which has the same tuple, in the place of {@code entry}. */
    void replace(ConnectionEntry entry, ConnectionEntry successor) {
        entries[indexOf(entry)] = successor;
    }

    void remove(ConnectionEntry entry) {
        int hole = indexOf(entry);
        size--;
        int index = hole;
        while (true) {
            index = index + 1 & mask;
            ConnectionEntry next = entries[index];
            if (next == null) {
                break;
            }
            int home = (int) next.tupleHash & mask;
            // Moves next into the hole unless that would put it before its home slot.
            if ((index - home & mask) >= (index - hole & mask)) {
                entries[hole] = next;
                hole = index;
            }
        }
        entries[hole] = null;
    }

    /** Visits every entry of a copy of the table: the visitor may remove any. Allocates; not for the data path. */
    void forEach(Consumer<ConnectionEntry> visitor) {
        for (ConnectionEntry entry : entries.clone()) {
            if (entry != null) {
                visitor.accept(entry);
            }
        }
    }

    private int indexOf(ConnectionEntry entry) {
        int index = (int) entry.tupleHash & mask;
        while (entries[index] != entry) {
            if (entries[index] == null) {
                throw new IllegalStateException("remotePort=" + entry.remotePort + " is not in the table");
            }
            index = index + 1 & mask;
        }
        return index;
    }
}
