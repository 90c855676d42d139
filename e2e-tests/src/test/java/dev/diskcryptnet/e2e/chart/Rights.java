package dev.diskcryptnet.e2e.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.TreeSet;

/** What a release's operator is allowed, one line a right: {@code verb group/resource}, with {@code in NAMESPACE}. */
final class Rights {
    /** Stands for all namespaces and for objects that have none. */
    static final String CLUSTER = "the cluster";

    private Rights() {}

    /** A right as it is written here; the core group is {@code core}. */
    static String right(String verb, String group, String resource, String namespace) {
        return verb + " " + (group.isEmpty() ? "core" : group) + "/" + resource + " in " + namespace;
    }

    /** Every right that the release's bindings give to its operator. */
    static Set<String> granted(Chart.Release release) {
        Set<String> rights = new TreeSet<>();
        for (ObjectNode binding : release.all("RoleBinding")) {
            String namespace = binding.at("/metadata/namespace").asText();
            release.all("Role").stream()
                    .filter(role -> role.at("/metadata/namespace").asText().equals(namespace))
                    .filter(role -> role.at("/metadata/name").equals(binding.at("/roleRef/name")))
                    .forEach(role -> collect(role.path("rules"), namespace, rights));
        }
        for (ObjectNode binding : release.all("ClusterRoleBinding")) {
            ObjectNode role =
                    release.named("ClusterRole", binding.at("/roleRef/name").asText());
            collect(role.path("rules"), CLUSTER, rights);
        }
        return rights;
    }

    private static void collect(JsonNode rules, String namespace, Set<String> rights) {
        for (JsonNode rule : rules) {
            for (JsonNode group : rule.path("apiGroups")) {
                for (JsonNode resource : rule.path("resources")) {
                    for (JsonNode verb : rule.path("verbs")) {
                        String right = right(verb.asText(), group.asText(), resource.asText(), namespace);
                        JsonNode names = rule.path("resourceNames");
                        if (!rights.add(
                                names.isMissingNode()
                                        ? right
                                        : right + " named " + names.get(0).asText())) {
                            throw new AssertionError("granted twice: " + right);
                        }
                    }
                }
            }
        }
    }
}
