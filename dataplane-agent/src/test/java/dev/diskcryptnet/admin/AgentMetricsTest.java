package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.counters.Histogram;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class AgentMetricsTest {
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\\\n]|\\\\[\\\\n\"])*\",?)*})? (NaN|[+-]Inf|[-+0-9.eE]+)");

    @Test
    void shouldShowTheCountersOfEveryWorker() throws Exception {
        try (var admin = new AdminFixture()) {
            for (int worker = 0; worker < 2; worker++) {
                var set = new CounterSet(Map.of("worker", "" + worker));
                Counter bytes = set.counter("dcn_disk_read_bytes", "bytes", "Bytes read.", "disk", "d0");
                Counter busy = set.nanoseconds("dcn_worker_busy_seconds", "Time at work.");
                Counter open = set.gauge("dcn_tcp_connections", "", "Established connections.");
                admin.metrics.register(set);
                bytes.add(1000 + worker);
                busy.add(1_500_000_000L);
                open.set(worker);
            }
            System.gc();
            HttpResponse<String> response = admin.get("/metrics");
            assertEquals(
                    "text/plain; version=0.0.4; charset=utf-8",
                    response.headers().firstValue("Content-Type").orElseThrow());
            Map<String, Double> samples = read(response.body());
            assertEquals(1001.0, samples.get("dcn_disk_read_bytes_total{disk=\"d0\",worker=\"1\"}"));
            assertEquals(1.5, samples.get("dcn_worker_busy_seconds_total{worker=\"0\"}"));
            assertEquals(1.0, samples.get("dcn_tcp_connections{worker=\"1\"}"));
            assertTrue(response.body().contains("# HELP dcn_disk_read_bytes_total Bytes read.\n"));
            assertTrue(response.body().contains("# TYPE dcn_disk_read_bytes_total counter\n"));
            assertTrue(response.body().contains("# TYPE dcn_tcp_connections gauge\n"));
            assertTrue(response.body().contains("dcn_build_info{"));
            assertTrue(response.body().contains("jvm_memory_used_bytes{"));
            assertTrue(response.body().contains("process_cpu_usage"));
        }
    }

    @Test
    void shouldShowHistogramsOfEveryWorkerUnderOneName() throws Exception {
        try (var admin = new AdminFixture()) {
            for (int worker = 0; worker < 2; worker++) {
                var set = new CounterSet(Map.of("worker", "" + worker));
                Histogram times = set.durations(
                        "dcn_disk_read_seconds", "Time of a read.", new long[] {20_000, 1_000_000}, "disk", "d0");
                admin.metrics.register(set);
                times.record(20_000);
                times.record(30_000 + worker);
                times.record(3_000_000_000L);
            }
            String text = admin.get("/metrics").body();
            Map<String, Double> samples = read(text);
            String labels = "{disk=\"d0\",worker=\"1\"";
            assertEquals(1.0, samples.get("dcn_disk_read_seconds_bucket" + labels + ",le=\"2.0E-5\"}"), text);
            assertEquals(2.0, samples.get("dcn_disk_read_seconds_bucket" + labels + ",le=\"0.001\"}"));
            assertEquals(3.0, samples.get("dcn_disk_read_seconds_bucket" + labels + ",le=\"+Inf\"}"));
            assertEquals(3.0, samples.get("dcn_disk_read_seconds_count" + labels + "}"));
            assertEquals(3.000050001, samples.get("dcn_disk_read_seconds_sum" + labels + "}"), 1e-12);
            assertEquals(1, text.split("# TYPE dcn_disk_read_seconds histogram\n", -1).length - 1);
        }
    }

    @Test
    void shouldSendOpenMetricsToThoseWhoAsk() throws Exception {
        try (var admin = new AdminFixture()) {
            HttpResponse<String> response =
                    admin.get("/metrics", "Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
            assertTrue(response.headers()
                    .firstValue("Content-Type")
                    .orElseThrow()
                    .startsWith("application/openmetrics-text"));
            assertTrue(response.body().endsWith("# EOF\n"));
        }
    }

    @Test
    void shouldRefuseANameWithOtherLabels() {
        try (var metrics = new AgentMetrics("1")) {
            var one = new CounterSet(Map.of());
            one.counter("dcn_x", "", "X.", "disk", "a");
            var two = new CounterSet(Map.of());
            two.counter("dcn_x", "", "X.", "port", "a");
            metrics.register(one);
            var e = assertThrows(IllegalArgumentException.class, () -> metrics.register(two));
            assertTrue(e.getMessage().contains("dcn_x"), e.getMessage());
        }
    }

    /** Reads the text as Prometheus does: each family has HELP and TYPE once, before its samples, in one block. */
    private static Map<String, Double> read(String text) {
        Map<String, Double> samples = new HashMap<>();
        Set<String> families = new HashSet<>();
        String family = "";
        String type = "";
        for (String line : text.split("\n")) {
            if (line.startsWith("# HELP ")) {
                family = line.split(" ")[2];
                assertTrue(families.add(family), "family=" + family + " is there twice");
            } else if (line.startsWith("# TYPE ")) {
                assertEquals(family, line.split(" ")[2]);
                type = line.split(" ")[3];
            } else {
                var sample = SAMPLE.matcher(line);
                assertTrue(sample.matches(), "line=" + line);
                assertTrue(sample.group(1).startsWith(family), "line=" + line + " after family=" + family);
                assertTrue(!type.equals("counter") || sample.group(1).endsWith("_total"), "line=" + line);
                String series = line.substring(0, line.lastIndexOf(' '));
                samples.put(series, Double.parseDouble(sample.group(5).replace("Inf", "Infinity")));
            }
        }
        return samples;
    }
}
