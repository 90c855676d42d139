package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;

/**
 * A block device, or a file that stands in for one, opened by one driver (paper section 3.1.1: diskmap).
 *
 * <p>A disk is shared; each thread opens a {@link DiskQueue} of its own.
 */
public interface Disk extends AutoCloseable {
    /** What the driver found when it opened the device. */
    DiskFacts facts();

    /**
     * Opens a submission and completion queue pair for one thread.
     *
     * @param depth most commands in flight, 1 to 4096
     * @param regions all the memory that commands of this queue will name; registered with the device once
     * @throws dev.diskcryptnet.ffi.NativeException when the device or the kernel refuses
     */
    DiskQueue openQueue(int depth, OffHeapRegion... regions);

    /**
     * How the device is, for whoever looks about once a second. Any thread but a loop's: it allocates, and may wait for
     * the device. A driver that has no thread of its own recovers a failed device in this call.
     */
    default DiskHealth health() {
        return DiskHealth.OK;
    }

    /**
     * How often another device, or the same one anew, was put under the queues: what was written before and not flushed
     * may be lost. Any thread; costs nothing.
     */
    default int generation() {
        return 0;
    }

    /** Closes the device. Its queues must be closed first. */
    @Override
    void close();
}
