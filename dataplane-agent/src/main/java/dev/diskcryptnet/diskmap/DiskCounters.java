package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.counters.Histogram;

/** What one thread does to one disk, in numbers. */
public final class DiskCounters {
    /** From memory's speed to where a client's player runs dry. */
    private static final long[] READ_TIME_BOUNDS_NS = Histogram.oneTwoFive(10_000, 2_000_000_000);

    final Counter readBytes;
    final Counter reads;
    final Counter cachedBytes;
    final Counter writtenBytes;
    final Counter writes;
    final Counter errors;
    final Counter inFlight;
    final Counter depth;
    final Histogram readTime;

    /**
     * Adds the counters to {@code set}, whose thread must be the queue's.
     *
     * @param disk {@link DiskFacts#id()}, the value of the label {@code disk}
     */
    public DiskCounters(CounterSet set, String disk) {
        readBytes = set.counter("dcn_disk_read_bytes", "bytes", "Bytes read from the disk.", "disk", disk);
        reads = set.counter("dcn_disk_reads", "", "Read commands that the disk completed.", "disk", disk);
        cachedBytes = set.counter(
                "dcn_disk_cached_bytes", "bytes", "Bytes found in the page cache and not read.", "disk", disk);
        writtenBytes = set.counter("dcn_disk_written_bytes", "bytes", "Bytes written to the disk.", "disk", disk);
        writes = set.counter("dcn_disk_writes", "", "Write commands that the disk completed.", "disk", disk);
        errors = set.counter("dcn_disk_errors", "", "Commands that the disk failed.", "disk", disk);
        readTime = set.durations(
                "dcn_disk_read_seconds",
                "Time from asking for a read to taking its completion.",
                READ_TIME_BOUNDS_NS,
                "disk",
                disk);
        inFlight = set.gauge("dcn_disk_in_flight", "", "Commands queued or in flight.", "disk", disk);
        depth = set.gauge("dcn_disk_queue_depth", "", "Most commands queued or in flight.", "disk", disk);
    }

    /**
     * A queue that does what {@code queue} does and counts it, for the thread that writes the counters. Closing it closes
     * {@code queue}.
     */
    public DiskQueue count(DiskQueue queue) {
        depth.add(queue.depth());
        return new CountedQueue(queue, this);
    }
}
