package dev.diskcryptnet.ffi;

import jnr.ffi.annotations.IgnoreError;

/** The functions of {@code dcn/perf.h}; a count is laid out by the constants here. */
public interface PerfLibrary {
    int COUNT_SIZE = 24;
    int COUNT_VALUE = 0;
    int COUNT_ENABLED_NS = 8;
    int COUNT_RUNNING_NS = 16;

    /** The library, loaded at first use. */
    static PerfLibrary get() {
        return Loaded.LIBRARY;
    }

    @IgnoreError
    int dcn_perf_open(int type, long config, int cpu);

    @IgnoreError
    int dcn_perf_read(int fd, long countAddress);

    @IgnoreError
    int dcn_perf_close(int fd);

    /** Holds the one instance. */
    final class Loaded {
        private static final PerfLibrary LIBRARY = NativeLibrary.bind(PerfLibrary.class);

        private Loaded() {}
    }
}
