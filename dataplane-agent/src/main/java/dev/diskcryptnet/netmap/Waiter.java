package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.WaitLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Lets a loop sleep until one of its descriptors is ready, another thread wakes it, or time has passed.
 *
 * <p>One thread adds and awaits; {@link #wakeUp} is for any thread. Neither awaiting nor waking allocates. An eventfd
 * (as of {@code DiskQueue.waitDescriptor()}) is cleared once it was seen readable; since what it announces happened
 * before, a loop that looks at all its queues after each {@link #await} misses nothing.
 */
public final class Waiter implements AutoCloseable {
    /** The descriptor has something to read. */
    public static final int POLLIN = WaitLibrary.POLLIN;

    /** The descriptor takes something to write. */
    public static final int POLLOUT = WaitLibrary.POLLOUT;

    private final WaitLibrary library = WaitLibrary.get();
    private final OffHeapRegion entries = OffHeapRegion.allocate(WaitLibrary.DCN_WAIT_MAX * WaitLibrary.ENTRY_SIZE);
    private final UnsafeBuffer buffer = entries.buffer();
    private final int wakeUpFd;
    private int count;
    private boolean closed;

    /** @throws dev.diskcryptnet.ffi.NativeException when no descriptor can be had for {@link #wakeUp} */
    public Waiter() {
        wakeUpFd = NativeErrors.check(library.dcn_wakeup_create(), "dcn_wakeup_create");
        add(wakeUpFd, POLLIN);
    }

    /**
     * Waits for {@code fd} too from now on.
     *
     * @param fd an open descriptor, which stays the caller's and must outlive the waiter; -1 is skipped
     * @param events {@link #POLLIN}, {@link #POLLOUT} or both
     * @throws IllegalStateException when 64 descriptors were added already
     */
    public void add(int fd, int events) {
        if (fd < 0) {
            return;
        }
        if (count == WaitLibrary.DCN_WAIT_MAX) {
            throw new IllegalStateException("fd=" + fd + " is one more than the " + count + " a waiter holds");
        }
        int entry = count * WaitLibrary.ENTRY_SIZE;
        buffer.putInt(entry + WaitLibrary.ENTRY_FD, fd);
        buffer.putShort(entry + WaitLibrary.ENTRY_WANTED, (short) events);
        buffer.putInt(entry + WaitLibrary.ENTRY_CLEAR, isEventFd(fd) ? 1 : 0);
        count++;
    }

    /**
     * Waits for another descriptor instead of {@code fd} from now on, which need not be open any more.
     *
     * @param instead as of {@link #add}; -1 for none
     */
    public void replace(int fd, int instead, int events) {
        for (int i = 0; i < count; i++) {
            int entry = i * WaitLibrary.ENTRY_SIZE;
            if (fd >= 0 && buffer.getInt(entry + WaitLibrary.ENTRY_FD) == fd) {
                count--;
                buffer.putBytes(entry, buffer, count * WaitLibrary.ENTRY_SIZE, WaitLibrary.ENTRY_SIZE);
                break;
            }
        }
        add(instead, events);
    }

    /** Whether reading from {@code fd} only sets its count back. */
    private static boolean isEventFd(int fd) {
        try {
            String target =
                    Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
            return target.equals("anon_inode:[eventfd]");
        } catch (IOException e) {
            throw new IllegalArgumentException("fd=" + fd + " is not an open descriptor", e);
        }
    }

    /**
     * Sleeps until something is ready.
     *
     * @param timeoutNs longest sleep; 0 only looks, a negative one has no end
     * @return ready descriptors; 0 after the timeout or a signal
     */
    public int await(long timeoutNs) {
        return NativeErrors.check(library.dcn_wait(entries.address(), count, timeoutNs), "dcn_wait");
    }

    /** Ends the current or the next {@link #await}. From any thread; nothing after {@link #close}. */
    public synchronized void wakeUp() {
        if (!closed) {
            NativeErrors.check(library.dcn_wakeup_signal(wakeUpFd), "dcn_wakeup_signal");
        }
    }

    /** Ends the waiter; the descriptors that were added stay open. No thread may be awaiting any more. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            NativeErrors.check(library.dcn_wakeup_close(wakeUpFd), "dcn_wakeup_close");
        }
    }
}
