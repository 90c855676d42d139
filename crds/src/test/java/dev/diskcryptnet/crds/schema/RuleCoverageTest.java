package dev.diskcryptnet.crds.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** No rule of the definitions is without a wrong spec that breaks it. */
class RuleCoverageTest {
    /** These take a name or a spec as it was, and have tests of their own in {@link WrongSpecTest}. */
    private static final List<String> ELSEWHERE = List.of("metadata.name must", "nodeName cannot be changed");

    @Test
    void shouldBreakEveryRuleOfStreamingNodesOnce() throws IOException {
        Set<String> rules = rulesOf(CrdYaml.streamingNode());
        rules.removeAll(broken(WrongSpecTest.NODE_CHECKS, WrongSpecTest.NODE, "wrong-streaming-nodes.txt"));

        assertEquals(Set.of(), rules);
    }

    @Test
    void shouldBreakEveryRuleThatPoolsHaveBesides() throws IOException {
        Set<String> rules = rulesOf(CrdYaml.streamingNodePool());
        rules.removeAll(rulesOf(CrdYaml.streamingNode()));
        rules.removeAll(broken(WrongSpecTest.POOL_CHECKS, WrongSpecTest.POOL, "wrong-streaming-node-pools.txt"));

        assertEquals(Set.of(), rules);
    }

    private static Set<String> rulesOf(CustomResourceDefinition definition) {
        JsonNode schema = new ObjectMapper()
                .valueToTree(definition
                        .getSpec()
                        .getVersions()
                        .getFirst()
                        .getSchema()
                        .getOpenAPIV3Schema());
        Set<String> messages = new TreeSet<>();
        addRules(schema, messages);
        messages.removeIf(message -> ELSEWHERE.stream().anyMatch(message::startsWith));
        return messages;
    }

    private static void addRules(JsonNode node, Set<String> messages) {
        node.path("x-kubernetes-validations")
                .forEach(rule -> messages.add(rule.get("message").asText()));
        node.forEach(child -> addRules(child, messages));
    }

    private static Set<String> broken(ApiServerChecks checks, String right, String table) throws IOException {
        Set<String> messages = new HashSet<>();
        try (var rows = RuleCoverageTest.class.getResourceAsStream(table)) {
            List<String> changes = new String(rows.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" [|] ")[0])
                    .toList();
            for (String change : changes) {
                ObjectNode resource = WrongSpecTest.resource("edge", WrongSpecTest.changed(right, change));
                checks.problems(resource, null)
                        .forEach(problem -> messages.add(problem.substring(problem.indexOf(": ") + 2)));
            }
        }
        return messages;
    }
}
