package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kustomize overlays install the objects that the chart installs; {@code kubectl kustomize} renders them offline. */
class KustomizeTest {
    private static final Path OVERLAYS = Chart.ROOT.resolve("deploy/kustomize/overlays");
    /** Labels that say which tool manages an object and from which version. */
    private static final List<String> TOOL_LABELS =
            List.of("helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version");

    @BeforeAll
    static void needKubectl() {
        Assumptions.assumeTrue(
                Run.quietly("sh", "-c", "command -v kubectl").ok(),
                "kubectl is not installed, and only it renders kustomize overlays here");
    }

    private static List<ObjectNode> render(String overlay) {
        Run.Result result =
                Run.quietly("kubectl", "kustomize", OVERLAYS.resolve(overlay).toString());
        assertTrue(result.ok(), result.output());
        return Chart.documents(result.output());
    }

    @ParameterizedTest
    @CsvSource({"namespaced, streaming, false", "cluster-wide, diskcryptnet-system, true"})
    void shouldInstallWhatTheChartInstalls(String overlay, String namespace, boolean clusterWide) {
        List<ObjectNode> charts;
        try (ApiServer server = new ApiServer()) {
            charts = Chart.install(server, Chart.RELEASE, namespace, "clusterWide: " + clusterWide)
                    .objects();
        }
        Map<String, JsonNode> expected = byName(charts, namespace);
        Map<String, JsonNode> rendered = byName(render(overlay), namespace);
        // Helm leaves it to the person to make the namespace.
        assertEquals(
                "Namespace",
                rendered.remove("Namespace " + namespace).path("kind").asText());
        assertEquals(expected.keySet(), rendered.keySet());
        expected.forEach((name, object) -> assertEquals(
                object.toPrettyString(),
                rendered.get(name).toPrettyString(),
                name + ": write in deploy/kustomize what the chart has"));
    }

    @Test
    void shouldLookAfterItsOwnNamespaceInTheDemoAndPullNothing() {
        ObjectNode deployment = render("single-node-demo").stream()
                .filter(object -> object.path("kind").asText().equals("Deployment"))
                .findFirst()
                .orElseThrow();
        JsonNode container = deployment.at("/spec/template/spec/containers/0");
        assertEquals("Never", container.path("imagePullPolicy").asText());
        assertEquals("streaming", deployment.at("/metadata/namespace").asText());
        assertEquals("streaming", container.at("/env/1/value").asText());
    }

    /** Objects by kind and name, without what differs by nature, sorted within. */
    private static Map<String, JsonNode> byName(List<ObjectNode> objects, String namespace) {
        Map<String, JsonNode> byName = new TreeMap<>();
        for (ObjectNode object : objects) {
            ObjectNode metadata = (ObjectNode) object.get("metadata");
            metadata.remove("annotations");
            removeToolLabels(object);
            if (!metadata.has("namespace")) {
                // A release marks what has no namespace with its own; there is one installation by kustomize.
                unmark(metadata, namespace);
            }
            if (object.get("roleRef") instanceof ObjectNode role) {
                unmark(role, namespace);
            }
            if (object.path("kind").asText().equals("CustomResourceDefinition")) {
                // Both read the files in /crds.
                object.remove("spec");
                metadata.remove("labels");
            }
            byName.put(
                    object.path("kind").asText() + " " + metadata.path("name").asText(), sorted(object));
        }
        return byName;
    }

    private static void unmark(ObjectNode named, String namespace) {
        named.put(
                "name", named.path("name").asText().replaceFirst("^" + namespace + "[.]diskcryptnet", "diskcryptnet"));
    }

    private static void removeToolLabels(JsonNode node) {
        for (JsonNode labels : node.findValues("labels")) {
            if (labels instanceof ObjectNode object) {
                object.remove(TOOL_LABELS);
            }
        }
    }

    private static JsonNode sorted(JsonNode node) {
        if (node instanceof ArrayNode array) {
            ArrayNode sorted = array.arrayNode();
            array.forEach(item -> sorted.add(sorted(item)));
            return sorted;
        }
        if (!(node instanceof ObjectNode object)) {
            return node;
        }
        Map<String, JsonNode> fields = new TreeMap<>();
        object.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
        ObjectNode sorted = object.objectNode();
        fields.forEach(sorted::set);
        return sorted;
    }
}
