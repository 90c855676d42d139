package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.memory.LastLevelCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Each worker's share of a last-level cache, to hold bytes in flight and reuse distances against. */
final class CacheGauges {
    private CacheGauges() {}

    /**
     * Shows nothing of workers whose processor does not tell.
     *
     * @param processors {@link LastLevelCache#PROCESSORS}
     * @param cpus as workers are pinned; when empty they may all meet on one cache, so they share the first processor's
     */
    static void show(CounterSet counters, Path processors, List<Integer> cpus, int workers) {
        List<LastLevelCache> caches = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            caches.add(LastLevelCache.of(processors, cpus.isEmpty() ? 0 : cpus.get(worker)));
        }
        for (int worker = 0; worker < workers; worker++) {
            LastLevelCache cache = caches.get(worker);
            if (cache != null) {
                counters.gauge(
                                "dcn_worker_last_level_cache_bytes",
                                "bytes",
                                "Last-level cache of the worker's processor, shared evenly by the workers on it.",
                                "worker",
                                Integer.toString(worker))
                        .set(cache.sizeBytes() / Collections.frequency(caches, cache));
            }
        }
    }
}
