package dev.diskcryptnet.crds.schema;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.SelectableField;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a real API server, kubectl explain and kubectl get ask of the definitions. */
class SchemaShapeTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    /** CustomResourceDefinition API: the longest message of a rule. */
    private static final int MAX_MESSAGE_LENGTH = 2048;

    /** A part of a schema, by the path of its fields. */
    private record Part(String path, String name, JsonNode schema) {}

    static List<CustomResourceDefinition> definitions() {
        return List.of(CrdYaml.streamingNode(), CrdYaml.streamingNodePool());
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void shouldExplainEveryField(CustomResourceDefinition definition) {
        assertNone(
                definition,
                (path, part) -> !path.endsWith("[]")
                        && part.path("description").asText().length() < 15);
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void shouldBoundEverythingThatRulesLookAt(CustomResourceDefinition definition) {
        assertNone(
                definition,
                (path, part) -> path.startsWith("spec")
                        && switch (part.path("type").asText("int-or-string")) {
                            case "string" -> !part.has("maxLength") && !part.has("enum");
                            case "int-or-string" -> !part.has("maxLength");
                            case "array" -> !part.has("maxItems");
                            case "object" -> part.has("additionalProperties") && !part.has("maxProperties");
                            case "integer" -> !part.has("minimum");
                            default -> false;
                        });
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void shouldHaveNoFormatsAndNoNulls(CustomResourceDefinition definition) {
        assertNone(
                definition,
                (path, part) ->
                        part.has("format") || part.has("nullable") || part.has("x-kubernetes-preserve-unknown-fields"));
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void shouldNameFieldAndRemedyInEveryRule(CustomResourceDefinition definition) {
        assertNone(definition, (path, part) -> StreamSupport.stream(
                        part.path("x-kubernetes-validations").spliterator(), false)
                .map(rule -> rule.path("message").asText())
                .anyMatch(message -> !message.contains("; ")
                        || message.contains("\n")
                        || message.length() > MAX_MESSAGE_LENGTH
                        || !namesField(path, part, message)));
    }

    @ParameterizedTest
    @MethodSource("definitions")
    void shouldSayInWordsWhatAPatternMeans(CustomResourceDefinition definition) {
        List<Part> parts = parts(definition);
        List<String> silent = parts.stream()
                .filter(part -> part.schema().has("pattern"))
                .filter(part -> !part.schema().has("x-kubernetes-validations")
                        && parts.stream()
                                .noneMatch(parent -> part.path().equals(parent.path() + "[]")
                                        && parent.schema().has("x-kubernetes-validations")))
                .map(Part::path)
                .toList();

        assertEquals(List.of(), silent);
    }

    @Test
    void shouldShowWhatMattersOfStreamingNodes() {
        CustomResourceDefinition definition = CrdYaml.streamingNode();
        CustomResourceDefinitionVersion version =
                definition.getSpec().getVersions().getFirst();

        assertAll(
                () -> assertEquals(
                        List.of("Node", "Ready", "Reason/1", "Addresses/1", "Gbit/s", "Connections", "Age"),
                        columns(version)),
                () -> assertEquals(
                        List.of(".spec.nodeName"),
                        version.getSelectableFields().stream()
                                .map(SelectableField::getJsonPath)
                                .toList()),
                () -> assertEquals(
                        List.of("sn"), definition.getSpec().getNames().getShortNames()),
                () -> assertEquals(
                        List.of("diskcryptnet"), definition.getSpec().getNames().getCategories()),
                () -> assertEquals("Namespaced", definition.getSpec().getScope()));
    }

    @Test
    void shouldLetPoolsBeScaled() {
        CustomResourceDefinition definition = CrdYaml.streamingNodePool();
        CustomResourceDefinitionVersion version =
                definition.getSpec().getVersions().getFirst();
        var scale = version.getSubresources().getScale();

        assertAll(
                () -> assertEquals(".spec.replicas", scale.getSpecReplicasPath()),
                () -> assertEquals(".status.replicas", scale.getStatusReplicasPath()),
                () -> assertEquals(".status.selector", scale.getLabelSelectorPath()),
                () -> assertEquals(
                        List.of("Desired", "Current", "Ready", "Updated", "Message/1", "Age"), columns(version)),
                () -> assertEquals(
                        List.of("snp"), definition.getSpec().getNames().getShortNames()));
    }

    /** Names, with the priority of those that only -o wide shows. */
    private static List<String> columns(CustomResourceDefinitionVersion version) {
        return version.getAdditionalPrinterColumns().stream()
                .map(SchemaShapeTest::column)
                .toList();
    }

    private static String column(CustomResourceColumnDefinition column) {
        return column.getName() + (column.getPriority() == null ? "" : "/" + column.getPriority());
    }

    private static boolean namesField(String path, JsonNode part, String message) {
        String name = path.substring(path.lastIndexOf('.') + 1);
        List<String> names = new ArrayList<>(List.of(name, "metadata.name", "agent.resources"));
        part.path("properties").fieldNames().forEachRemaining(names::add);
        return names.stream().filter(known -> !known.isEmpty()).anyMatch(message::contains);
    }

    private static void assertNone(CustomResourceDefinition definition, BiPredicate<String, JsonNode> wrong) {
        assertEquals(
                List.of(),
                parts(definition).stream()
                        .filter(part -> wrong.test(part.path(), part.schema()))
                        .map(Part::path)
                        .toList());
    }

    private static List<Part> parts(CustomResourceDefinition definition) {
        List<Part> parts = new ArrayList<>();
        JsonNode root = MAPPER.valueToTree(
                definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema());
        collect(new Part("", "", root), parts);
        return parts;
    }

    private static void collect(Part part, List<Part> parts) {
        parts.add(part);
        part.schema().path("properties").properties().forEach(property -> {
            String path = part.path().isEmpty() ? property.getKey() : part.path() + "." + property.getKey();
            collect(new Part(path, property.getKey(), property.getValue()), parts);
        });
        for (String many : List.of("items", "additionalProperties")) {
            if (part.schema().has(many)) {
                collect(new Part(part.path() + "[]", many, part.schema().get(many)), parts);
            }
        }
    }
}
