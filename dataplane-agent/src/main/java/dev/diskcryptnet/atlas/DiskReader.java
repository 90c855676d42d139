package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskCompletionHandler;
import dev.diskcryptnet.diskmap.DiskCounters;
import dev.diskcryptnet.diskmap.DiskFault;
import dev.diskcryptnet.diskmap.DiskQueue;
import dev.diskcryptnet.netmap.Waiter;
import java.util.Arrays;
import java.util.List;

/**
 * One worker's queue pairs, one a disk, and what it takes to read whole blocks of them into slots; and what becomes of the
 * streams whose reads fail.
 */
final class DiskReader implements DiskCompletionHandler, AutoCloseable {
    private static final int SLOT_BITS = 32;
    private static final long UNIT_FLAG = Long.MIN_VALUE;
    private static final long PROBE_FLAG = 1L << 62;

    /** For so long a stream may ask again for what could not be read, if the fault may pass: a controller's reset. */
    static final long PATIENCE_NS = 2_000_000_000;

    private final DiskQueue[] queues;
    private final int[] alignmentBytes;
    private final int[] maxTransferBytes;
    /** Descriptors that the worker's waiter has, or -1. */
    private final int[] announced;

    private final OffHeapRegion probed;
    private final DiskWatch watch;
    private final AtlasCounters counters;
    private DiskCompletionHandler handler;
    private long nowNs;

    /**
     * @param depth most reads in flight on each disk
     * @param set counters of the worker
     * @param slots all the slots that disks will write to
     */
    DiskReader(List<Disk> disks, int depth, CounterSet set, AtlasCounters counters, OffHeapRegion... slots) {
        this.counters = counters;
        watch = new DiskWatch(disks.size(), counters);
        probed = OffHeapRegion.allocate(disks.stream()
                .mapToInt(disk -> disk.facts().alignmentBytes())
                .max()
                .orElse(1));
        OffHeapRegion[] regions = Arrays.copyOf(slots, slots.length + 1);
        regions[slots.length] = probed;
        queues = new DiskQueue[disks.size()];
        alignmentBytes = new int[queues.length];
        maxTransferBytes = new int[queues.length];
        announced = new int[queues.length];
        Arrays.fill(announced, -1);
        try {
            for (int i = 0; i < queues.length; i++) {
                Disk disk = disks.get(i);
                var diskCounters = new DiskCounters(set, disk.facts().id());
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

    /** Whether the disk answers no reads at the moment, so that nobody should be promised anything of it. */
    boolean isDown(int disk) {
        return watch.isDown(disk);
    }

    /**
     * A range of a session's stream could not be read. Where the fault may pass, the range counts as lost on its way: TCP
     * asks for it again, and again more slowly, as long as {@link #PATIENCE_NS} lasts. Else, and then, the connection is
     * reset: whatever of the response has left is short of its Content-Length.
     *
     * @param offset of the range, which was reserved and has not been sent
     */
    void onFailedRead(long now, Session session, int disk, int result, long offset, int lengthBytes) {
        DiskFault fault = DiskFault.of(result);
        counters.onReadError(disk);
        watch.onFault(now, disk, fault);
        if (fault == DiskFault.TRANSIENT && session.unreadForNs(now, offset) < PATIENCE_NS) {
            session.connection.transmitted(now, offset, lengthBytes);
        } else {
            counters.onFailedStream(disk);
            counters.access.onCutByDisk(System.currentTimeMillis(), session, disk, result);
            session.connection.abort();
        }
    }

    /** When {@link #probe} has something to do. */
    long nextProbeNs() {
        return watch.nextProbeNs();
    }

    /** Reads the first block of disks that are in doubt. */
    void probe(long now) {
        if (now < watch.nextProbeNs()) {
            return;
        }
        for (int disk = 0; disk < queues.length; disk++) {
            if (watch.isDue(now, disk)
                    && queues[disk].read(0, probed.address(), alignmentBytes[disk], PROBE_FLAG | disk)) {
                watch.issued(disk);
                queues[disk].submit();
            }
        }
    }

    @Override
    public void onCompletion(long token, int result) {
        if (token >= 0 && (token & PROBE_FLAG) != 0) {
            int disk = (int) token;
            watch.onProbe(nowNs, disk, result == alignmentBytes[disk]);
        } else {
            handler.onCompletion(token, result);
        }
    }

    int submit() {
        int submitted = 0;
        for (DiskQueue queue : queues) {
            submitted += queue.submit();
        }
        return submitted;
    }

    int reap(long now, DiskCompletionHandler target, int limit) {
        nowNs = now;
        handler = target;
        int reaped = 0;
        for (DiskQueue queue : queues) {
            reaped += queue.reap(this, limit);
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

    /** Has {@code waiter} wait for the descriptors that the queues have now: a disk that comes back has another. */
    void announceTo(Waiter waiter) {
        for (int i = 0; i < queues.length; i++) {
            int descriptor = queues[i].waitDescriptor();
            if (descriptor != announced[i]) {
                waiter.replace(announced[i], descriptor, Waiter.POLLIN);
                announced[i] = descriptor;
            }
        }
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
