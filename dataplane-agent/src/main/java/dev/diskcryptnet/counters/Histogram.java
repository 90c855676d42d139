package dev.diskcryptnet.counters;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.Map;
import java.util.stream.LongStream;
import org.agrona.BitUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How often values fell between bounds. The owning thread of its {@link CounterSet} alone records; any thread reads, and may
 * see a value in its bucket before it is in the sum. Recording allocates nothing and takes a comparison a bound.
 */
public final class Histogram {
    private final UnsafeBuffer buffer;
    private final long[] bounds;
    private final CounterDescriptor descriptor;
    /** Keeps the memory. */
    private final OffHeapRegion region;

    /**
     * @param descriptor name, help, labels; its scale holds for values and bounds
     * @param bounds highest value of each bucket, rising; one without a bound comes behind them
     */
    Histogram(CounterDescriptor descriptor, long... bounds) {
        this.descriptor = descriptor;
        this.bounds = bounds.clone();
        // The buckets, the one without a bound, the sum; with a cache line pair to themselves as counters have it.
        int bytes = (bounds.length + 2) * Long.BYTES;
        region = OffHeapRegion.allocate(BitUtil.align(bytes, CounterSet.STRIDE_BYTES));
        buffer = region.buffer();
    }

    /**
     * Bounds that rise as 1, 2, 5, 10, 20, 50 and so on do.
     *
     * @param first one of those numbers, the first bound
     * @param last one of those numbers, the last bound
     */
    public static long[] oneTwoFive(long first, long last) {
        return LongStream.iterate(first, bound -> bound <= last, Histogram::next)
                .toArray();
    }

    private static long next(long bound) {
        return Long.toString(bound).startsWith("2") ? bound / 2 * 5 : bound * 2;
    }

    /** Name, unit, help and labels. */
    public CounterDescriptor descriptor() {
        return descriptor;
    }

    /** Records one value, in steps of the descriptor's scale. */
    public void record(long value) {
        if (!Recording.ON) {
            return;
        }
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        add(bucket, 1);
        add(bounds.length + 1, value);
    }

    private void add(int cell, long amount) {
        int offset = cell * Long.BYTES;
        buffer.putLongOrdered(offset, buffer.getLong(offset) + amount);
    }

    /** Bounds of the buckets but the last, which has none. */
    public long[] bounds() {
        return bounds.clone();
    }

    /** Values in each bucket, the last one without a bound. */
    public long[] counts() {
        long[] counts = new long[bounds.length + 1];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = buffer.getLongVolatile(i * Long.BYTES);
        }
        return counts;
    }

    /** Sum of all values. */
    public long sum() {
        return buffer.getLongVolatile((bounds.length + 1) * Long.BYTES);
    }

    /** Labels, as {@link CounterDescriptor#labels()}. */
    public Map<String, String> labels() {
        return descriptor.labels();
    }
}
