package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The operator is granted what it calls and nothing else. */
@Tag("cluster")
class ChartRbacTest {
    /** What the operator calls, and why; lists of verbs are separated by blanks. */
    private record Need(String verbs, String group, String resource, String reason) {}

    private static final String OURS = "diskcryptnet.dev";

    private static final List<Need> IN_WATCHED_NAMESPACES = List.of(
            new Need("list watch", OURS, "streamingnodes", "reconciles them"),
            new Need("get", OURS, "streamingnodes", "a pool finds a member that lost its label"),
            new Need(
                    "create update delete", OURS, "streamingnodes", "a pool makes, changes and takes away its members"),
            new Need("patch", OURS, "streamingnodes", "sets and takes off the finalizer"),
            new Need("list watch", OURS, "streamingnodepools", "reconciles them"),
            new Need("get", OURS, "streamingnodepools", "reads a pool again before it acts on it"),
            new Need("update", OURS, "streamingnodes/status", "says what is"),
            new Need("update", OURS, "streamingnodepools/status", "says what is"),
            new Need("update", OURS, "streamingnodes/finalizers", "owner references that hold up deletion"),
            new Need("update", OURS, "streamingnodepools/finalizers", "owner references that hold up deletion"),
            new Need("list watch create patch", "", "configmaps", "the agent's configuration"),
            new Need("list watch create patch", "", "services", "the agent's name"),
            new Need("list watch create patch", "", "serviceaccounts", "the agent's account, without a token"),
            new Need("list watch create", "", "secrets", "the agent's admin token; the listeners' certificates"),
            new Need("list watch create patch", "apps", "statefulsets", "the agent"),
            new Need("delete", "apps", "statefulsets", "ends the agent before its devices are given back"),
            new Need("list watch create delete", "batch", "jobs", "gives devices back, and again when that failed"),
            new Need("list watch", "", "pods", "what the agent's pod lacks; its address"),
            new Need("create", "", "events", "says what was done, with the device in it"));

    private static final List<Need> IN_THE_CLUSTER =
            List.of(new Need("list watch", "", "nodes", "whether a machine is there and ready; those of a pool"));

    private static final Set<String> IN_THE_RELEASES_NAMESPACE = Set.of(
            "create coordination.k8s.io/leases in streaming",
            "get coordination.k8s.io/leases in streaming named diskcryptnet-operator",
            "patch coordination.k8s.io/leases in streaming named diskcryptnet-operator");

    private static Set<String> needed(String... namespaces) {
        Set<String> needed = new TreeSet<>(IN_THE_RELEASES_NAMESPACE);
        for (String namespace : namespaces) {
            add(IN_WATCHED_NAMESPACES, namespace, needed);
        }
        add(IN_THE_CLUSTER, Rights.CLUSTER, needed);
        return needed;
    }

    private static void add(List<Need> needs, String namespace, Set<String> needed) {
        for (Need need : needs) {
            for (String verb : need.verbs().split(" ")) {
                needed.add(Rights.right(verb, need.group(), need.resource(), namespace));
            }
        }
    }

    @Test
    void shouldGrantWhatIsNeededInTheReleasesNamespaceByDefault() {
        assertEquals(needed("streaming"), Rights.granted(Chart.install("{}")));
    }

    @Test
    void shouldGrantWhatIsNeededInEachWatchedNamespaceAndNotInTheReleases() {
        Chart.Release release = Chart.install("watchNamespaces: [edge-a, edge-b]");
        assertEquals(needed("edge-a", "edge-b"), Rights.granted(release));
    }

    @Test
    void shouldGrantWhatIsNeededEverywhereWhenToldTo() {
        assertEquals(needed(Rights.CLUSTER), Rights.granted(Chart.install("clusterWide: true")));
    }

    @Test
    void shouldReachSecretsOfTheClusterInNoCaseButTheClusterWideOne() {
        for (ValuesMatrix.Values values : ValuesMatrix.all()) {
            boolean reaches = Rights.granted(Chart.install(values.yaml(), ApiServer.MONITORING)).stream()
                    .anyMatch(right -> right.contains("core/secrets in " + Rights.CLUSTER));
            assertEquals(values.yaml().equals("clusterWide: true"), reaches, values.name());
        }
    }

    static List<ValuesMatrix.Values> matrix() {
        return ValuesMatrix.all();
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldUseNoWildcardAndNoRightToGrantRights(ValuesMatrix.Values values) {
        Chart.Release release = Chart.install(values.yaml(), ApiServer.MONITORING);
        for (ObjectNode role : release.objects()) {
            String rules = role.path("rules").toString();
            assertFalse(rules.contains("*"), rules);
            assertFalse(rules.matches(".*\"(escalate|bind|impersonate|rbac\\.authorization\\.k8s\\.io)\".*"), rules);
        }
    }

    @Test
    void shouldLetTheClustersOwnRolesReachOurResources() {
        Chart.Release release = Chart.install("{}");
        ObjectNode view = release.named("ClusterRole", "streaming.diskcryptnet-view");
        ObjectNode edit = release.named("ClusterRole", "streaming.diskcryptnet-edit");
        assertEquals(Set.of("view"), aggregatedTo(view));
        assertEquals(Set.of("admin", "edit"), aggregatedTo(edit));
        assertEquals(Set.of("get", "list", "watch"), verbs(view));
        assertEquals(Set.of("create", "delete", "deletecollection", "patch", "update"), verbs(edit));
        for (ObjectNode role : List.of(view, edit)) {
            role.path("rules")
                    .forEach(rule -> assertEquals(
                            "[\"" + OURS + "\"]", rule.path("apiGroups").toString()));
            assertTrue(role.toString().contains("streamingnodepools/scale"));
        }
        assertFalse(edit.toString().contains("/status"), "a person's word is no status");
        assertTrue(Chart.install("rbac: {aggregate: false}").all("ClusterRole").stream()
                .allMatch(role -> aggregatedTo(role).isEmpty()));
    }

    private static Set<String> aggregatedTo(ObjectNode role) {
        Set<String> names = new TreeSet<>();
        String prefix = "rbac.authorization.k8s.io/aggregate-to-";
        role.at("/metadata/labels").properties().stream()
                .filter(label -> label.getKey().startsWith(prefix))
                .forEach(label -> names.add(label.getKey().substring(prefix.length())));
        return names;
    }

    private static Set<String> verbs(ObjectNode role) {
        Set<String> verbs = new TreeSet<>();
        for (JsonNode rule : role.path("rules")) {
            rule.path("verbs").forEach(verb -> verbs.add(verb.asText()));
        }
        return verbs;
    }

    @Test
    void shouldGrantNothingWhenRightsAreMadeByHand() {
        Chart.Release release = Chart.install("{rbac: {create: false}, serviceAccount: {create: false, name: mine}}");
        assertEquals(Set.of(), Rights.granted(release));
        assertEquals(List.of(), release.all("ServiceAccount"));
        assertEquals(
                "mine",
                release.only("Deployment")
                        .at("/spec/template/spec/serviceAccountName")
                        .asText());
    }
}
