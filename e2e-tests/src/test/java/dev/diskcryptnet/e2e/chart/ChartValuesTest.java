package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What values do, and which ones are refused. */
@Tag("cluster")
class ChartValuesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "replica: 2                                         | replica",
                "image: {name: x}                                   | image",
                "agent: {images: {tag: x}}                          | agent",
                "monitoring: {enabled: true}                        | monitoring",
                "replicas: 11                                       | /replicas",
                "replicas: '2'                                      | /replicas",
                "watchNamespaces: edge-a                            | /watchNamespaces",
                "watchNamespaces: [Edge]                            | /watchNamespaces/0",
                "watchNamespaces: [a, a]                            | /watchNamespaces",
                "{clusterWide: true, watchNamespaces: [a]}          | /watchNamespaces",
                "image: {pullPolicy: Sometimes}                     | /image/pullPolicy",
                "image: {tag: 'a:b'}                                | /image/tag",
                "image: {tag: 1.2}                                  | /image/tag",
                "image: {digest: sha256:abc}                        | /image/digest",
                "image: {repository: ''}                            | /image/repository",
                "agent: {image: {repository: 'Upper/case'}}         | /agent/image/repository",
                "imagePullSecrets: [registry-example]               | /imagePullSecrets/0",
                "agent: {seccomp: {install: true}}                  | /agent/seccomp/installerImage",
                "agent: {seccomp: {directory: seccomp}}             | /agent/seccomp/directory",
                "agent: {seccomp: {profile: /etc/agent.json}}       | /agent/seccomp/profile",
                "logLevel: verbose                                  | /logLevel",
                "pollInterval: 5                                    | /pollInterval",
                "statusInterval: 2h                                 | /statusInterval",
                "statusInterval: 3601s                              | /statusInterval",
                "reconcileThreads: 0                                | /reconcileThreads",
                "extraEnv: [{name: DCN_AGENT_IMAGE, value: x}]      | /extraEnv/0/name",
                "extraEnv: [{value: x}]                             | /extraEnv/0",
                "resources: {limits: {memory: lots}}                | /resources/limits/memory",
                "tolerations: [{operator: Maybe}]                   | /tolerations/0/operator",
                "topologySpreadConstraints: [{maxSkew: 1}]          | /topologySpreadConstraints/0",
                "podDisruptionBudget: {maxUnavailable: 0}           | /podDisruptionBudget/maxUnavailable",
                "podDisruptionBudget: {maxUnavailable: 0%}          | /podDisruptionBudget/maxUnavailable",
                "networkPolicy: {ingressFrom: [{}]}                 | /networkPolicy/ingressFrom/0",
                "monitoring: {operator: {podMonitor: maybe}}        | /monitoring/operator/podMonitor",
                "monitoring: {interval: soon}                       | /monitoring/interval",
                "monitoring: {rules: {prometheusRule: maybe}}       | /monitoring/rules/prometheusRule",
                "monitoring: {rules: {without: [NodeDown]}}         | /monitoring/rules/without/0",
                "monitoring: {rules: {runbookUrl: here}}            | /monitoring/rules/runbookUrl",
                "monitoring: {rules: {thresholds: {x: 1}}}          | /monitoring/rules/thresholds",
                "monitoring: {rules: {thresholds: {loopBusy: 90}}}  | /monitoring/rules/thresholds/loopBusy",
                "monitoring: {dashboards: {label: 'a b'}}           | /monitoring/dashboards/label",
                "podLabels: {replicas: 2}                           | /podLabels/replicas",
                "terminationGracePeriodSeconds: 0                   | /terminationGracePeriodSeconds",
                "serviceAccount: {name: Upper}                      | /serviceAccount/name"
            })
    void shouldRefuseWrongValuesAndNameThem(String values, String named) {
        String message = Chart.refusal(values);
        assertTrue(message.contains("don't meet the specifications of the schema"), message);
        assertTrue(message.contains(named.startsWith("/") ? "'" + named + "'" : named), message);
    }

    @Test
    void shouldHaveASchemaThatKnowsEveryValueAndNoOther() throws IOException {
        JsonNode schema = new ObjectMapper()
                .readTree(Chart.DIRECTORY.resolve("values.schema.json").toFile());
        Set<String> known = new TreeSet<>();
        collect(schema, schema, "", known);
        known.remove("/global");
        Set<String> values = new TreeSet<>(DefaultValues.leaves(DefaultValues.read()));
        // Given by default, of no fixed form.
        values.removeIf(leaf -> leaf.startsWith("/resources/"));
        known.removeIf(leaf -> leaf.startsWith("/resources") || leaf.startsWith("/affinity"));
        values.remove("/affinity");
        assertEquals(values, known);
    }

    private static void collect(JsonNode schema, JsonNode root, String pointer, Set<String> leaves) {
        JsonNode resolved =
                schema.has("$ref") ? root.at(schema.path("$ref").asText().substring(1)) : schema;
        if (!resolved.has("properties")) {
            leaves.add(pointer);
            return;
        }
        assertEquals("false", resolved.path("additionalProperties").asText(), "lets unknown keys in: " + pointer);
        resolved.path("properties")
                .properties()
                .forEach(field -> collect(field.getValue(), root, pointer + "/" + field.getKey(), leaves));
    }

    @Test
    void shouldTellTheOperatorWhatTheValuesSay() {
        Map<String, String> defaults = OperatorEnvironment.of(Chart.install("{}"));
        assertEquals("streaming", defaults.get("DCN_WATCH_NAMESPACES"));
        assertEquals("diskcryptnet/agent:" + appVersion(), defaults.get("DCN_AGENT_IMAGE"));
        assertEquals("server", defaults.get("DCN_API_PROFILE"));
        assertEquals("true", defaults.get("DCN_LEADER_ELECTION"));
        assertEquals("", defaults.get("DCN_AGENT_SECCOMP_PROFILE"));
        assertFalse(defaults.containsKey("JAVA_TOOL_OPTIONS"));

        Map<String, String> changed = OperatorEnvironment.of(Chart.install("""
                watchNamespaces: [edge-b, edge-a]
                agent: {image: {repository: registry.example/agent, tag: 7, digest: ""}}
                pollInterval: 3s
                statusInterval: 30s
                reconcileThreads: 2
                jvmOptions: -Xmx1g
                logLevel: WARN
                extraEnv: [{name: ZONE, value: a}]
                """.replace("tag: 7", "tag: '7'")));
        assertEquals("edge-b,edge-a", changed.get("DCN_WATCH_NAMESPACES"));
        assertEquals("registry.example/agent:7", changed.get("DCN_AGENT_IMAGE"));
        assertEquals("3s", changed.get("DCN_POLL_INTERVAL"));
        assertEquals("30s", changed.get("DCN_STATUS_INTERVAL"));
        assertEquals("2", changed.get("DCN_RECONCILE_THREADS"));
        assertEquals("-Xmx1g", changed.get("JAVA_TOOL_OPTIONS"));
        assertEquals("WARN", changed.get("QUARKUS_LOG_LEVEL"));
        assertEquals("a", changed.get("ZONE"));
        assertEquals(
                "", OperatorEnvironment.of(Chart.install("clusterWide: true")).get("DCN_WATCH_NAMESPACES"));
    }

    private static String appVersion() {
        return Chart.documents(Chart.text("Chart.yaml"))
                .getFirst()
                .path("appVersion")
                .asText();
    }

    @Test
    void shouldMakePodMonitorsWhenTheClusterKnowsThemOrWhenTold() {
        assertEquals(List.of(), Chart.install("{}").all("PodMonitor"));
        assertEquals(
                2, Chart.install("{}", ApiServer.POD_MONITORS).all("PodMonitor").size());
        String off = "monitoring: {operator: {podMonitor: false}, agents: {podMonitor: 'false'}}";
        assertEquals(List.of(), Chart.install(off, ApiServer.POD_MONITORS).all("PodMonitor"));
        String message = Chart.refusal("monitoring: {agents: {podMonitor: true}}");
        assertTrue(message.contains("no matches for kind \"PodMonitor\""), message);
    }

    @Test
    void shouldScrapeAgentsWhereTheyMayBe() {
        ObjectNode some = monitor("watchNamespaces: [edge-a, edge-b]");
        assertEquals(
                "[\"edge-a\",\"edge-b\"]",
                some.at("/spec/namespaceSelector/matchNames").toString());
        ObjectNode all = monitor("clusterWide: true");
        assertEquals("{\"any\":true}", all.at("/spec/namespaceSelector").toString());
    }

    private static ObjectNode monitor(String values) {
        return Chart.install(values, ApiServer.POD_MONITORS).named("PodMonitor", "diskcryptnet-agents");
    }

    @Test
    void shouldKeepReplicasApartUnlessToldOtherwise() {
        String path = "/spec/template/spec/affinity";
        ObjectNode apart = Chart.install("{}").only("Deployment");
        assertTrue(apart.at(path).has("podAntiAffinity"));
        ObjectNode told = Chart.install("affinity: {nodeAffinity: {}}").only("Deployment");
        assertEquals("{\"nodeAffinity\":{}}", told.at(path).toString());
    }
}
