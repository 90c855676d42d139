package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A queue of a {@link HotDisk}: the queue of the device while there is one, and commands that end with ENODEV while there
 * is none.
 *
 * <p>The queue below is used by the owner, and exchanged by the disk's keeper when nothing is in flight. Whoever sets
 * {@code user} from FREE has it for the moment; an owner that finds it taken does as if there were none, and does not wait.
 */
final class HotQueue implements DiskQueue {
    private static final int FREE = 0;
    private static final int OWNER = 1;
    private static final int KEEPER = 2;
    private static final int ENODEV = 19;
    private static final VarHandle USER;

    static {
        try {
            USER = MethodHandles.lookup().findVarHandle(HotQueue.class, "user", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final HotDisk disk;
    private final CommandCheck check;
    private final OffHeapRegion[] regions;
    private final int depth;
    /** Tokens of commands that found no device, the first {@link #lost}; the owner's. */
    private final long[] lostTokens;

    private int lost;
    private volatile int user;
    /** Written by whoever has the queue. */
    private volatile DiskQueue queue;

    /** @param queue of the device, or null when there is none */
    HotQueue(HotDisk disk, int depth, OffHeapRegion[] regions, DiskQueue queue) {
        this.disk = disk;
        this.depth = depth;
        this.regions = regions.clone();
        this.queue = queue;
        this.check = new CommandCheck(disk.facts(), true, regions);
        this.lostTokens = new long[depth];
    }

    OffHeapRegion[] regions() {
        return regions;
    }

    // ---- the keeper's

    boolean isAttached() {
        return queue != null;
    }

    /** Takes the device's queue away, if nothing is in flight on it; else null, and there is another time. */
    DiskQueue take() {
        if (queue == null || !USER.compareAndSet(this, FREE, KEEPER)) {
            return null;
        }
        try {
            DiskQueue taken = queue;
            if (taken.inFlight() > 0) {
                return null;
            }
            queue = null;
            return taken;
        } finally {
            user = FREE;
        }
    }

    /** Gives the queue of a device that came back. */
    void give(DiskQueue found) {
        while (!USER.compareAndSet(this, FREE, KEEPER)) {
            Thread.onSpinWait(); // the owner is in the middle of a call
        }
        queue = found;
        user = FREE;
    }

    // ---- the owner's

    private boolean enter() {
        if (!USER.compareAndSet(this, FREE, OWNER)) {
            return false;
        }
        if (queue == null) {
            user = FREE;
            return false;
        }
        return true;
    }

    private void leave() {
        USER.setRelease(this, FREE);
    }

    private boolean lose(long token) {
        if (lost == depth) {
            return false;
        }
        lostTokens[lost++] = token;
        return true;
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public int inFlight() {
        DiskQueue now = queue;
        return lost + (now == null ? 0 : now.inFlight());
    }

    @Override
    public boolean read(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        if (disk.isAway() || !enter()) {
            check.region(false, deviceOffsetBytes, address, lengthBytes);
            return lose(token);
        }
        try {
            return lost + queue.inFlight() < depth && queue.read(deviceOffsetBytes, address, lengthBytes, token);
        } finally {
            leave();
        }
    }

    @Override
    public boolean write(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        if (disk.isAway() || !enter()) {
            check.region(true, deviceOffsetBytes, address, lengthBytes);
            return lose(token);
        }
        try {
            return lost + queue.inFlight() < depth && queue.write(deviceOffsetBytes, address, lengthBytes, token);
        } finally {
            leave();
        }
    }

    @Override
    public boolean writeThrough(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        if (disk.isAway() || !enter()) {
            check.region(true, deviceOffsetBytes, address, lengthBytes);
            return lose(token);
        }
        try {
            return lost + queue.inFlight() < depth
                    && queue.writeThrough(deviceOffsetBytes, address, lengthBytes, token);
        } finally {
            leave();
        }
    }

    @Override
    public boolean flush(long token) {
        if (disk.isAway() || !enter()) {
            return lose(token);
        }
        try {
            return lost + queue.inFlight() < depth && queue.flush(token);
        } finally {
            leave();
        }
    }

    @Override
    public long resident(long deviceOffsetBytes, int lengthBytes) {
        check.range(deviceOffsetBytes, lengthBytes);
        return disk.isAway() || queue == null ? 0 : queue.resident(deviceOffsetBytes, lengthBytes);
    }

    @Override
    public int submit() {
        if (!enter()) {
            return 0;
        }
        try {
            return queue.submit();
        } finally {
            leave();
        }
    }

    @Override
    public int reap(DiskCompletionHandler handler, int limit) {
        int reaped = 0;
        while (lost > 0 && reaped < limit) {
            reaped++;
            handler.onCompletion(lostTokens[--lost], -ENODEV);
        }
        if (!enter()) {
            return reaped;
        }
        // Not under the keeper's eyes while the handler runs: it may queue more, which is a call of its own.
        DiskQueue now = queue;
        leave();
        return reaped + now.reap(handler, limit - reaped);
    }

    @Override
    public int waitDescriptor() {
        DiskQueue now = queue;
        return now == null ? -1 : now.waitDescriptor();
    }

    @Override
    public void close() {
        disk.closed(this);
        DiskQueue now = takeAsItIs();
        if (now != null) {
            now.close();
        }
    }

    private DiskQueue takeAsItIs() {
        while (!USER.compareAndSet(this, FREE, OWNER)) {
            Thread.onSpinWait(); // the keeper exchanges a queue
        }
        DiskQueue taken = queue;
        queue = null;
        user = FREE;
        return taken;
    }
}
