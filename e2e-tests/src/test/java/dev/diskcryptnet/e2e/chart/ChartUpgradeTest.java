package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an upgrade changes, and what it must not. */
@Tag("cluster")
class ChartUpgradeTest {
    static List<ValuesMatrix.Values> matrix() {
        return ValuesMatrix.all();
    }

    /** What the API server lets nobody change, by kind. */
    private static final Map<String, String> IMMUTABLE = Map.of(
            "Deployment",
            "/spec/selector",
            "DaemonSet",
            "/spec/selector",
            "RoleBinding",
            "/roleRef",
            "ClusterRoleBinding",
            "/roleRef");

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldReachAnyValuesFromTheDefaultsAndBack(ValuesMatrix.Values values) {
        Map<String, JsonNode> defaults = immutable(Chart.install("{}", ApiServer.MONITORING));
        Map<String, JsonNode> changed = immutable(Chart.install(values.yaml(), ApiServer.MONITORING));
        defaults.keySet().retainAll(changed.keySet());
        changed.keySet().retainAll(defaults.keySet());
        assertEquals(defaults, changed);
    }

    private static Map<String, JsonNode> immutable(Chart.Release release) {
        Map<String, JsonNode> found = new TreeMap<>();
        for (ObjectNode object : release.objects()) {
            String kind = object.path("kind").asText();
            if (IMMUTABLE.containsKey(kind)) {
                String name = kind + "/" + object.at("/metadata/namespace").asText() + "/"
                        + object.at("/metadata/name").asText();
                found.put(name, object.at(IMMUTABLE.get(kind)));
            }
        }
        return found;
    }

    @Test
    void shouldChangeNothingWhenNothingChanged() {
        try (ApiServer server = new ApiServer(ApiServer.MONITORING)) {
            Chart.install(server, ValuesMatrix.HIGHLY_AVAILABLE);
            server.takeChanges();
            Chart.upgrade(server, Chart.DIRECTORY, 2, ValuesMatrix.HIGHLY_AVAILABLE);
            assertEquals(List.of(), changesOfTheCluster(server));
        }
    }

    @Test
    void shouldRollTheOperatorAloneWhenItsImageChanges() {
        try (ApiServer server = new ApiServer()) {
            Chart.install(server, "{}");
            server.takeChanges();
            Chart.upgrade(server, Chart.DIRECTORY, 2, "image: {tag: 9.9.9}");
            assertEquals(
                    List.of("PATCH /apis/apps/v1/namespaces/streaming/deployments/diskcryptnet-operator"),
                    changesOfTheCluster(server));
        }
    }

    @Test
    void shouldTakeRightsBackFromNamespacesThatAreNoLongerWatched() {
        try (ApiServer server = new ApiServer()) {
            Chart.install(server, "watchNamespaces: [kept, left]");
            server.takeChanges();
            Chart.upgrade(server, Chart.DIRECTORY, 2, "watchNamespaces: [kept]");
            String rights = "/apis/rbac.authorization.k8s.io/v1/namespaces/left/";
            assertEquals(
                    List.of(
                            "DELETE " + rights + "rolebindings/diskcryptnet-operator",
                            "DELETE " + rights + "roles/diskcryptnet-operator",
                            "PATCH /apis/apps/v1/namespaces/streaming/deployments/diskcryptnet-operator"),
                    changesOfTheCluster(server));
        }
    }

    /** Sorted, without Helm's own records. */
    private static List<String> changesOfTheCluster(ApiServer server) {
        return server.takeChanges().stream()
                .map(change -> change.method() + " " + change.path())
                .filter(change -> !change.contains("/secrets/sh.helm.release."))
                .sorted()
                .toList();
    }
}
