package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.memory.MemoryBandwidth;
import dev.diskcryptnet.memory.MemorySource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MemoryMetricsTest {
    private final long[] sent = {0};
    private final long[] clockNs = {0};

    /** A source whose readings the test sets. */
    private static final class Source implements MemorySource {
        final List<Reading> readings = new ArrayList<>();

        @Override
        public String name() {
            return "resctrl";
        }

        @Override
        public Scope scope() {
            return Scope.AGENT;
        }

        @Override
        public List<Reading> read() {
            return List.copyOf(readings);
        }

        @Override
        public void close() {
            readings.clear();
        }
    }

    private MemoryBandwidth bandwidth(List<MemorySource> sources, String... missing) {
        return new MemoryBandwidth(sources, List.of(missing), () -> sent[0], () -> clockNs[0]);
    }

    @Test
    void shouldShowWhatTheMachineCountsAndDomainsThatComeLater() throws Exception {
        var source = new Source();
        try (var admin = new AdminFixture();
                MemoryBandwidth bandwidth = bandwidth(List.of(source), "no \"uncore\" here")) {
            admin.metrics.register(bandwidth);
            source.readings.add(new MemorySource.Reading("L3-0", MemorySource.Direction.TOTAL, 3_000_000));
            String text = admin.get("/metrics").body();
            String labels = "{direction=\"total\",domain=\"L3-0\",scope=\"agent\",source=\"resctrl\"}";
            assertTrue(text.contains("dcn_memory_bandwidth_bytes_total" + labels + " 3000000.0\n"), text);
            assertTrue(text.contains("dcn_memory_bandwidth_available{reason=\"no \\\"uncore\\\" here\"} 1.0\n"), text);
            assertTrue(text.contains("dcn_memory_bytes_per_network_byte{source=\"resctrl (agent)\"} NaN\n"), text);
            source.readings.add(new MemorySource.Reading("L3-1", MemorySource.Direction.TOTAL, 1_000_000));
            clockNs[0] += TimeUnit.SECONDS.toNanos(10);
            sent[0] += 2_000_000;
            text = admin.get("/metrics").body();
            assertTrue(text.contains("domain=\"L3-1\",scope=\"agent\",source=\"resctrl\"} 1000000.0\n"), text);
            assertTrue(text.contains("dcn_memory_bytes_per_network_byte{source=\"resctrl (agent)\"} 2.0\n"), text);
        }
    }

    @Test
    void shouldSayWhyThereIsNothingAndShowNoFigure() throws Exception {
        try (var admin = new AdminFixture();
                MemoryBandwidth bandwidth = bandwidth(List.of(), "not mounted", "no PMU")) {
            admin.metrics.register(bandwidth);
            String text = admin.get("/metrics").body();
            assertTrue(text.contains("dcn_memory_bandwidth_available{reason=\"not mounted; no PMU\"} 0.0\n"), text);
            assertFalse(text.contains("dcn_memory_bandwidth_bytes"), text);
            assertFalse(text.contains("dcn_memory_bytes_per_network_byte"), text);
        }
    }
}
