package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every object of every rendering in the matrix is whole, and they agree with one another. */
@Tag("cluster")
class ChartObjectsTest {
    private static final Set<String> STANDARD_LABELS = Set.of(
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/version",
            "app.kubernetes.io/component",
            "app.kubernetes.io/managed-by",
            "app.kubernetes.io/part-of",
            "helm.sh/chart");

    static List<ValuesMatrix.Values> matrix() {
        return ValuesMatrix.all();
    }

    private static Chart.Release install(ValuesMatrix.Values values) {
        return Chart.install(values.yaml(), ApiServer.MONITORING);
    }

    @Test
    void shouldPassHelmsOwnLint() {
        LintResult result = new Helm(Chart.DIRECTORY).lint().strict().call();
        assertFalse(result.isFailed(), result.getMessages().toString());
        assertTrue(
                result.getMessages().stream().allMatch(message -> message.startsWith("[INFO]")),
                result.getMessages().toString());
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldHaveNoFieldThatTheKindDoesNotHave(ValuesMatrix.Values values) {
        assertAll(install(values).objects().stream().map(object -> () -> StrictModel.read(object)));
    }

    @Test
    void shouldRefuseAFieldThatTheKindDoesNotHave() {
        ObjectNode deployment = Chart.install("{}").only("Deployment");
        ((ObjectNode) deployment.at("/spec/template/spec/containers/0/securityContext"))
                .put("readOnlyRootFileSystem", true);
        AssertionError error = assertThrows(AssertionError.class, () -> StrictModel.read(deployment));
        assertTrue(error.getMessage().contains("readOnlyRootFileSystem"), error.getMessage());
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldNameEachObjectOnceAndValidly(ValuesMatrix.Values values) {
        Set<String> seen = new HashSet<>();
        for (ObjectNode object : install(values).objects()) {
            JsonNode metadata = object.path("metadata");
            String name = metadata.path("name").asText();
            int longest = metadata.has("namespace") ? 63 : 253;
            assertTrue(name.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?") && name.length() <= longest, "name=" + name);
            assertTrue(
                    seen.add(object.path("kind").asText() + "/"
                            + metadata.path("namespace").asText() + "/" + name),
                    "twice: " + name);
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldGiveEachNamespacedObjectItsNamespace(ValuesMatrix.Values values) {
        Set<String> clusterScoped = Set.of("ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition");
        for (ObjectNode object : install(values).objects()) {
            String kind = object.path("kind").asText();
            assertEquals(
                    !clusterScoped.contains(kind),
                    object.at("/metadata").has("namespace"),
                    kind + object.at("/metadata"));
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldLabelEachObjectAndPodAsKubernetesRecommends(ValuesMatrix.Values values) {
        for (ObjectNode object : install(values).objects()) {
            for (JsonNode metadata : List.of(object.path("metadata"), object.at("/spec/template/metadata"))) {
                if (metadata.isMissingNode() || isCrd(object)) {
                    continue;
                }
                Set<String> names = fieldNames(metadata.path("labels"));
                assertTrue(names.containsAll(STANDARD_LABELS), object.path("kind") + ": " + names);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldSelectThePodsThatTheTemplatesMake(ValuesMatrix.Values values) {
        Chart.Release release = install(values);
        JsonNode operator = release.only("Deployment").at("/spec/template/metadata/labels");
        for (ObjectNode object : release.objects()) {
            switch (object.path("kind").asText()) {
                case "Deployment", "DaemonSet" ->
                    assertSelects(object.at("/spec/selector/matchLabels"), object.at("/spec/template/metadata/labels"));
                case "PodDisruptionBudget" -> assertSelects(object.at("/spec/selector/matchLabels"), operator);
                case "NetworkPolicy" -> assertSelects(object.at("/spec/podSelector/matchLabels"), operator);
                default -> {}
            }
        }
        release.all("DaemonSet")
                .forEach(daemons -> assertFalse(
                        selects(
                                release.only("Deployment").at("/spec/selector/matchLabels"),
                                daemons.at("/spec/template/metadata/labels")),
                        "the operator's selector takes the DaemonSet's pods"));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldReferToNothingThatIsNotThere(ValuesMatrix.Values values) {
        Chart.Release release = install(values);
        for (ObjectNode workload : workloads(release)) {
            JsonNode pod = workload.at("/spec/template/spec");
            Set<String> volumes = new HashSet<>();
            pod.path("volumes").forEach(volume -> {
                volumes.add(volume.path("name").asText());
                if (volume.has("configMap")) {
                    release.named("ConfigMap", volume.at("/configMap/name").asText());
                }
            });
            for (JsonNode container : pod.path("containers")) {
                Set<String> mounted = texts(container.path("volumeMounts"), "name");
                assertEquals(volumes, mounted, "volumes and mounts differ");
                Set<String> ports = texts(container.path("ports"), "name");
                Stream.of("startupProbe", "livenessProbe", "readinessProbe")
                        .map(probe -> container.at("/" + probe + "/httpGet/port"))
                        .filter(port -> !port.isMissingNode())
                        .forEach(port -> assertTrue(ports.contains(port.asText()), "no port " + port));
            }
        }
        for (ObjectNode binding : bindings(release)) {
            release.named(
                    binding.at("/roleRef/kind").asText(),
                    binding.at("/roleRef/name").asText());
            JsonNode subject = binding.at("/subjects/0");
            assertEquals(
                    release.only("Deployment")
                            .at("/spec/template/spec/serviceAccountName")
                            .asText(),
                    subject.path("name").asText());
            assertEquals(Chart.NAMESPACE, subject.path("namespace").asText());
        }
    }

    @Test
    void shouldMeetNoObjectOfAnotherReleaseOfTheSameName() {
        try (ApiServer server = new ApiServer(ApiServer.POD_MONITORS)) {
            Chart.install(server, Chart.RELEASE, "one", "{}");
            Chart.install(server, Chart.RELEASE, "two", "{}");
        }
    }

    @Test
    void shouldChangeEveryValueSomewhereInTheMatrix() {
        JsonNode defaults = DefaultValues.read();
        Set<String> unchanged = DefaultValues.leaves(defaults);
        for (ValuesMatrix.Values values : ValuesMatrix.all()) {
            JsonNode changed = Chart.documents(values.yaml()).getFirst();
            unchanged.removeIf(leaf -> {
                JsonNode value = changed.at(leaf);
                return !value.isMissingNode() && !value.equals(defaults.at(leaf));
            });
        }
        assertEquals(Set.of(), unchanged);
    }

    private static boolean isCrd(JsonNode object) {
        return object.path("kind").asText().equals("CustomResourceDefinition");
    }

    private static List<ObjectNode> workloads(Chart.Release release) {
        List<ObjectNode> workloads = new ArrayList<>(release.all("Deployment"));
        workloads.addAll(release.all("DaemonSet"));
        return workloads;
    }

    private static List<ObjectNode> bindings(Chart.Release release) {
        List<ObjectNode> bindings = new ArrayList<>(release.all("RoleBinding"));
        bindings.addAll(release.all("ClusterRoleBinding"));
        return bindings;
    }

    private static void assertSelects(JsonNode selector, JsonNode labels) {
        assertTrue(selects(selector, labels), selector + " does not select " + labels);
    }

    private static boolean selects(JsonNode selector, JsonNode labels) {
        return !selector.isEmpty()
                && selector.properties().stream()
                        .allMatch(label -> label.getValue().equals(labels.get(label.getKey())));
    }

    private static Set<String> fieldNames(JsonNode object) {
        Set<String> names = new HashSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static Set<String> texts(JsonNode list, String field) {
        Set<String> texts = new HashSet<>();
        list.forEach(item -> texts.add(item.path(field).asText()));
        return texts;
    }
}
