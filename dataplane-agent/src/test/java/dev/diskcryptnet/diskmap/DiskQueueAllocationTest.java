package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.netmap.Waiter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskQueueAllocationTest {
    private static final int BLOCK = 4096;
    private static final int DEPTH = 8;

    private long completed;
    private final DiskCompletionHandler handler = (token, result) -> completed += result;

    /** Reads, waits and reaps as a loop does. */
    private void cycle(DiskQueue queue, Waiter waiter, long address) {
        for (int i = 0; i < DEPTH; i++) {
            queue.read((long) i * BLOCK, address + (long) i * BLOCK, BLOCK, i);
        }
        queue.submit();
        while (queue.inFlight() > 0) {
            if (queue.reap(handler, DEPTH) == 0) {
                waiter.await(100_000_000L);
            }
        }
    }

    private void shouldAllocateNothing(Disk disk) {
        OffHeapRegion region = OffHeapRegion.allocate(DEPTH * BLOCK);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        DiskCounters counters =
                new DiskCounters(new CounterSet(Map.of()), disk.facts().id());
        try (disk;
                DiskQueue queue = counters.count(disk.openQueue(DEPTH, region));
                Waiter waiter = new Waiter()) {
            waiter.add(queue.waitDescriptor(), Waiter.POLLIN);
            for (int i = 0; i < 2_000; i++) {
                cycle(queue, waiter, region.address());
            }
            completed = 0;
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 2_000; i++) {
                cycle(queue, waiter, region.address());
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertEquals(2_000L * DEPTH * BLOCK, completed);
            // Asking for the figure itself may cost a few bytes; one allocation per cycle would be 32,000 at least.
            assertTrue(allocated < 1_000, "allocatedBytes=" + allocated);
        }
    }

    @Test
    void shouldAllocateNothingPerUringRead(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("disk.img"), new byte[DEPTH * BLOCK]);
        shouldAllocateNothing(Disks.open("uring:" + file, OpenMode.READ_ONLY));
    }

    @Test
    void shouldAllocateNothingPerMemoryRead() {
        shouldAllocateNothing(Disks.open("mem:1M?seed=1", OpenMode.READ_ONLY));
    }
}
