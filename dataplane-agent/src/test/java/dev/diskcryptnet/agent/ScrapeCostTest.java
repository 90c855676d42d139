package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.admin.AgentMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScrapeCostTest {
    private static final int WORKERS = 8;
    private static final int WARM_UP = 200;
    private static final int SCRAPES = 50;
    private static final long LIMIT_NS = 20_000_000;

    @TempDir
    Path directory;

    @Test
    void shouldTakeLittleOfAnotherCoreWithEightWorkers() throws Exception {
        try (var metrics = new AgentMetrics("1");
                var everything = new EveryMetric(metrics, directory, WORKERS)) {
            var registry = (PrometheusMeterRegistry) metrics.registry();
            for (int i = 0; i < WARM_UP; i++) {
                registry.scrape();
            }
            var threads = ManagementFactory.getThreadMXBean();
            long beginNs = threads.getCurrentThreadCpuTime();
            int bytes = 0;
            for (int i = 0; i < SCRAPES; i++) {
                bytes = registry.scrape().length();
            }
            long scrapeNs = (threads.getCurrentThreadCpuTime() - beginNs) / SCRAPES;
            System.out.println("scrapeNs=" + scrapeNs + " bytes=" + bytes);
            assertTrue(scrapeNs < LIMIT_NS, "scrapeNs=" + scrapeNs);
        }
    }
}
