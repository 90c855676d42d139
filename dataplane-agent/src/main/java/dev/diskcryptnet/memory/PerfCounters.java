package dev.diskcryptnet.memory;

import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.PerfLibrary;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** perf_event_open(2). */
interface PerfCounters {
    /** @return a descriptor, or {@code -errno} */
    int open(int type, long config, int cpu);

    /** The count, brought up to what it would be had it always run; empty when it cannot be read. */
    OptionalLong read(int descriptor);

    void close(int descriptor);

    /** Why {@code -errno} came, for a person. */
    default String reason(int result) {
        return NativeErrors.describe(-result);
    }

    /** The kernel's. */
    static PerfCounters ofKernel() {
        return new PerfCounters() {
            private final ByteBuffer memory = BufferUtil.allocateDirectAligned(PerfLibrary.COUNT_SIZE, Long.BYTES);
            private final UnsafeBuffer count = new UnsafeBuffer(memory);

            @Override
            public int open(int type, long config, int cpu) {
                return PerfLibrary.get().dcn_perf_open(type, config, cpu);
            }

            @Override
            public OptionalLong read(int descriptor) {
                if (PerfLibrary.get().dcn_perf_read(descriptor, count.addressOffset()) < 0) {
                    return OptionalLong.empty();
                }
                return scaled(
                        count.getLong(PerfLibrary.COUNT_VALUE),
                        count.getLong(PerfLibrary.COUNT_ENABLED_NS),
                        count.getLong(PerfLibrary.COUNT_RUNNING_NS));
            }

            @Override
            public void close(int descriptor) {
                PerfLibrary.get().dcn_perf_close(descriptor);
            }
        };
    }

    /** A counter that shares its hardware runs for a part of the time only (perf_event_open(2), PERF_FORMAT_TOTAL_TIME_RUNNING). */
    static OptionalLong scaled(long value, long enabledNs, long runningNs) {
        if (runningNs == 0) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(runningNs >= enabledNs ? value : (long) (value * ((double) enabledNs / runningNs)));
    }
}
