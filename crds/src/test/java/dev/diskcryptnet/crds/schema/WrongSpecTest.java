package dev.diskcryptnet.crds.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.diskcryptnet.crds.StreamingNodePoolSpec;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.validation.StreamingNodePoolRules;
import dev.diskcryptnet.crds.validation.StreamingNodeRules;
import dev.diskcryptnet.crds.validation.StreamingNodeRules.Use;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every wrong spec is refused, by the Java validator and by the definition, in words that help. */
class WrongSpecTest {
    /** Reads numbers into texts where Kubernetes takes either, and else nothing that has another type. */
    private static final YAMLMapper MAPPER = YAMLMapper.builder()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(LogicalType.Textual, config -> config.setCoercion(
                            CoercionInputShape.Integer, CoercionAction.TryConvert)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    static final String NODE = """
            nodeName: rack1-host7
            disks: [{path: /dev/nvme0n1}]
            ports: [{interfaceName: eth1, addresses: [192.0.2.10/24]}]
            listeners: [{port: 80}]
            """;
    static final String POOL = """
            replicas: 3
            template:
              spec:
                disks: [{path: /dev/nvme0n1}]
                ports: [{interfaceName: eth1, addresses: [192.0.2.10/24]}]
                listeners: [{port: 80}]
            """;
    static final ApiServerChecks NODE_CHECKS = new ApiServerChecks(CrdYaml.streamingNode());
    static final ApiServerChecks POOL_CHECKS = new ApiServerChecks(CrdYaml.streamingNodePool());

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "wrong-streaming-nodes.txt", delimiter = '|', quoteCharacter = '`')
    void shouldRefuseWrongStreamingNode(String change, String inJava, String inDefinition)
            throws JsonProcessingException {
        ObjectNode spec = changed(NODE, change);
        if (inJava.startsWith("-")) {
            assertThrows(JsonMappingException.class, () -> MAPPER.treeToValue(spec, StreamingNodeSpec.class));
        } else {
            assertOneContains(
                    inJava,
                    StreamingNodeRules.problems(MAPPER.treeToValue(spec, StreamingNodeSpec.class), Use.IN_CLUSTER, ""));
        }
        assertSeen(inDefinition, NODE_CHECKS.problems(resource("edge-01", spec), null));
    }

    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "wrong-streaming-node-pools.txt", delimiter = '|', quoteCharacter = '`')
    void shouldRefuseWrongStreamingNodePool(String change, String inJava, String inDefinition)
            throws JsonProcessingException {
        ObjectNode spec = changed(POOL, change);
        if (inJava.startsWith("-")) {
            assertThrows(JsonMappingException.class, () -> MAPPER.treeToValue(spec, StreamingNodePoolSpec.class));
        } else {
            assertOneContains(
                    inJava, StreamingNodePoolRules.problems(MAPPER.treeToValue(spec, StreamingNodePoolSpec.class), ""));
        }
        assertSeen(inDefinition, POOL_CHECKS.problems(resource("edge", spec), null));
    }

    @ParameterizedTest
    @CsvSource({
        "1edge",
        "edge.01",
        "e12345678901234567890123456789012345678901234567890",
    })
    void shouldRefuseNameThatDependentsCannotHave(String name) throws JsonProcessingException {
        String node =
                "begin with a letter and be of at most 46 lower-case letters, digits and -, as its Service and pods";
        assertOneContains("metadata.name '" + name + "' must " + node, StreamingNodeRules.problemsOfName(name));
        assertSeen("metadata.name must " + node, NODE_CHECKS.problems(resource(name, changed(NODE, "{}")), null));
        String pool =
                "begin with a letter and be of at most 46 lower-case letters, digits and -, as its StreamingNodes";
        assertOneContains("metadata.name '" + name + "' must " + pool, StreamingNodePoolRules.problemsOfName(name));
        assertSeen("metadata.name must " + pool, POOL_CHECKS.problems(resource(name, changed(POOL, "{}")), null));
    }

    @Test
    void shouldRefuseMoveToAnotherMachine() throws JsonProcessingException {
        ObjectNode before = changed(NODE, "{}");
        ObjectNode after = changed(NODE, "nodeName: rack1-host8");

        assertOneContains(
                "spec.nodeName cannot be changed from 'rack1-host7' to 'rack1-host8', as devices stay with their machine; "
                        + "delete this StreamingNode and create one for the other machine",
                StreamingNodeRules.problemsOfChange(
                        MAPPER.treeToValue(before, StreamingNodeSpec.class),
                        MAPPER.treeToValue(after, StreamingNodeSpec.class),
                        "spec."));
        assertOneContains(
                "spec.nodeName: nodeName cannot be changed, as devices stay with their machine; delete this StreamingNode "
                        + "and create one for the other machine",
                NODE_CHECKS.problems(resource("edge-01", after), resource("edge-01", before)));
    }

    @Test
    void shouldTellEveryProblemAtOnce() throws JsonProcessingException {
        ObjectNode spec = changed(NODE, "{disks: [{}, {path: a}], workers: {count: 0}, drainTimeout: x}");

        assertEquals(
                4,
                StreamingNodeRules.problems(MAPPER.treeToValue(spec, StreamingNodeSpec.class), Use.IN_CLUSTER, "spec.")
                        .size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", """
            disks: [{pciAddress: "0000:3b:00.0", driver: vfio}, {pciAddress: "10000:e1:00.0", driver: passthru}, \
            {path: /var/lib/diskcryptnet/demo.img, driver: uring, direct: false}, \
            {path: "/dev/disk/by-path/pci-0000:3b:00.0-nvme-1"}]
            ports:
            - physicalFunction: "0000:5e:00.0"
              virtualFunction: 0
              macAddress: "02:00:00:00:00:01"
              vlan: 100
              driver: packet
              mtu: 1500
              addresses: [192.0.2.10/24, "2001:db8::10/64"]
              gateways: [192.0.2.1, "2001:db8::1"]
            - {physicalFunction: "0000:5e:00.0", virtualFunction: 1, addresses: [198.51.100.0/31]}
            - {interfaceName: enp5s0f0v3, addresses: [203.0.113.7/32, 169.254.1.1/16, "fe80::1/64"]}
            - {interfaceName: "vale0:video", driver: netmap, addresses: [203.0.113.9/24]}
            listeners: [{port: 443, tls: {secretName: edge-01-tls, additionalSecretNames: [b.example, c]}}, {port: 80}]
            workers: {count: 4, dedicated: true, bufferMemory: 256Mi, hugepages: 1Gi}
            format: IfEmpty
            drainTimeout: 1m30s
            agent:
              image: registry.example:5000/dcn/agent@sha256:0123456789abcdef
              logLevel: info
              cryptEngine: ipsec-mb
              adminPort: 9465
              tolerations: [{operator: Exists}, {key: dedicated, value: streaming, effect: NoExecute, tolerationSeconds: 5}]
              resources: {requests: {memory: 1.5Gi, cpu: 4}, limits: {cpu: 4, memory: 1.5Gi, hugepages-2Mi: 1Gi}}
            """})
    void shouldAcceptRightStreamingNode(String change) throws JsonProcessingException {
        ObjectNode spec = changed(NODE, change);

        assertEquals(
                List.of(),
                StreamingNodeRules.problems(MAPPER.treeToValue(spec, StreamingNodeSpec.class), Use.IN_CLUSTER, ""));
        assertEquals(
                List.of(),
                NODE_CHECKS.problems(
                        resource("edge-01", spec), resource("edge-01", changed(NODE, "drainTimeout: 1s"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "maxUnavailable: 2", "maxUnavailable: 25%", """
            nodeSelector: {example.com/streaming: "yes", node-role.kubernetes.io/edge: ""}
            template:
              metadata: {labels: {site: ams1}, annotations: {example.com/note: "anything: at all"}}
              spec:
                disks: [{pciAddress: "0000:3b:00.0"}]
                ports: [{physicalFunction: "0000:5e:00.0", addresses: ["2001:db8::10/64"]}]
                listeners: [{port: 80}]
            """})
    void shouldAcceptRightStreamingNodePool(String change) throws JsonProcessingException {
        ObjectNode spec = changed(POOL, change);

        assertEquals(
                List.of(), StreamingNodePoolRules.problems(MAPPER.treeToValue(spec, StreamingNodePoolSpec.class), ""));
        assertEquals(List.of(), POOL_CHECKS.problems(resource("edge", spec), null));
    }

    /** A right spec in which some fields are replaced; null removes one. */
    static ObjectNode changed(String right, String change) throws JsonProcessingException {
        ObjectNode spec = (ObjectNode) MAPPER.readTree(right);
        MAPPER.readTree(change).properties().forEach(field -> {
            if (field.getValue().isNull()) {
                spec.remove(field.getKey());
            } else {
                spec.set(field.getKey(), field.getValue());
            }
        });
        return spec;
    }

    static ObjectNode resource(String name, ObjectNode spec) {
        ObjectNode resource = MAPPER.createObjectNode();
        resource.putObject("metadata").put("name", name);
        resource.set("spec", spec);
        return resource;
    }

    private static void assertSeen(String expected, List<String> problems) {
        if (expected.startsWith("-")) {
            assertEquals(List.of(), problems, "the table says that the definition cannot see it, but it does");
        } else {
            assertOneContains(expected, problems);
        }
    }

    private static void assertOneContains(String expected, List<String> problems) {
        assertTrue(
                problems.stream().anyMatch(problem -> problem.contains(expected)),
                () -> "expected a problem with '" + expected + "' in:\n" + String.join("\n", problems));
    }
}
