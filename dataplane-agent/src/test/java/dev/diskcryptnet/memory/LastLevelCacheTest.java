package dev.diskcryptnet.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastLevelCacheTest {
    @TempDir
    Path processors;

    private void cache(int cpu, int index, String level, String size, String shared) throws IOException {
        Path directory = Files.createDirectories(processors.resolve("cpu" + cpu + "/cache/index" + index));
        Files.writeString(directory.resolve("level"), level + "\n");
        Files.writeString(directory.resolve("size"), size + "\n");
        Files.writeString(directory.resolve("shared_cpu_list"), shared + "\n");
    }

    @Test
    void shouldFindTheHighestLevelAndWhoSharesIt() throws IOException {
        cache(8, 0, "1", "32K", "8,72");
        cache(8, 1, "1", "32K", "8,72");
        cache(8, 2, "2", "1024K", "8,72");
        cache(8, 3, "3", "32768K", "8-15,72-79");
        assertEquals(new LastLevelCache(32L << 20, "8-15,72-79"), LastLevelCache.of(processors, 8));
    }

    @Test
    void shouldTakeTheSecondLevelWhereThereIsNoThird() throws IOException {
        cache(0, 0, "1", "64K", "0");
        cache(0, 1, "2", "2M", "0-3");
        assertEquals(new LastLevelCache(2L << 20, "0-3"), LastLevelCache.of(processors, 0));
    }

    @Test
    void shouldSayNothingWhereTheKernelDoesNot() throws IOException {
        assertNull(LastLevelCache.of(processors, 0));
        cache(0, 0, "1", "64K", "0");
        assertNull(LastLevelCache.of(processors, 0), "a first level is no last one that others share");
        cache(0, 1, "3", "Unavailable", "0-3");
        assertNull(LastLevelCache.of(processors, 0));
    }
}
