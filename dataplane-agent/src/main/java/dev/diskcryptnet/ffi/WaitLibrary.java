package dev.diskcryptnet.ffi;

import jnr.ffi.annotations.IgnoreError;

/** The functions of {@code dcn/wait.h}; entries are laid out by the constants here. */
public interface WaitLibrary {
    int POLLIN = 0x1;
    int POLLOUT = 0x4;

    /** Most entries of one {@link #dcn_wait}. */
    int DCN_WAIT_MAX = 64;

    int ENTRY_SIZE = 16;
    int ENTRY_FD = 0;
    int ENTRY_WANTED = 4;
    int ENTRY_READY = 6;
    int ENTRY_CLEAR = 8;

    /** The library, loaded at first use. */
    static WaitLibrary get() {
        return Loaded.LIBRARY;
    }

    @IgnoreError
    int dcn_wait(long entriesAddress, int count, long timeoutNs);

    @IgnoreError
    int dcn_wakeup_create();

    @IgnoreError
    int dcn_wakeup_signal(int fd);

    @IgnoreError
    int dcn_wakeup_clear(int fd);

    @IgnoreError
    int dcn_wakeup_close(int fd);

    @IgnoreError
    int dcn_pin_thread(int cpu);

    /** Holds the one instance. */
    final class Loaded {
        private static final WaitLibrary LIBRARY = NativeLibrary.bind(WaitLibrary.class);

        private Loaded() {}
    }
}
