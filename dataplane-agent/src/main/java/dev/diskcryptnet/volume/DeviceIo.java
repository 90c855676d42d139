package dev.diskcryptnet.volume;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskCompletionHandler;
import dev.diskcryptnet.diskmap.DiskQueue;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A queue with a memory region of its own, split into buffers of 1 MiB that are transferred side by side. Long
 * transfers are cut to what the device takes in one command. One thread at a time.
 *
 * <p>{@link #start} hands over a transfer of one buffer; {@link #await} waits until that buffer is idle. After a
 * device error everything that was in flight is waited for before the exception is thrown, so the memory is idle.
 */
final class DeviceIo implements AutoCloseable {
    static final int BUFFER_BYTES = 1024 * 1024;

    private static final int SPINS = 200;
    private static final long PARK_NS = 20_000;
    private static final int LENGTH_BITS = 32;

    /** A method of {@link DiskQueue}. */
    @FunctionalInterface
    private interface Command {
        boolean queue(long deviceOffset, long address, int length, long token);
    }

    private final Disk disk;
    private final OffHeapRegion region;
    private final DiskQueue queue;
    private final int maxTransferBytes;
    private final int[] inFlight;
    private final DiskCompletionHandler onCompletion = this::completed;
    private String failure;
    private boolean closed;

    DeviceIo(Disk disk, int buffers) {
        this.disk = disk;
        this.region = OffHeapRegion.allocate(buffers * BUFFER_BYTES);
        this.maxTransferBytes =
                Math.min(disk.facts().maxTransferBytes(), BUFFER_BYTES) & -SuperblockDescriptor.BLOCK_BYTES;
        if (maxTransferBytes == 0) {
            throw failed("maxTransferBytes=" + disk.facts().maxTransferBytes() + " is below 4096", null);
        }
        int parts = buffers * ((BUFFER_BYTES + maxTransferBytes - 1) / maxTransferBytes);
        this.queue = disk.openQueue(Math.min(parts + 1, 4096), region);
        this.inFlight = new int[buffers];
    }

    UnsafeBuffer memory() {
        return region.buffer();
    }

    /** View of {@code length} bytes of the region. */
    ByteBuffer bytes(int offset, int length) {
        return region.byteBuffer().slice(offset, length);
    }

    int buffers() {
        return inFlight.length;
    }

    boolean idle(int buffer) {
        return inFlight[buffer] == 0;
    }

    /** Starts the transfer of {@code length} bytes between the region's {@code offset}, within one buffer, and the device. */
    void start(boolean write, long deviceOffset, int offset, int length) {
        start(write ? queue::write : queue::read, deviceOffset, offset, length);
    }

    private void start(Command command, long deviceOffset, int offset, int length) {
        int buffer = offset / BUFFER_BYTES;
        for (int done = 0; done < length; ) {
            int part = Math.min(maxTransferBytes, length - done);
            long token = ((long) buffer << LENGTH_BITS) | part;
            long address = region.address() + offset + done;
            if (command.queue(deviceOffset + done, address, part, token)) {
                inFlight[buffer]++;
                done += part;
            } else {
                poll();
            }
        }
        submit();
    }

    /** Waits until {@code buffer} is idle. */
    void await(int buffer) {
        waitFor(buffer);
        check("transfer");
    }

    /** Waits until all buffers are idle. */
    void awaitAll() {
        settle();
        check("transfer");
    }

    void read(long deviceOffset, int offset, int length) {
        start(false, deviceOffset, offset, length);
        await(offset / BUFFER_BYTES);
    }

    void write(long deviceOffset, int offset, int length) {
        start(true, deviceOffset, offset, length);
        await(offset / BUFFER_BYTES);
    }

    /** Writes, and comes back when the bytes are durable; other writes need not be. */
    void writeThrough(long deviceOffset, int offset, int length) {
        start(queue::writeThrough, deviceOffset, offset, length);
        await(offset / BUFFER_BYTES);
    }

    /** Waits for all transfers, then makes the device's completed writes durable. */
    void flush() {
        awaitAll();
        while (!queue.flush(0)) {
            poll();
        }
        inFlight[0]++;
        awaitAll();
    }

    /** Waits for all transfers and forgets their failures: the region may be used anew. */
    void settle() {
        for (int buffer = 0; buffer < inFlight.length; buffer++) {
            waitFor(buffer);
        }
    }

    /** As {@link #settle}, and forgets a failure. */
    void reset() {
        settle();
        failure = null;
    }

    private void waitFor(int buffer) {
        int idle = 0;
        while (inFlight[buffer] > 0) {
            if (poll() > 0) {
                idle = 0;
            } else if (++idle > SPINS) {
                LockSupport.parkNanos(PARK_NS);
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private int poll() {
        submit();
        try {
            return queue.reap(onCompletion, Integer.MAX_VALUE);
        } catch (RuntimeException e) {
            throw failed("reaping failed: " + e.getMessage(), e);
        }
    }

    private void submit() {
        try {
            queue.submit();
        } catch (RuntimeException e) {
            throw failed("submitting failed: " + e.getMessage(), e);
        }
    }

    private void completed(long token, int result) {
        int length = (int) token;
        inFlight[(int) (token >>> LENGTH_BITS)]--;
        if (result < 0) {
            failure = "errno=" + -result;
        } else if (length > 0 && result != length) {
            failure = "transferred=" + result + " of=" + length;
        }
    }

    private void check(String what) {
        if (failure != null) {
            settle();
            String found = failure;
            failure = null;
            throw failed(what + " failed: " + found, null);
        }
    }

    private VolumeException failed(String what, Throwable cause) {
        return new VolumeException(
                VolumeException.Reason.DEVICE,
                "disk=" + disk.facts().uri() + " " + what + "; check the device's health and the kernel log",
                cause);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            queue.close();
        }
    }
}
