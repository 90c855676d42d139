package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person reads after an installation is true of it, and the next step works. */
@Tag("cluster")
class ChartNotesTest {
    /** The document that the notes have a person apply. */
    private static ObjectNode example(Chart.Release release) {
        String notes = release.notes();
        String marker = "<<'EOF'\n";
        String document = notes.substring(notes.indexOf(marker) + marker.length(), notes.indexOf("\n  EOF\n"));
        return Chart.documents(document.stripIndent()).getFirst();
    }

    private static void namespace(ApiServer server, String name, String level) {
        ObjectNode namespace = Chart.YAML.createObjectNode();
        namespace.put("apiVersion", "v1").put("kind", "Namespace");
        ObjectNode metadata = namespace.putObject("metadata").put("name", name);
        metadata.putObject("labels").put("pod-security.kubernetes.io/enforce", level);
        server.put("/api/v1/namespaces/" + name, namespace);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                               | streaming",
                "watchNamespaces: [edge-a, edge-b]| edge-a",
                "clusterWide: true                | streaming"
            })
    void shouldShowANodeInANamespaceThatIsWatched(String values, String namespace) {
        Chart.Release release = Chart.install(values);
        assertEquals(namespace, example(release).at("/metadata/namespace").asText());
        assertTrue(release.notes().contains("kubectl label --overwrite namespace " + namespace + " "));
    }

    @Test
    void shouldShowANodeWithTheFieldsThatTheCrdHas() {
        Chart.Release release = Chart.install("{}");
        JsonNode schema = release.named("CustomResourceDefinition", "streamingnodes.diskcryptnet.dev")
                .at("/spec/versions/0/schema/openAPIV3Schema");
        ObjectNode node = example(release);
        assertEquals("diskcryptnet.dev/v1alpha1", node.path("apiVersion").asText());
        assertEquals("StreamingNode", node.path("kind").asText());
        assertFits(node.path("spec"), schema.at("/properties/spec"), "spec");
    }

    /** Fields, types, patterns and bounds of the schema; its rules (CEL) want a real API server. */
    private static void assertFits(JsonNode value, JsonNode schema, String path) {
        schema.path("required").forEach(name -> assertTrue(value.has(name.asText()), path + " lacks " + name.asText()));
        switch (schema.path("type").asText()) {
            case "object" ->
                value.properties().forEach(field -> {
                    String name = path + "." + field.getKey();
                    JsonNode of = schema.path("properties").path(field.getKey());
                    assertFalse(of.isMissingNode(), "no such field: " + name);
                    assertFits(field.getValue(), of, name);
                });
            case "array" -> value.forEach(item -> assertFits(item, schema.path("items"), path + "[]"));
            case "integer" ->
                assertTrue(
                        value.isInt()
                                && value.asInt() >= schema.path("minimum").asInt(Integer.MIN_VALUE)
                                && value.asInt() <= schema.path("maximum").asInt(Integer.MAX_VALUE),
                        path);
            case "string" -> {
                assertTrue(value.isTextual(), path);
                if (schema.has("pattern")) {
                    assertTrue(value.asText().matches(schema.path("pattern").asText()), path + "=" + value);
                }
            }
            default -> throw new AssertionError("type=" + schema.path("type") + " of " + path);
        }
    }

    @ParameterizedTest
    @CsvSource({"baseline, true", "restricted, true", "privileged, false"})
    void shouldWarnOfANamespaceThatRefusesAgents(String level, boolean warns) {
        try (ApiServer server = new ApiServer()) {
            namespace(server, "edge-b", level);
            String notes =
                    Chart.install(server, "watchNamespaces: [edge-a, edge-b]").notes();
            assertEquals(
                    warns, notes.contains("WARNING: namespace edge-b enforces Pod Security level \"" + level), notes);
            assertFalse(notes.contains("WARNING: namespace edge-a"), notes);
        }
    }

    @Test
    void shouldWarnOfNamespacesWithNodesInThemWhenAllAreWatched() {
        try (ApiServer server = new ApiServer(ApiServer.STREAMING_NODES)) {
            namespace(server, "with-nodes", "baseline");
            namespace(server, "without", "baseline");
            ObjectNode node = example(Chart.install("{}"));
            server.put("/apis/diskcryptnet.dev/v1alpha1/namespaces/with-nodes/streamingnodes/edge-01", node);
            String notes = Chart.install(server, "clusterWide: true").notes();
            assertTrue(notes.contains("WARNING: namespace with-nodes enforces"), notes);
            assertFalse(notes.contains("WARNING: namespace without"), notes);
        }
    }

    @Test
    void shouldSayThatNothingIsReconciledWithoutAReplica() {
        assertTrue(Chart.install("replicas: 0").notes().contains("WARNING: replicas is 0"));
        assertFalse(Chart.install("{}").notes().contains("WARNING"));
    }

    @Test
    void shouldSayHowToMonitorUnlessItIsSetUp() {
        assertTrue(Chart.install("{}").notes().contains("monitoring.agents.podMonitor=true"));
        assertFalse(Chart.install("{}", ApiServer.POD_MONITORS).notes().contains("monitoring.agents.podMonitor=true"));
    }
}
