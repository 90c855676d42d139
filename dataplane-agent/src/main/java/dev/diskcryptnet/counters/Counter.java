package dev.diskcryptnet.counters;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * One 64-bit value in a {@link CounterSet}. The set's owning thread alone writes; any thread reads.
 *
 * <p>A write is an ordered store: a reader may see it late, never torn.
 */
public final class Counter {
    private final UnsafeBuffer buffer;
    private final int offset;
    private final CounterDescriptor descriptor;

    Counter(UnsafeBuffer buffer, int offset, CounterDescriptor descriptor) {
        this.buffer = buffer;
        this.offset = offset;
        this.descriptor = descriptor;
    }

    /** Name, unit, help and labels. */
    public CounterDescriptor descriptor() {
        return descriptor;
    }

    /** Adds one. */
    public void increment() {
        add(1);
    }

    /** Adds {@code amount}, which may be negative for a gauge. */
    public void add(long amount) {
        if (Recording.ON) {
            buffer.putLongOrdered(offset, buffer.getLong(offset) + amount);
        }
    }

    /** Sets the value of a gauge. */
    public void set(long value) {
        if (Recording.ON) {
            buffer.putLongOrdered(offset, value);
        }
    }

    /** Last value written, as seen from this thread. */
    public long get() {
        return buffer.getLongVolatile(offset);
    }
}
