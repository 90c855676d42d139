package dev.diskcryptnet.tcp;

import java.util.Arrays;

/**
 * What left, in the order of leaving, each piece with its time: what RACK (RFC 8985 5.2) keeps per segment, here per
 * frame of up to 64 KiB or run of frames that left in one pass. Bytes of a piece left in the order of their offsets.
 *
 * <p>A piece shrinks at its ends as bytes of it are known to have arrived, or to be lost, and is gone when nothing is
 * left. What arrived in a piece's middle stays in it until one of its ends reaches there; the {@link Scoreboard} knows.
 */
final class SentLog {
    private static final int FIELDS = 8;
    private static final int INITIAL_ENTRIES = 16;
    /** What does not fit is left to the timeout. */
    private static final int MAX_ENTRIES = 1024;

    /** start, end, time in the upper 63 bits and "sent before" in the lowest; the rest is {@link DeliveryRate}'s. */
    private long[] entries = new long[FIELDS * INITIAL_ENTRIES];

    private int first;
    private int end;

    /** Pieces, the emptied ones among them included; indexes change with {@link #add} and {@link #dropDone} only. */
    int size() {
        return (end - first) / FIELDS;
    }

    void clear() {
        first = 0;
        end = 0;
    }

    long start(int index) {
        return entries[first + FIELDS * index];
    }

    long end(int index) {
        return entries[first + FIELDS * index + 1];
    }

    long sentNs(int index) {
        return entries[first + FIELDS * index + 2] >> 1;
    }

    /** Whether these bytes had been sent before. */
    boolean isRetransmission(int index) {
        return (entries[first + FIELDS * index + 2] & 1) != 0;
    }

    /** Field 0 to 4 of what {@link DeliveryRate} keeps with a piece. */
    long note(int index, int field) {
        return entries[first + FIELDS * index + 3 + field];
    }

    void note(int index, int field, long value) {
        entries[first + FIELDS * index + 3 + field] = value;
    }

    void add(long startOffset, long endOffset, long nowNs, boolean retransmission) {
        long key = nowNs << 1 | (retransmission ? 1 : 0);
        if (end > first && entries[end - FIELDS + 2] == key && entries[end - FIELDS + 1] == startOffset) {
            entries[end - FIELDS + 1] = endOffset;
            return;
        }
        if (end == entries.length) {
            makeRoom();
        }
        if (end < entries.length) {
            entries[end] = startOffset;
            entries[end + 1] = endOffset;
            entries[end + 2] = key;
            end += FIELDS;
        }
    }

    private void makeRoom() {
        if (first > 0) {
            System.arraycopy(entries, first, entries, 0, end - first);
            end -= first;
            first = 0;
        } else if (entries.length < FIELDS * MAX_ENTRIES) {
            entries = Arrays.copyOf(entries, 2 * entries.length);
        }
    }

    /** Takes [from, to) out of a piece, where it lies at one of the piece's ends or covers it. */
    void shrink(int index, long from, long to) {
        int at = first + FIELDS * index;
        if (from <= entries[at]) {
            entries[at] = Math.min(Math.max(entries[at], to), entries[at + 1]);
        } else if (to >= entries[at + 1]) {
            entries[at + 1] = Math.max(entries[at], Math.min(entries[at + 1], from));
        }
    }

    /** Drops the oldest pieces of which nothing is left from {@code acknowledged} on. */
    void dropDone(long acknowledged) {
        while (first < end && (entries[first + 1] <= acknowledged || entries[first] >= entries[first + 1])) {
            first += FIELDS;
        }
        if (first == end) {
            clear();
        }
    }
}
