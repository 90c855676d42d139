package dev.diskcryptnet.e2e.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.kernel.Launcher;
import dev.diskcryptnet.e2e.observe.Dashboards;
import dev.diskcryptnet.e2e.observe.Dashboards.Query;
import dev.diskcryptnet.e2e.observe.PrometheusApi;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A real Prometheus reads a real agent and the operator, which are at work: whatever dashboards and rules ask has an answer.
 */
@Tag("cluster")
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ObserveE2E {
    private static final String NO_COUNTERS = "resctrl, or counters of memory controllers; a virtual machine has none";
    private static final String NO_SMART = "an NVMe drive by vfio or passthru; a file has no SMART data";
    /** What only some hardware has; a query that needs one of these may be without an answer. */
    private static final Map<String, String> HARDWARE = Map.of(
            "dcn_memory_bandwidth_bytes_total", NO_COUNTERS,
            "dcn_memory_bytes_per_network_byte", NO_COUNTERS,
            "dcn_disk_temperature_celsius", NO_SMART,
            "dcn_disk_critical_warning", NO_SMART,
            "dcn_disk_used_ratio", NO_SMART,
            "dcn_disk_spare_ratio", NO_SMART);

    private static final Path CHART = Launcher.ROOT.resolve("helm/diskcryptnet");
    /** As Grafana does it for all of each, with the shortest range that has two readings for certain. */
    private static final Map<String, String> VARIABLES =
            Map.of("$__rate_interval", "1m", "$namespace", ".*", "$node", ".*", "$disk", ".*", "$port", ".*");
    /** Some panels leave out what did not occur, and some metrics are there to stay at zero. */
    private static final Pattern ONLY_WHAT_OCCURS = Pattern.compile(" > 0$");

    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern METRIC = Pattern.compile("\\b(up\\b|(dcn|process)_\\w+|(node|disk|port):[\\w:]+)");
    private static final Pattern FAMILY = Pattern.compile("__name__=~\"([^\"]+)\"");
    /** More than the sample's volume takes. */
    private static final long TOO_MANY_BYTES = 512L << 20;

    private PrometheusApi prometheus;
    private Process load;

    @BeforeAll
    void up() throws IOException {
        Launcher.checked("down");
        Cluster.up(1, "--observe");
        JsonNode status = Launcher.status();
        prometheus = new PrometheusApi(status.get("prometheusUrl").asText());
        String plain = status.at("/streamUrls/0").asText();
        String secure = status.at("/streamUrls/2").asText();
        load = new ProcessBuilder(
                        "sh",
                        "-c",
                        "while :; do curl -s -m 20 -o /dev/null " + plain + "; curl -sk -m 20 -o /dev/null " + secure
                                + "; done")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @AfterAll
    void down() throws IOException {
        if (load != null) {
            load.destroy();
        }
        Launcher.checked("down");
        assertEquals(
                List.of(),
                Launcher.traces().stream()
                        .filter(trace -> trace.contains("dcn-up") || trace.contains("/up/"))
                        .toList());
        assertFalse(
                ProcessHandle.allProcesses().anyMatch(process -> process.info()
                        .commandLine()
                        .orElse("")
                        .contains("--config.file=/var/lib/diskcryptnet/up/")),
                "Prometheus runs still");
    }

    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private static boolean within(long seconds, Condition condition) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + seconds * 1_000_000_000L;
        while (!condition.holds()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            Thread.sleep(500);
        }
        return true;
    }

    @Test
    void shouldReadTheAgentAndTheOperator() throws Exception {
        Set<String> wanted = Set.of("agent up", "operator up");
        Set<String> found = new TreeSet<>();
        assertTrue(
                within(60, () -> {
                    found.clear();
                    for (JsonNode target : prometheus.get("targets").path("activeTargets")) {
                        found.add(target.at("/labels/container").asText() + " "
                                + target.path("health").asText());
                    }
                    return found.equals(wanted);
                }),
                found::toString);
        assertTrue(within(
                30,
                () -> prometheus.hasData("up{diskcryptnet_dev_streaming_node=\"one-machine\"} == 1")
                        && prometheus.hasData("up{pod=~\"diskcryptnet-operator-.+\"} == 1")));
    }

    @Test
    void shouldAnswerWhateverTheDashboardsAsk() throws Exception {
        makeAnAlertFire();
        List<Query> open = new ArrayList<>();
        for (JsonNode dashboard : Dashboards.of(CHART).values()) {
            open.addAll(Dashboards.queries(dashboard));
        }
        int all = open.size();
        within(Cluster.LIMIT.toSeconds(), () -> {
            for (Query query : List.copyOf(open)) {
                if (prometheus.hasData(substituted(query.expression()))) {
                    open.remove(query);
                }
            }
            return open.stream().allMatch(query -> needsHardware(query.expression()));
        });
        List<Query> unanswered = open.stream()
                .filter(query -> !needsHardware(query.expression()))
                .toList();
        System.out.println("queries=" + all + " answered=" + (all - open.size()) + " needHardware="
                + (open.size() - unanswered.size()));
        assertEquals(List.of(), unanswered);
    }

    private static String substituted(String expression) {
        String text = expression;
        for (var variable : VARIABLES.entrySet()) {
            text = text.replace(variable.getKey(), variable.getValue());
        }
        return ONLY_WHAT_OCCURS.matcher(text).replaceFirst("");
    }

    private static boolean needsHardware(String expression) {
        return HARDWARE.keySet().stream().anyMatch(expression::contains);
    }

    /** An upload that the volume has no room for. */
    private void makeAnAlertFire() throws Exception {
        // A counter that Prometheus has not seen before rises by nothing when it is first seen.
        assertTrue(within(60, () -> prometheus.hasData("dcn_volume_ingest_failures_total offset 5s")));
        JsonNode status = Launcher.status();
        Path large = Files.createTempFile(Path.of("target"), "large", ".bin");
        try {
            try (var file = new RandomAccessFile(large.toFile(), "rw")) {
                file.setLength(TOO_MANY_BYTES);
            }
            String token =
                    Files.readString(Path.of(status.get("tokenFile").asText())).strip();
            Run.Result put = Run.quietly(
                    "curl",
                    "-s",
                    "-m",
                    "60",
                    "-T",
                    large.toString(),
                    "-H",
                    "Authorization: Bearer " + token,
                    status.get("adminUrl").asText() + "/v1/objects/large.bin");
            assertTrue(put.output().contains("no space"), put.output());
        } finally {
            Files.delete(large);
        }
        assertTrue(
                within(60, () -> prometheus.hasData("ALERTS{alertname=\"DcnIngestFailing\", alertstate=\"firing\"}")),
                "DcnIngestFailing does not fire");
    }

    @Test
    void shouldEvaluateEveryRuleAndHaveWhatItLooksAt() throws Exception {
        Set<String> wrong = new TreeSet<>();
        assertTrue(
                within(Cluster.LIMIT.toSeconds(), () -> {
                    wrong.clear();
                    for (JsonNode group : prometheus.get("rules").path("groups")) {
                        for (JsonNode rule : group.path("rules")) {
                            look(rule, wrong);
                        }
                    }
                    return wrong.isEmpty();
                }),
                wrong::toString);
    }

    /** Most alerts are silent, so what they compare is looked at: each metric must be there. */
    private void look(JsonNode rule, Set<String> wrong) throws IOException, InterruptedException {
        String name = rule.path("name").asText();
        if (!rule.path("health").asText().equals("ok")) {
            wrong.add(name + " health=" + rule.path("health").asText()
                    + rule.path("lastError").asText());
        }
        if (rule.path("type").asText().equals("recording") && !prometheus.hasData(name)) {
            wrong.add(name + " is not recorded");
        }
        String expression = rule.path("query").asText();
        Set<String> metrics = new TreeSet<>();
        Matcher metric = METRIC.matcher(QUOTED.matcher(expression).replaceAll("\"\""));
        while (metric.find()) {
            metrics.add(metric.group());
        }
        Matcher family = FAMILY.matcher(expression);
        while (family.find()) {
            metrics.add("{__name__=~\"" + family.group(1) + "\"}");
        }
        if (metrics.isEmpty()) {
            wrong.add(name + " looks at no metric: " + expression);
        }
        for (String one : metrics) {
            if (!HARDWARE.containsKey(one) && !prometheus.hasData(one)) {
                wrong.add(name + " looks at " + one + ", which is not there");
            }
        }
    }

    @Test
    void shouldListNoHardwareThatNothingAsksFor() throws Exception {
        StringBuilder text = new StringBuilder(Files.readString(CHART.resolve("files/monitoring/rules.yaml")));
        for (JsonNode dashboard : Dashboards.of(CHART).values()) {
            text.append(dashboard);
        }
        HARDWARE.forEach((metric, why) -> assertTrue(text.indexOf(metric) >= 0, metric + ": " + why));
    }
}
