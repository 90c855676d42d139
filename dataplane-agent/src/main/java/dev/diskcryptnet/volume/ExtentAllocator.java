package dev.diskcryptnet.volume;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The free space of one member, in whole blocks. The smallest free extent that holds a request is taken, from its
 * start; a request that no single extent holds is spread over the largest ones. Any thread.
 */
final class ExtentAllocator {
    private record Free(long offset, long length) {}

    private final TreeMap<Long, Long> byOffset = new TreeMap<>();
    private final TreeSet<Free> byLength =
            new TreeSet<>(Comparator.comparingLong(Free::length).thenComparingLong(Free::offset));
    private long freeBytes;

    synchronized long freeBytes() {
        return freeBytes;
    }

    /** Gives space (back), joined with its neighbours. */
    synchronized void free(long offset, long length) {
        if (length == 0) {
            return;
        }
        long start = offset;
        long end = offset + length;
        Map.Entry<Long, Long> before = byOffset.floorEntry(offset);
        Map.Entry<Long, Long> after = byOffset.ceilingEntry(offset);
        boolean overlaps =
                before != null && before.getKey() + before.getValue() > offset || after != null && after.getKey() < end;
        if (overlaps) {
            throw new IllegalStateException("extent offset=" + offset + " length=" + length + " is free already");
        }
        if (before != null && before.getKey() + before.getValue() == offset) {
            start = before.getKey();
            remove(before.getKey(), before.getValue());
        }
        if (after != null && after.getKey() == end) {
            end = after.getKey() + after.getValue();
            remove(after.getKey(), after.getValue());
        }
        add(start, end - start);
        freeBytes += length;
    }

    /** Gives back pairs of offset and length. */
    synchronized void free(long[] extents) {
        for (int i = 0; i < extents.length; i += 2) {
            free(extents[i], extents[i + 1]);
        }
    }

    /**
     * Takes {@code bytes}, a multiple of the block size.
     *
     * @param hint where the space should begin if it is free there, or -1
     * @param maxExtents most pieces
     * @return pairs of offset and length, or null when there is not enough; then nothing is taken
     */
    synchronized long[] allocate(long bytes, long hint, int maxExtents) {
        if (bytes > freeBytes) {
            return null;
        }
        long[] extents = new long[4];
        int count = 0;
        long left = bytes;
        long wanted = hint;
        while (left > 0) {
            Free from = choose(left, wanted);
            if (from == null || count == maxExtents) {
                for (int i = 0; i < count; i++) {
                    free(extents[2 * i], extents[2 * i + 1]);
                }
                return null;
            }
            long taken = Math.min(left, from.length);
            take(from, taken);
            if (2 * count == extents.length) {
                extents = Arrays.copyOf(extents, extents.length * 2);
            }
            extents[2 * count] = from.offset;
            extents[2 * count + 1] = taken;
            count++;
            left -= taken;
            wanted = -1;
        }
        return Arrays.copyOf(extents, 2 * count);
    }

    private Free choose(long bytes, long hint) {
        Long atHint = hint < 0 ? null : byOffset.get(hint);
        if (atHint != null) {
            return new Free(hint, atHint);
        }
        Free fitting = byLength.ceiling(new Free(0, bytes));
        return fitting != null ? fitting : byLength.isEmpty() ? null : byLength.last();
    }

    private void take(Free from, long bytes) {
        remove(from.offset, from.length);
        if (bytes < from.length) {
            add(from.offset + bytes, from.length - bytes);
        }
        freeBytes -= bytes;
    }

    private void add(long offset, long length) {
        byOffset.put(offset, length);
        byLength.add(new Free(offset, length));
    }

    private void remove(long offset, long length) {
        byOffset.remove(offset);
        byLength.remove(new Free(offset, length));
    }
}
