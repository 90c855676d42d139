package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheGaugesTest {
    @TempDir
    Path processors;

    private final CounterSet counters = new CounterSet(Map.of());

    /** Two caches of 32 MiB, of processors 0 and 1 and of 2 and 3; nothing is known of 4. */
    @BeforeEach
    void makeProcessors() throws IOException {
        for (int cpu = 0; cpu < 4; cpu++) {
            Path cache = Files.createDirectories(processors.resolve("cpu" + cpu + "/cache/index3"));
            Files.writeString(cache.resolve("level"), "3\n");
            Files.writeString(cache.resolve("size"), "32768K\n");
            Files.writeString(cache.resolve("shared_cpu_list"), cpu < 2 ? "0-1\n" : "2-3\n");
        }
    }

    private List<Long> mebibytes() {
        return counters.counters().stream()
                .map(Counter::get)
                .map(bytes -> bytes >> 20)
                .toList();
    }

    @Test
    void shouldShareACacheAmongTheWorkersOnIt() {
        CacheGauges.show(counters, processors, List.of(0, 1, 3), 3);
        assertEquals(List.of(16L, 16L, 32L), mebibytes());
        assertEquals(
                Map.of("worker", "2"),
                counters.counters().getLast().descriptor().labels());
    }

    @Test
    void shouldShareOneCacheAmongWorkersThatMayRunAnywhere() {
        CacheGauges.show(counters, processors, List.of(), 4);
        assertEquals(List.of(8L, 8L, 8L, 8L), mebibytes());
    }

    @Test
    void shouldShowNothingOfAProcessorThatDoesNotTell() {
        CacheGauges.show(counters, processors, List.of(0, 4), 2);
        assertEquals(List.of(32L), mebibytes());
    }
}
