package dev.diskcryptnet.admin;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterDescriptor;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.counters.Histogram;
import dev.diskcryptnet.memory.MemoryBandwidth;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.metrics.Info;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The agent's metrics: counters of every thread, read where they lie when somebody asks, and the process's own. Thread
 * safe.
 */
public final class AgentMetrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT).throwExceptionOnRegistrationFailure();
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
    private final Map<String, Family> families = new HashMap<>();
    private final Map<String, Info> infos = new HashMap<>();
    private final Map<String, HistogramFamily> histograms = new HashMap<>();
    /** The registry holds counters weakly, and a counter's memory lives as long as its set. */
    private final List<CounterSet> sets = new ArrayList<>();

    private final List<Runnable> beforeScrape = new CopyOnWriteArrayList<>();

    /** What all series of one name must share (Prometheus exposition format). */
    private record Family(CounterDescriptor.Kind kind, Set<String> labels) {}

    /** @param version of the agent, for {@code dcn_build_info} */
    public AgentMetrics(String version) {
        var build = new CounterSet(Map.of());
        build.info(
                "dcn_build_info",
                "Which agent this is; always 1.",
                "version",
                version,
                "java",
                Runtime.version().toString());
        register(build);
        // One is in nanoseconds, which process_cpu_seconds_total is not, and the other one's name is that of a
        // histogram's part.
        registry.config()
                .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"))
                .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"));
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        garbageCollection.bindTo(registry);
        new ProcessMetrics().bindTo(registry);
    }

    /** For meters that are not counters of a loop. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Has something brought up to date before each scrape, by the thread that scrapes. */
    public void beforeScrape(Runnable update) {
        beforeScrape.add(update);
    }

    /** Shows memory traffic. Once. */
    public void register(MemoryBandwidth bandwidth) {
        var metrics = new MemoryMetrics(bandwidth, registry);
        metrics.run();
        beforeScrape(metrics);
    }

    /**
     * Shows every counter of a set. Counters that the set gets later are not shown.
     *
     * @throws IllegalArgumentException when a name is in use with another kind or other labels
     */
    public synchronized void register(CounterSet set) {
        sets.add(set);
        for (Counter counter : set.counters()) {
            register(counter);
        }
        for (Histogram histogram : set.histograms()) {
            claim(histogram.descriptor());
            histograms
                    .computeIfAbsent(histogram.descriptor().name(), name -> new HistogramFamily(registry))
                    .add(histogram);
        }
    }

    private void claim(CounterDescriptor descriptor) {
        var family = new Family(descriptor.kind(), descriptor.labels().keySet());
        Family before = families.putIfAbsent(descriptor.name(), family);
        if (before != null && !before.equals(family)) {
            throw new IllegalArgumentException("metric=" + descriptor.name() + " is registered as " + before
                    + " and again as " + family + "; all series of a name have one kind and the same labels");
        }
    }

    private void register(Counter counter) {
        CounterDescriptor descriptor = counter.descriptor();
        claim(descriptor);
        List<Tag> tags = descriptor.labels().entrySet().stream()
                .map(label -> Tag.of(label.getKey(), label.getValue()))
                .toList();
        if (descriptor.kind() == CounterDescriptor.Kind.INFO) {
            registerInfo(descriptor);
            return;
        }
        // The unit is in the name already; given to the registry it would be written there a second time.
        if (descriptor.kind() == CounterDescriptor.Kind.COUNTER) {
            FunctionCounter.builder(descriptor.name(), counter, AgentMetrics::value)
                    .description(descriptor.help())
                    .tags(tags)
                    .register(registry);
        } else {
            Gauge.builder(descriptor.name(), counter, AgentMetrics::value)
                    .description(descriptor.help())
                    .tags(tags)
                    .strongReference(true)
                    .register(registry);
        }
    }

    /** Micrometer has no info metrics; what its registry stands on has. */
    private void registerInfo(CounterDescriptor descriptor) {
        var labels = new TreeMap<>(descriptor.labels());
        infos.computeIfAbsent(descriptor.name(), name -> Info.builder()
                        .name(name)
                        .help(descriptor.help())
                        .labelNames(labels.keySet().toArray(String[]::new))
                        .register(registry.getPrometheusRegistry()))
                .addLabelValues(labels.values().toArray(String[]::new));
    }

    private static double value(Counter counter) {
        return counter.get() * counter.descriptor().scale();
    }

    /** @param accept the Accept field of who asks, or null: OpenMetrics is sent to those who ask for it */
    Reply scrape(String accept) {
        beforeScrape.forEach(Runnable::run);
        String type = accept != null && accept.contains("application/openmetrics-text")
                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                : "text/plain; version=0.0.4; charset=utf-8";
        return new Reply(200, type, registry.scrape(type).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        garbageCollection.close();
        registry.close();
    }
}
