package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.Histogram;

/**
 * How many bytes a worker reads into its other buffers between two uses of one. Buffers whose distance is beyond the
 * last-level cache have left it by the time they are read into again, and each byte then costs memory traffic (paper
 * section 4: LIFO order keeps the distance short).
 */
final class ReuseDistance {
    private final Histogram distances;
    /** Bytes read into all buffers so far. */
    private long filledBytes;

    ReuseDistance(Histogram distances) {
        this.distances = distances;
    }

    /**
     * A buffer is about to be read into.
     *
     * @param filledBefore what this returned for the buffer's last use; 0 when it was not used yet
     * @return to be given next time, above 0
     */
    long fill(long filledBefore, int lengthBytes) {
        if (filledBefore > 0) {
            distances.record(filledBytes - filledBefore);
        }
        filledBytes += lengthBytes;
        return filledBytes;
    }
}
