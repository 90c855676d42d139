package dev.diskcryptnet.volume;

import java.util.Arrays;

/** Arithmetic on lists of extents: pairs of device offset and length, in stream order. */
final class Extents {
    private Extents() {}

    static long bytes(long[] extents) {
        long bytes = 0;
        for (int i = 1; i < extents.length; i += 2) {
            bytes += extents[i];
        }
        return bytes;
    }

    /** The first {@code bytes} of the stream. */
    static long[] head(long[] extents, long bytes) {
        long left = bytes;
        int count = 0;
        long[] head = extents.clone();
        while (left > 0) {
            head[count + 1] = Math.min(left, extents[count + 1]);
            left -= head[count + 1];
            count += 2;
        }
        return Arrays.copyOf(head, count);
    }

    /** What follows the first {@code bytes} of the stream. */
    static long[] tail(long[] extents, long bytes) {
        long skip = bytes;
        int i = 0;
        while (i < extents.length && skip >= extents[i + 1]) {
            skip -= extents[i + 1];
            i += 2;
        }
        long[] tail = Arrays.copyOfRange(extents, i, extents.length);
        if (tail.length > 0) {
            tail[0] += skip;
            tail[1] -= skip;
        }
        return tail;
    }

    /** Joins extents that follow one another on the disk. */
    static long[] joined(long[] extents) {
        long[] joined = new long[extents.length];
        int count = 0;
        for (int i = 0; i < extents.length; i += 2) {
            if (count > 0 && joined[count - 2] + joined[count - 1] == extents[i]) {
                joined[count - 1] += extents[i + 1];
            } else {
                joined[count++] = extents[i];
                joined[count++] = extents[i + 1];
            }
        }
        return Arrays.copyOf(joined, count);
    }

    /** Both lists, one after the other. */
    static long[] concat(long[] first, long[] second) {
        long[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Moves {@code length} bytes at {@code streamOffset} between the device and one buffer of {@code io}; waits. */
    static void transfer(DeviceIo io, boolean write, long[] extents, long streamOffset, int offset, int length) {
        long skip = streamOffset;
        int done = 0;
        for (int i = 0; i < extents.length && done < length; i += 2) {
            if (skip >= extents[i + 1]) {
                skip -= extents[i + 1];
                continue;
            }
            int part = (int) Math.min(length - done, extents[i + 1] - skip);
            io.start(write, extents[i] + skip, offset + done, part);
            done += part;
            skip = 0;
        }
        io.await(offset / DeviceIo.BUFFER_BYTES);
    }
}
