package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.diskcryptnet.e2e.observe.ChartRules;
import dev.diskcryptnet.e2e.observe.PrometheusPackage;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerts fire and end when they should, a person who is woken by one knows what to do, and values change them. */
@Tag("cluster")
class AlertsTest {
    private static final Path TESTS = Path.of("src/test/resources/alerts.yaml");
    private static final Path PAGE = Chart.SOURCE.resolve("ALERTS.md");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(\\w+)}");

    @TempDir
    Path directory;

    private static ObjectNode install(String values) {
        return Chart.install(values, ApiServer.MONITORING).only("PrometheusRule");
    }

    private static JsonNode rules() {
        return ChartRules.of(Chart.SOURCE, "diskcryptnet");
    }

    private static List<JsonNode> alerts(JsonNode rules) {
        List<JsonNode> alerts = new ArrayList<>();
        rules.path("groups").forEach(group -> group.path("rules").forEach(rule -> {
            if (rule.has("alert")) {
                alerts.add(rule);
            }
        }));
        return alerts;
    }

    private static Set<String> names(JsonNode rules) {
        return alerts(rules).stream()
                .map(alert -> alert.path("alert").asText())
                .collect(TreeSet::new, Set::add, Set::addAll);
    }

    /** Prometheus' own tool, on files in the test's directory; it must be content. */
    private void promtool(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--chdir",
                directory.toString(),
                PrometheusPackage.promtool().toString()));
        command.addAll(List.of(arguments));
        Run.Result result = Run.quietly(command);
        assertTrue(result.ok(), result.output());
    }

    @Test
    void shouldBeTheSameInAnObjectAsInAFile() {
        ObjectNode installed = install("{}");
        assertEquals(ChartRules.of(Chart.SOURCE, Chart.NAMESPACE), installed.path("spec"));
    }

    @Test
    void shouldBeRulesThatPrometheusTakes() throws IOException {
        Files.writeString(directory.resolve("rules.yaml"), ChartRules.toYaml(rules()));
        promtool("check", "rules", "rules.yaml");
    }

    @Test
    void shouldFireAndEndWhenTheyShould() throws IOException {
        JsonNode rules = rules();
        // The same for every instance, and compared by nothing but a copy of itself.
        alerts(rules).forEach(alert -> ((ObjectNode) alert.path("annotations")).remove("runbook"));
        Files.writeString(directory.resolve("rules.yaml"), ChartRules.toYaml(rules));
        Files.copy(TESTS, directory.resolve("alerts.yaml"));
        promtool("test", "rules", "alerts.yaml");
    }

    @Test
    void shouldEachBeTestedBeforeWhileAndAfterTheyFire() throws IOException {
        Map<String, List<Boolean>> tested = new TreeMap<>();
        JsonNode tests = Chart.YAML.readTree(TESTS.toFile()).path("tests");
        for (JsonNode test : tests) {
            for (JsonNode check : test.path("alert_rule_test")) {
                assertEquals(test.path("name").asText(), check.path("alertname").asText());
                tested.computeIfAbsent(check.path("alertname").asText(), name -> new ArrayList<>())
                        .add(!check.path("exp_alerts").isEmpty());
            }
        }
        assertEquals(names(rules()), tested.keySet());
        tested.forEach((name, fires) -> assertEquals(List.of(false, true, false), fires, name));
    }

    @Test
    void shouldTellWhoIsWokenWhatItIsAndWhatToDo() {
        for (JsonNode alert : alerts(rules())) {
            String name = alert.path("alert").asText();
            assertTrue(name.matches("Dcn[A-Z][A-Za-z]+"), name);
            assertTrue(
                    Set.of("critical", "warning")
                            .contains(alert.at("/labels/severity").asText()),
                    name);
            for (String annotation : List.of("summary", "description", "runbook")) {
                assertFalse(alert.at("/annotations/" + annotation).asText().isBlank(), name + " has no " + annotation);
            }
            assertTrue(alert.at("/annotations/summary").asText().length() < 110, name + ": a summary is one line");
        }
    }

    @Test
    void shouldUseEveryThresholdAndNoOther() {
        Set<String> used = new TreeSet<>();
        Matcher matcher = PLACEHOLDER.matcher(Chart.text("files/monitoring/rules.yaml"));
        while (matcher.find()) {
            used.add(matcher.group(1));
        }
        Set<String> given = new TreeSet<>(Set.of("operatorNamespace", "operatorName", "name"));
        DefaultValues.read().at("/monitoring/rules/thresholds").fieldNames().forEachRemaining(given::add);
        assertEquals(given, used);
        assertFalse(PLACEHOLDER.matcher(install("{}").toString()).find());
    }

    @Test
    void shouldChangeAsTheValuesSay() {
        ObjectNode changed = install("""
                monitoring:
                  labels: {release: prometheus}
                  namespace: monitoring
                  rules:
                    labels: {team: video, severity: not-this-one}
                    without: [DcnNodeNotReady, DcnDiskWorn]
                    runbookUrl: https://wiki.example/alerts
                    thresholds: {loopBusy: 0.75, statusAgeSeconds: 300}
                """);
        assertEquals("monitoring", changed.at("/metadata/namespace").asText());
        assertEquals("prometheus", changed.at("/metadata/labels/release").asText());
        Set<String> expected = names(rules());
        expected.removeAll(Set.of("DcnNodeNotReady", "DcnDiskWorn"));
        assertEquals(expected, names(changed.path("spec")));
        for (JsonNode alert : alerts(changed.path("spec"))) {
            assertEquals("video", alert.at("/labels/team").asText());
            assertTrue(alert.at("/labels/severity").asText().matches("critical|warning"));
            assertEquals(
                    "https://wiki.example/alerts#"
                            + alert.path("alert").asText().toLowerCase(java.util.Locale.ROOT),
                    alert.at("/annotations/runbook_url").asText());
        }
        String text = changed.toString();
        assertTrue(text.contains("rate(dcn_worker_busy_seconds_total[5m]) > 0.75"), text);
        assertTrue(text.contains("dcn_operator_streaming_node_status_age_seconds > 300"), text);
    }

    @Test
    void shouldBeThereWhenTheClusterKnowsRulesOrWhenTold() {
        assertEquals(List.of(), Chart.install("{}", ApiServer.POD_MONITORS).all("PrometheusRule"));
        String off = "monitoring: {rules: {prometheusRule: false}}";
        assertEquals(List.of(), Chart.install(off, ApiServer.PROMETHEUS_RULES).all("PrometheusRule"));
        String message = Chart.refusal("monitoring: {rules: {prometheusRule: true}}");
        assertTrue(message.contains("no matches for kind \"PrometheusRule\""), message);
    }

    @Test
    void shouldHaveAPageThatSaysTheSame() throws IOException {
        String page = page();
        if (Boolean.getBoolean("dcn.chart.write")) {
            Files.writeString(PAGE, page);
        } else {
            assertEquals(page, Files.readString(PAGE), "write it with -Ddcn.chart.write=true");
        }
    }

    private static String page() {
        StringBuilder page = new StringBuilder("""
                # Alerts

                What to do about each alert of this chart. `${name}` is a threshold, `monitoring.rules.thresholds.name` in
                [values.yaml](values.yaml). This page is made of [files/monitoring/rules.yaml](files/monitoring/rules.yaml) by
                `mvn -pl e2e-tests test -Dtest=AlertsTest -Ddcn.chart.write=true`.
                """);
        JsonNode rules =
                Chart.documents(Chart.text("files/monitoring/rules.yaml")).getFirst();
        for (JsonNode alert : alerts(rules)) {
            page.append("\n## ").append(alert.path("alert").asText()).append("\n\n**");
            page.append(plain(alert.at("/annotations/summary").asText())).append(".** ");
            page.append(alert.at("/labels/severity").asText());
            page.append(alert.has("for") ? ", after " + alert.path("for").asText() : ", at once")
                    .append(":\n\n```\n");
            page.append(alert.path("expr").asText()).append("\n```\n\n");
            page.append(alert.at("/annotations/runbook").asText()).append('\n');
        }
        return page.toString();
    }

    /** Without Prometheus' templates: the label's name, in capitals, stands for its value. */
    private static String plain(String text) {
        return Pattern.compile("\\{\\{ \\$labels\\.(\\w+) }}").matcher(text).replaceAll(label -> Stream.of(
                        label.group(1).split("_"))
                .reduce((first, second) -> second)
                .orElseThrow()
                .toUpperCase(java.util.Locale.ROOT));
    }
}
