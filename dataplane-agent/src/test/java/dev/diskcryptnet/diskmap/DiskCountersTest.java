package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.counters.Histogram;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DiskCountersTest {
    private static final int BLOCK = 4096;

    private final CounterSet set = new CounterSet(Map.of("worker", "0"));

    private Map<String, Long> values() {
        Map<String, Long> values = new HashMap<>();
        set.counters().forEach(counter -> values.put(counter.descriptor().name(), counter.get()));
        return values;
    }

    @Test
    void shouldCountWhatCompletesAndGiveTheCallersTokensBack() {
        FaultDisk disk = new FaultDisk("mem:1M").failCommand(2, 5).reorderCompletions(1);
        OffHeapRegion region = OffHeapRegion.allocate(4 * BLOCK);
        Set<Long> tokens = new TreeSet<>();
        try (DiskQueue queue = new DiskCounters(set, "sda").count(disk.openQueue(4, region))) {
            for (int round = 0; round < 3; round++) {
                assertTrue(queue.read(0, region.address(), 2 * BLOCK, 1000));
                assertTrue(queue.write(0, region.address(), BLOCK, 2000));
                assertTrue(queue.read(0, region.address(), BLOCK, 3000));
                assertTrue(queue.flush(4000));
                assertFalse(queue.flush(5000));
                queue.submit();
                assertEquals(4, values().get("dcn_disk_in_flight"));
                assertEquals(4, values().get("dcn_disk_queue_depth"));
                assertEquals(4, queue.reap((token, result) -> tokens.add(token), 8));
                assertEquals(Set.of(1000L, 2000L, 3000L, 4000L), tokens);
            }
        }
        assertEquals(
                Map.of(
                        "dcn_disk_reads", 5L,
                        "dcn_disk_read_bytes", 3 * 2 * BLOCK + 2 * BLOCK + 0L,
                        "dcn_disk_cached_bytes", 0L,
                        "dcn_disk_writes", 3L,
                        "dcn_disk_written_bytes", 3L * BLOCK,
                        "dcn_disk_errors", 1L,
                        "dcn_disk_in_flight", 0L,
                        "dcn_disk_queue_depth", 0L),
                values());
        assertEquals(
                Map.of("worker", "0", "disk", "sda"),
                List.copyOf(set.counters()).getFirst().descriptor().labels());
    }

    @Test
    void shouldCountWhatNeedsNoReadApart() {
        FaultDisk disk = new FaultDisk("mem:1M?seed=1").cacheSome(1);
        try (DiskQueue queue = new DiskCounters(set, "sda").count(disk.openQueue(4))) {
            long found = 0;
            for (int i = 0; i < 100; i++) {
                found += queue.resident(i, 10) == 0 ? 0 : 1;
            }
            assertTrue(found > 20 && found < 80, "found=" + found);
            assertEquals(10 * found, values().get("dcn_disk_cached_bytes"));
            assertEquals(0, values().get("dcn_disk_read_bytes"));
        }
    }

    @Test
    void shouldMeasureEachReadFromTheBatchThatAskedForItToTheLookThatFoundIt() throws Exception {
        FaultDisk disk = new FaultDisk("mem:1M").failCommand(1, 5);
        OffHeapRegion region = OffHeapRegion.allocate(2 * BLOCK);
        try (DiskQueue queue = new DiskCounters(set, "sda").count(disk.openQueue(4, region))) {
            queue.read(0, region.address(), BLOCK, 1); // this one fails
            queue.read(0, region.address(), BLOCK, 2);
            queue.write(0, region.address(), BLOCK, 3);
            queue.submit();
            Thread.sleep(30);
            queue.reap((token, result) -> {}, 8);
            queue.read(0, region.address(), BLOCK, 4);
            queue.submit();
            queue.reap((token, result) -> {}, 8);
        }
        Histogram times = set.histograms().getFirst();
        assertEquals("dcn_disk_read_seconds", times.descriptor().name());
        assertEquals(2, Arrays.stream(times.counts()).sum(), "reads that succeeded");
        assertTrue(times.sum() >= 30_000_000 && times.sum() < 2_000_000_000, "sum=" + times.sum());
        long slow = 0;
        for (int i = 0; i < times.counts().length; i++) {
            slow += i > 0 && times.bounds()[i - 1] >= 20_000_000 ? times.counts()[i] : 0;
        }
        assertEquals(1, slow, "the second batch has a clock of its own: " + Arrays.toString(times.counts()));
    }
}
