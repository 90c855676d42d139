package dev.diskcryptnet.tcp;

/**
 * Disjoint, sorted, non-touching ranges [start, end) of stream offsets, in one array that only grows. Operations are
 * O(log n) to find and O(n) to shift, and n is the number of holes, which is small.
 */
final class RangeSet {
    /** Ranges beyond which {@link #add} refuses; holds a remote host that acknowledges every other byte in check. */
    static final int MAX_RANGES = 512;

    private static final int INITIAL_RANGES = 8;

    /** start, end, start, end... */
    private long[] edges = new long[2 * INITIAL_RANGES];

    private int size;
    private long totalBytes;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Bytes covered. */
    long totalBytes() {
        return totalBytes;
    }

    long start(int index) {
        return edges[2 * index];
    }

    long end(int index) {
        return edges[2 * index + 1];
    }

    void clear() {
        size = 0;
        totalBytes = 0;
    }

    /** Index of the first range whose end is after {@code offset}; {@link #size()} when there is none. */
    int firstEndingAfter(long offset) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    boolean contains(long offset) {
        int index = firstEndingAfter(offset);
        return index < size && start(index) <= offset;
    }

    /** Whether any byte of [start, end) is covered. */
    boolean intersects(long start, long end) {
        int index = firstEndingAfter(start);
        return index < size && start(index) < end;
    }

    /**
     * Adds [start, end).
     *
     * @return bytes that were not covered before; 0 also when the set is full and the range touches no other
     */
    long add(long start, long end) {
        if (start >= end) {
            return 0;
        }
        int first = firstEndingAfter(start - 1);
        int last = first;
        long mergedStart = start;
        long mergedEnd = end;
        long covered = 0;
        while (last < size && start(last) <= end) {
            mergedStart = Math.min(mergedStart, start(last));
            mergedEnd = Math.max(mergedEnd, end(last));
            covered += end(last) - start(last);
            last++;
        }
        if (last == first && size >= MAX_RANGES) {
            return 0;
        }
        replace(first, last, 1);
        edges[2 * first] = mergedStart;
        edges[2 * first + 1] = mergedEnd;
        long added = mergedEnd - mergedStart - covered;
        totalBytes += added;
        return added;
    }

    /** Takes [start, end) out. */
    void remove(long start, long end) {
        if (start >= end || size == 0) {
            return;
        }
        int first = firstEndingAfter(start);
        int last = first;
        while (last < size && start(last) < end) {
            totalBytes -= Math.min(end, end(last)) - Math.max(start, start(last));
            last++;
        }
        if (first == last) {
            return;
        }
        long leftStart = start(first);
        long rightEnd = end(last - 1);
        int at = first;
        replace(first, last, (leftStart < start ? 1 : 0) + (rightEnd > end ? 1 : 0));
        if (leftStart < start) {
            edges[2 * at] = leftStart;
            edges[2 * at + 1] = start;
            at++;
        }
        if (rightEnd > end) {
            edges[2 * at] = end;
            edges[2 * at + 1] = rightEnd;
        }
    }

    /** Takes everything before {@code offset} out. */
    void removeBelow(long offset) {
        if (size > 0 && start(0) < offset) {
            remove(start(0), offset);
        }
    }

    /** Makes room for {@code count} ranges where those of index [first, last) are. */
    private void replace(int first, int last, int count) {
        int shift = count - (last - first);
        if (shift > 0 && 2 * (size + shift) > edges.length) {
            edges = java.util.Arrays.copyOf(edges, 2 * edges.length);
        }
        if (shift != 0) {
            System.arraycopy(edges, 2 * last, edges, 2 * (last + shift), 2 * (size - last));
        }
        size += shift;
    }
}
