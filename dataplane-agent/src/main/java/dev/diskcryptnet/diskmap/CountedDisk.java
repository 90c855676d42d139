package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;

/** A disk whose queues are counted, for one thread that opens and uses them all. Closing it closes the disk. */
public final class CountedDisk implements Disk {
    private final Disk disk;
    private final DiskCounters counters;

    /** @param counters of the thread that uses the queues */
    public CountedDisk(Disk disk, DiskCounters counters) {
        this.disk = disk;
        this.counters = counters;
    }

    @Override
    public DiskFacts facts() {
        return disk.facts();
    }

    @Override
    public DiskQueue openQueue(int depth, OffHeapRegion... regions) {
        return counters.count(disk.openQueue(depth, regions));
    }

    @Override
    public DiskHealth health() {
        return disk.health();
    }

    @Override
    public int generation() {
        return disk.generation();
    }

    @Override
    public void close() {
        disk.close();
    }
}
