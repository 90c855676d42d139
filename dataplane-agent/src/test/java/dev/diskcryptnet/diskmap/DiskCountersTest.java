package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.CounterSet;
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
                        "dcn_disk_in_flight", 0L),
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
}
