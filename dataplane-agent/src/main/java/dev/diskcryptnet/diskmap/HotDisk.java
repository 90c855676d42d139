package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.ArrayList;
import java.util.List;

/**
 * A disk that may go and come back under its queues, which stay open: while it is away, their commands end with ENODEV.
 *
 * <pre>
 *   attached --detach--> detaching --all queues idle, {@link #GRACE_NS} later--> away --attach--> attached
 * </pre>
 *
 * <p>One thread, the disk's keeper, detaches and attaches; queues are their owners' as ever, who are never made to wait.
 */
public final class HotDisk implements Disk {
    /**
     * A queue is closed only so long after it was taken from its owner: whoever waits on its descriptor then has come
     * round to asking for another, as a loop does before each wait, of a second at most.
     */
    static final long GRACE_NS = 2_000_000_000L;

    private final DiskFacts facts;
    private final List<HotQueue> queues = new ArrayList<>();
    private final List<DiskQueue> retired = new ArrayList<>();
    private Disk device;
    private long retiredNs;
    private boolean detaching;
    private volatile boolean away;
    /** Written under the lock: how often a device was attached anew, and the resets of those that there were. */
    private volatile int generation;

    private int seenResets;

    /** @param device as it is now; closed with this */
    public HotDisk(Disk device) {
        this.device = device;
        this.facts = device.facts();
    }

    @Override
    public DiskFacts facts() {
        return facts;
    }

    /** Whether the device is gone, and commands end with ENODEV. */
    public boolean isAway() {
        return away;
    }

    /** Also counts the resets of its device, as {@link #health} last told of them. */
    @Override
    public int generation() {
        return generation;
    }

    @Override
    public synchronized DiskHealth health() {
        if (detaching || device == null) {
            return DiskHealth.of(DiskHealth.State.GONE, "the device is not there");
        }
        DiskHealth health = device.health();
        int resets = Math.max(seenResets, health.generation());
        generation += resets - seenResets;
        seenResets = resets;
        return health;
    }

    @Override
    public synchronized DiskQueue openQueue(int depth, OffHeapRegion... regions) {
        boolean absent = detaching || device == null;
        var queue = new HotQueue(this, depth, regions, absent ? null : device.openQueue(depth, regions));
        queues.add(queue);
        return queue;
    }

    synchronized void closed(HotQueue queue) {
        queues.remove(queue);
    }

    /**
     * Lets go of a device that is gone, as far as its queues allow; to be called until it returns true.
     *
     * @return whether the device has been closed, and another may be attached
     */
    public synchronized boolean detach(long nowNs) {
        if (device == null) {
            return true;
        }
        detaching = true;
        away = true;
        for (HotQueue queue : queues) {
            DiskQueue taken = queue.take();
            if (taken != null) {
                retired.add(taken);
                retiredNs = nowNs;
            }
        }
        if (queues.stream().anyMatch(HotQueue::isAttached) || !retired.isEmpty() && nowNs - retiredNs < GRACE_NS) {
            return false;
        }
        while (!retired.isEmpty()) {
            retired.removeLast().close();
        }
        Disk gone = device;
        device = null;
        detaching = false;
        gone.close();
        return true;
    }

    /**
     * Puts a device under the queues, once {@link #detach} has returned true.
     *
     * @param found the same disk, opened again; closed with this
     * @throws IllegalArgumentException when commands of the queues would not suit it; nothing is attached then
     * @throws dev.diskcryptnet.ffi.NativeException when it refuses a queue; nothing is attached then
     */
    public synchronized void attach(Disk found) {
        if (device != null) {
            throw new IllegalStateException("disk=" + facts.uri() + " is attached; detach it first");
        }
        checkSuits(found.facts());
        List<DiskQueue> opened = new ArrayList<>();
        try {
            for (HotQueue queue : queues) {
                opened.add(found.openQueue(queue.depth(), queue.regions()));
            }
        } catch (RuntimeException e) {
            opened.forEach(DiskQueue::close);
            throw e;
        }
        device = found;
        generation++;
        seenResets = 0;
        for (int i = 0; i < opened.size(); i++) {
            queues.get(i).give(opened.get(i));
        }
        away = false;
    }

    private void checkSuits(DiskFacts found) {
        if (found.capacityBytes() != facts.capacityBytes()
                || found.alignmentBytes() != facts.alignmentBytes()
                || found.maxTransferBytes() < facts.maxTransferBytes()) {
            throw new IllegalArgumentException("disk=" + found.uri() + " capacityBytes=" + found.capacityBytes()
                    + " alignmentBytes=" + found.alignmentBytes() + " maxTransferBytes=" + found.maxTransferBytes()
                    + " is another than the one that went, of capacityBytes=" + facts.capacityBytes()
                    + " alignmentBytes=" + facts.alignmentBytes() + " maxTransferBytes=" + facts.maxTransferBytes()
                    + "; start the agent again to serve from it");
        }
    }

    @Override
    public synchronized void close() {
        retired.forEach(DiskQueue::close);
        retired.clear();
        if (device != null) {
            device.close();
            device = null;
        }
    }
}
