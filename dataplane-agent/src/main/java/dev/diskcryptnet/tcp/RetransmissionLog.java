package dev.diskcryptnet.tcp;

import java.util.Arrays;

/**
 * Retransmissions in the order in which they left, each with the highest offset sent until then. Bytes beyond that
 * left after it, so when enough of them are sacked the retransmission itself is lost. RFC 6675 leaves that case to a
 * timeout; at two per cent loss it would stop a stream for 200 ms every few megabytes.
 */
final class RetransmissionLog {
    private static final int FIELDS = 3;
    private static final int INITIAL_ENTRIES = 16;
    /** What does not fit is left to the timeout. */
    private static final int MAX_ENTRIES = 512;

    private long[] entries = new long[FIELDS * INITIAL_ENTRIES];
    private int first;
    private int end;

    boolean isEmpty() {
        return first == end;
    }

    void clear() {
        first = 0;
        end = 0;
    }

    void add(long startOffset, long endOffset, long sentEnd) {
        if (end == entries.length) {
            makeRoom();
        }
        if (end < entries.length) {
            entries[end] = startOffset;
            entries[end + 1] = endOffset;
            entries[end + 2] = sentEnd;
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

    long firstStart() {
        return entries[first];
    }

    long firstEnd() {
        return entries[first + 1];
    }

    long firstSentEnd() {
        return entries[first + 2];
    }

    void removeFirst() {
        first += FIELDS;
        if (first == end) {
            clear();
        }
    }
}
