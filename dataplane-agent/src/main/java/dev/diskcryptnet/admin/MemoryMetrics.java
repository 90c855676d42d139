package dev.diskcryptnet.admin;

import dev.diskcryptnet.memory.MemoryBandwidth;
import dev.diskcryptnet.memory.MemoryBandwidth.Sample;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Memory traffic as metrics: its counters are looked at once a scrape, and series begin when their domain does. */
final class MemoryMetrics implements Runnable {
    private static final String BYTES = "dcn_memory_bandwidth_bytes";

    private final MemoryBandwidth bandwidth;
    private final MeterRegistry registry;
    private final Map<Tags, AtomicLong> series = new HashMap<>();

    MemoryMetrics(MemoryBandwidth bandwidth, MeterRegistry registry) {
        this.bandwidth = bandwidth;
        this.registry = registry;
        Gauge.builder("dcn_memory_bandwidth_available", bandwidth, memory -> memory.available() ? 1 : 0)
                .description("Whether this machine counts memory traffic; the label says why not, or what is missing.")
                .tag("reason", String.join("; ", bandwidth.missing()))
                .strongReference(true)
                .register(registry);
        if (bandwidth.available()) {
            Gauge.builder("dcn_memory_bytes_per_network_byte", bandwidth, MemoryMetrics::ratio)
                    .description(
                            "Bytes between processors and memory for each byte sent by the ports, over the last seconds.")
                    .tag("source", bandwidth.sources().getFirst())
                    .strongReference(true)
                    .register(registry);
        }
    }

    private static double ratio(MemoryBandwidth bandwidth) {
        Double ratio = bandwidth.bytesPerNetworkByte();
        return ratio == null ? Double.NaN : ratio;
    }

    /** Looks at the counters. */
    @Override
    public synchronized void run() {
        for (Sample sample : bandwidth.samples()) {
            Tags tags = Tags.of(
                    "source", sample.source(),
                    "scope", sample.scope().toString(),
                    "domain", sample.reading().domain(),
                    "direction", sample.reading().direction().toString());
            series.computeIfAbsent(tags, this::begin).set(sample.reading().bytes());
        }
    }

    private AtomicLong begin(Tags tags) {
        var bytes = new AtomicLong();
        FunctionCounter.builder(BYTES, bytes, AtomicLong::get)
                .description("Bytes between processors and memory since the agent's start, by what counted them.")
                .tags(tags)
                .register(registry);
        return bytes;
    }
}
