package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.diskcryptnet.admin.AgentMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of metrics for people is what an agent with everything there is registers. */
class MetricsTableTest {
    private static final Path TABLE = Path.of("docs/metrics.md");
    private static final String WRITE = "mvn -pl crds,dataplane-agent test -Dtest=MetricsTableTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Ddcn.metrics.write=true";

    private static final String HEAD = """
            # Metrics of the agent

            What `GET /metrics` of the admin endpoint shows, in the text format of Prometheus or, for who asks for it, of OpenMetrics.
            This file is written by a test, which fails when it is not up to date:
            `%s`.

            `worker` is the number of a loop, or `volume` for the thread that puts objects on disks. Bytes are bytes, times are
            seconds, shares are ratios from 0 to 1. Where the machine or a device has no figure the series is absent; nothing is estimated. A
            histogram `x` is `x_bucket`, `x_sum` and `x_count`.

            Of the process there are `process_cpu_seconds_total`, `process_resident_memory_bytes` and what Micrometer's binders show
            as `process_*`, `jvm_*` and `system_*`.
            """.formatted(WRITE);

    /** Second words of names, under the heading that they stand. */
    private static final Map<String, List<String>> GROUPS = new LinkedHashMap<>();

    static {
        GROUPS.put("The loop", List.of("worker", "buffer"));
        GROUPS.put("Memory", List.of("memory"));
        GROUPS.put("Disks", List.of("disk"));
        GROUPS.put("Volume", List.of("volume"));
        GROUPS.put("Ports", List.of("port", "ip", "arp", "nd", "icmp", "mld"));
        GROUPS.put("TCP", List.of("tcp"));
        GROUPS.put("TLS", List.of("tls"));
        GROUPS.put("HTTP", List.of("http"));
        GROUPS.put("The agent", List.of("build", "host"));
        GROUPS.put("With `--fault` only", List.of("fault"));
    }

    @TempDir
    Path directory;

    @Test
    void shouldListEveryMetricWithItsTypeLabelsAndHelp() throws Exception {
        String table;
        try (var metrics = new AgentMetrics("1");
                var everything = new EveryMetric(metrics, directory, 1)) {
            table = table(metrics);
        }
        if (Boolean.getBoolean("dcn.metrics.write")) {
            Files.writeString(TABLE, table);
        }
        String written = Files.exists(TABLE) ? Files.readString(TABLE) : "";
        assertEquals(
                table, written, () -> TABLE.toAbsolutePath() + " is not up to date; to write it again run: " + WRITE);
    }

    private static String table(AgentMetrics metrics) {
        var registry = ((PrometheusMeterRegistry) metrics.registry()).getPrometheusRegistry();
        SortedSet<String> left = new TreeSet<>();
        Map<String, MetricSnapshot> families = registry.scrape().stream()
                .filter(family -> family.getMetadata().getPrometheusName().startsWith("dcn_"))
                .collect(Collectors.toMap(MetricsTableTest::name, family -> family));
        left.addAll(families.keySet());
        var table = new StringBuilder(HEAD);
        GROUPS.forEach((heading, words) -> {
            table.append("\n## ").append(heading).append("\n\n| name | type | labels | what |\n|---|---|---|---|\n");
            for (String name : List.copyOf(left)) {
                if (words.contains(name.split("_")[1])) {
                    left.remove(name);
                    table.append(row(name, families.get(name)));
                }
            }
        });
        assertEquals(new TreeSet<>(), left, "these have no heading; give them one in " + MetricsTableTest.class);
        return table.toString();
    }

    private static String name(MetricSnapshot family) {
        String suffix =
                switch (family) {
                    case CounterSnapshot counter -> "_total";
                    case InfoSnapshot info -> "_info";
                    default -> "";
                };
        return family.getMetadata().getPrometheusName() + suffix;
    }

    private static String row(String name, MetricSnapshot family) {
        String type =
                switch (family) {
                    case CounterSnapshot counter -> "counter";
                    case HistogramSnapshot histogram -> "histogram";
                    case InfoSnapshot info -> "info";
                    default -> "gauge";
                };
        String labels = family.getDataPoints().getFirst().getLabels().stream()
                .map(Label::getName)
                .sorted()
                .collect(Collectors.joining(", "));
        String help = family.getMetadata().getHelp();
        assertFalse(help == null || help.isBlank(), "name=" + name + " has no help");
        return "| `" + name + "` | " + type + " | " + labels + " | " + help.replace("|", "\\|") + " |\n";
    }
}
