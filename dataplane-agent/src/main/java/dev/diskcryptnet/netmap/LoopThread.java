package dev.diskcryptnet.netmap;

import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.WaitLibrary;

/** What a loop asks of the kernel for its own thread. */
public final class LoopThread {
    private LoopThread() {}

    /**
     * Lets the calling thread run on one CPU only.
     *
     * @param cpu number of the CPU, from 0
     * @throws dev.diskcryptnet.ffi.NativeException when there is no such CPU or the process may not use it
     */
    public static void pin(int cpu) {
        NativeErrors.check(
                WaitLibrary.get().dcn_pin_thread(cpu),
                "cpu=" + cpu + " cannot be used; name one of the CPUs that the process is allowed (taskset -p)");
    }
}
