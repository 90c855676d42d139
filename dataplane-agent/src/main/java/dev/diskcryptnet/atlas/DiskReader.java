package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskCounters;
import dev.diskcryptnet.diskmap.DiskQueue;
import java.util.List;

/** One worker's queue pairs, one a disk, and what it takes to read whole blocks of them into slots. */
final class DiskReader implements AutoCloseable {
    private static final int SLOT_BITS = 32;
    private static final long UNIT_FLAG = Long.MIN_VALUE;

    private final DiskQueue[] queues;
    private final int[] alignmentBytes;
    private final int[] maxTransferBytes;

    /**
     * @param depth most reads in flight on each disk
     * @param counters of the worker
     * @param regions all the slots that disks will write to
     */
    DiskReader(List<Disk> disks, int depth, CounterSet counters, OffHeapRegion... regions) {
        queues = new DiskQueue[disks.size()];
        alignmentBytes = new int[queues.length];
        maxTransferBytes = new int[queues.length];
        try {
            for (int i = 0; i < queues.length; i++) {
                Disk disk = disks.get(i);
                var diskCounters = new DiskCounters(counters, disk.facts().id());
                queues[i] = diskCounters.count(disk.openQueue(depth, regions));
                alignmentBytes[i] = disk.facts().alignmentBytes();
                maxTransferBytes[i] = disk.facts().maxTransferBytes();
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    static long token(int lane, int slot) {
        return (long) lane << SLOT_BITS | slot;
    }

    /** Token of a read into a {@link UnitTable unit} of a lane. */
    static long unitToken(int lane, int unit) {
        return token(lane, unit) | UNIT_FLAG;
    }

    static boolean isUnit(long token) {
        return token < 0;
    }

    static int lane(long token) {
        return (int) ((token & ~UNIT_FLAG) >>> SLOT_BITS);
    }

    static int slot(long token) {
        return (int) token;
    }

    int alignmentBytes(int disk) {
        return alignmentBytes[disk];
    }

    int maxTransferBytes(int disk) {
        return maxTransferBytes[disk];
    }

    /** Reads that the disk's queue takes now. */
    int room(int disk) {
        return queues[disk].depth() - queues[disk].inFlight();
    }

    boolean isFull(int disk) {
        return queues[disk].inFlight() >= queues[disk].depth();
    }

    /** Where a range of the disk lies in memory now, or 0: see {@link DiskQueue#resident}. */
    long resident(int disk, long deviceOffset, int lengthBytes) {
        return queues[disk].resident(deviceOffset, lengthBytes);
    }

    void read(int disk, long deviceOffset, long address, int lengthBytes, long token) {
        if (!queues[disk].read(deviceOffset, address, lengthBytes, token)) {
            throw new IllegalStateException("disk=" + disk + " has no room, inFlight=" + queues[disk].inFlight());
        }
    }

    int submit() {
        int submitted = 0;
        for (DiskQueue queue : queues) {
            submitted += queue.submit();
        }
        return submitted;
    }

    int reap(dev.diskcryptnet.diskmap.DiskCompletionHandler handler, int limit) {
        int reaped = 0;
        for (DiskQueue queue : queues) {
            reaped += queue.reap(handler, limit);
        }
        return reaped;
    }

    int inFlight() {
        int inFlight = 0;
        for (DiskQueue queue : queues) {
            inFlight += queue.inFlight();
        }
        return inFlight;
    }

    /** Whether something is in flight on a queue that no descriptor announces: it must be polled. */
    boolean mustPoll() {
        for (DiskQueue queue : queues) {
            if (queue.inFlight() > 0 && queue.waitDescriptor() < 0) {
                return true;
            }
        }
        return false;
    }

    int[] waitDescriptors() {
        return java.util.Arrays.stream(queues)
                .mapToInt(DiskQueue::waitDescriptor)
                .filter(descriptor -> descriptor >= 0)
                .toArray();
    }

    @Override
    public void close() {
        for (DiskQueue queue : queues) {
            if (queue != null) {
                queue.close();
            }
        }
    }
}
