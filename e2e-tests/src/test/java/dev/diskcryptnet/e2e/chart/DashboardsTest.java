package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.diskcryptnet.e2e.observe.ChartRules;
import dev.diskcryptnet.e2e.observe.Dashboards;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The dashboards reach Grafana, and whoever looks at one can tell what it shows and why it shows nothing. */
@Tag("cluster")
class DashboardsTest {
    /** Where bookmarks and links lead: these stay. */
    private static final Set<String> UIDS = Set.of("dcn-fleet", "dcn-node", "dcn-devices", "dcn-paper");
    /** Of an annotation, in which kubectl apply keeps a copy of what it applied. */
    private static final int LARGEST_BYTES = 256 << 10;

    private static final int MOST_QUERIES = 5;
    private static final int COLUMNS = 24;
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{?([a-z]+)}?");
    private static final Pattern RECORD = Pattern.compile("[a-z]+:\\w+:\\w+");
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Collection<JsonNode> all() throws IOException {
        return Dashboards.of(Chart.SOURCE).values();
    }

    private static List<ObjectNode> installed(String values) {
        return Chart.install(values, ApiServer.MONITORING).all("ConfigMap").stream()
                .filter(map -> map.at("/metadata/name").asText().contains("-dashboard-"))
                .toList();
    }

    @Test
    void shouldReachTheSidecarByItsLabel() throws IOException {
        Map<Path, JsonNode> files = Dashboards.of(Chart.SOURCE);
        List<ObjectNode> maps = installed("{}");
        assertEquals(files.size(), maps.size());
        for (ObjectNode map : maps) {
            assertEquals("1", map.at("/metadata/labels/grafana_dashboard").asText());
            assertEquals(Chart.NAMESPACE, map.at("/metadata/namespace").asText());
            var data = map.path("data").properties().iterator().next();
            assertTrue(data.getKey().matches("diskcryptnet-[a-z]+\\.json"), data.getKey());
            String file = data.getKey().replace("diskcryptnet-", "");
            assertEquals(
                    files.get(Chart.SOURCE.resolve("files/monitoring/dashboards/" + file)),
                    JSON.readTree(data.getValue().asText()));
            int bytes = map.toString().getBytes(StandardCharsets.UTF_8).length;
            assertTrue(bytes < LARGEST_BYTES, file + " bytes=" + bytes);
        }
    }

    @Test
    void shouldGoWhereTheValuesSay() {
        List<ObjectNode> maps = installed("""
                monitoring:
                  namespace: monitoring
                  dashboards: {label: example.com/dashboard, labelValue: mine, annotations: {grafana_folder: Video}}
                """);
        for (ObjectNode map : maps) {
            assertEquals("monitoring", map.at("/metadata/namespace").asText());
            assertEquals(
                    "mine", map.at("/metadata/labels/example.com~1dashboard").asText());
            assertFalse(map.at("/metadata/labels").has("grafana_dashboard"));
            assertEquals("Video", map.at("/metadata/annotations/grafana_folder").asText());
        }
        assertEquals(UIDS.size(), maps.size());
        assertEquals(List.of(), installed("monitoring: {dashboards: {configMaps: false}}"));
        String told = "monitoring: {dashboards: {configMaps: true}}";
        assertEquals(UIDS.size(), Chart.install(told).all("ConfigMap").size());
        assertEquals(List.of(), Chart.install("{}").all("ConfigMap"));
    }

    @Test
    void shouldKeepTheirAddresses() throws IOException {
        Set<String> uids = new HashSet<>();
        for (JsonNode dashboard : all()) {
            uids.add(dashboard.path("uid").asText());
            assertFalse(dashboard.has("id"), "an id is of one Grafana");
            assertTrue(dashboard.path("tags").toString().contains("diskcryptnet"));
            assertFalse(dashboard.path("title").asText().isBlank());
            assertFalse(dashboard.path("description").asText().isBlank());
        }
        assertEquals(UIDS, uids);
    }

    @Test
    void shouldSayWhatEachPanelShowsInWhichUnitAndWhyItIsEmpty() throws IOException {
        for (JsonNode dashboard : all()) {
            Set<Integer> ids = new HashSet<>();
            for (JsonNode panel : Dashboards.panels(dashboard)) {
                String name = dashboard.path("uid").asText() + ", "
                        + panel.path("title").asText();
                assertTrue(ids.add(panel.path("id").asInt()), name + ": its id is there twice");
                assertTrue(panel.path("description").asText().matches("\\p{Lu}[^|]*[.]"), name + " has no description");
                JsonNode defaults = panel.at("/fieldConfig/defaults");
                assertFalse(defaults.path("unit").asText().isBlank(), name + " has no unit");
                assertFalse(defaults.path("noValue").asText().isBlank(), name + " says nothing when it is empty");
                assertEquals("${datasource}", panel.at("/datasource/uid").asText(), name);
                int queries = panel.path("targets").size();
                assertTrue(queries > 0 && queries <= MOST_QUERIES, name + " queries=" + queries);
                for (JsonNode target : panel.path("targets")) {
                    boolean named = panel.path("type").asText().equals("table") || target.has("legendFormat");
                    assertTrue(named, name + ": a series without a name");
                }
            }
        }
    }

    @Test
    void shouldPutPanelsBesideEachOther() throws IOException {
        for (JsonNode dashboard : all()) {
            Set<List<Integer>> taken = new HashSet<>();
            for (JsonNode panel : dashboard.path("panels")) {
                JsonNode place = panel.path("gridPos");
                int right = place.path("x").asInt() + place.path("w").asInt();
                assertTrue(right <= COLUMNS, panel.path("title") + " is wider than the page");
                for (int x = place.path("x").asInt(); x < right; x++) {
                    for (int y = 0; y < place.path("h").asInt(); y++) {
                        assertTrue(
                                taken.add(List.of(x, place.path("y").asInt() + y)),
                                dashboard.path("uid") + ", " + panel.path("title") + " is over another panel");
                    }
                }
            }
        }
    }

    @Test
    void shouldUseEachVariableThatTheyOfferAndNoOther() throws IOException {
        for (JsonNode dashboard : all()) {
            Set<String> offered = new TreeSet<>();
            dashboard
                    .at("/templating/list")
                    .forEach(variable -> offered.add(variable.path("name").asText()));
            Set<String> used = new TreeSet<>();
            Matcher matcher = VARIABLE.matcher(dashboard.toString().replace("$__", ""));
            while (matcher.find()) {
                used.add(matcher.group(1));
            }
            assertEquals(offered, used, dashboard.path("uid").asText());
        }
    }

    @Test
    void shouldHaveRecordedWhatTheyAndTheAlertsUse() throws IOException {
        List<String> expressions = new ArrayList<>();
        Set<String> recorded = new TreeSet<>();
        for (JsonNode dashboard : all()) {
            Dashboards.queries(dashboard).forEach(query -> expressions.add(query.expression()));
        }
        ChartRules.of(Chart.SOURCE, Chart.NAMESPACE).path("groups").forEach(group -> group.path("rules")
                .forEach(rule -> {
                    if (rule.has("record")) {
                        recorded.add(rule.path("record").asText());
                    }
                    expressions.add(rule.path("expr").asText());
                }));
        Set<String> used = new TreeSet<>();
        for (String expression : expressions) {
            Matcher matcher = RECORD.matcher(expression);
            while (matcher.find()) {
                used.add(matcher.group());
            }
        }
        assertEquals(recorded, used);
    }

    /** So that a dashboard that was changed in Grafana and exported differs from the one before in what was changed. */
    @Test
    void shouldBeWrittenInOneForm() throws IOException {
        for (Map.Entry<Path, JsonNode> dashboard : Dashboards.of(Chart.SOURCE).entrySet()) {
            String formatted = Dashboards.format(dashboard.getValue());
            if (Boolean.getBoolean("dcn.chart.write")) {
                Files.writeString(dashboard.getKey(), formatted);
            } else {
                assertEquals(formatted, Files.readString(dashboard.getKey()), "write it with -Ddcn.chart.write=true");
            }
        }
    }
}
