package dev.diskcryptnet.operator.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.crds.DiskDriver;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourceReadingTest {
    private static final String RIGHT = """
            {"apiVersion": "diskcryptnet.dev/v1alpha1", "kind": "StreamingNode",
             "metadata": {"name": "a", "namespace": "n", "labels": {"l": "v"}, "newInMetadata": 1},
             "spec": {"nodeName": "m", "disks": [{"path": "/dev/sdb", "driver": "uring"}],
              "ports": [{"interfaceName": "eth1", "addresses": ["192.0.2.10/24"]}], "listeners": [{"port": 80}]},
             "status": {"connections": 3, "conditions": [{"type": "Ready", "status": "True"}]}}
            """;

    private final KubernetesSerialization serialization = ResourceReading.serialization();

    private StreamingNode read(String json) {
        return serialization.unmarshal(json, StreamingNode.class);
    }

    private JsonNode tree(String json) throws Exception {
        return new ObjectMapper().readTree(json);
    }

    @Test
    void shouldReadOneThatIsRightAsAlways() {
        StreamingNode node = read(RIGHT);
        assertNull(node.unread());
        assertEquals(DiskDriver.URING, node.getSpec().disks.getFirst().driver);
        assertEquals(3L, node.getStatus().connections);
        assertEquals("v", node.getMetadata().getLabels().get("l"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "uring"                   | "hologram"      | spec.disks[0].driver=hologram is none of what this operator knows (uring, passthru, vfio)
            {"port": 80}              | {"port": "web"} | spec.listeners[0].port=web is none
            [{"port": 80}]            | "all"           | spec.listeners is not of the kind
            [{"port": 80}]            | [7]             | spec.listeners[0]
            "nodeName": "m"           | "nodeName": "m", "warp": {"factor": [9]} | spec.warp is a field that this operator does not know
            "path": "/dev/sdb"        | "path": {"to": "sdb"} | spec.disks[0].path is not of the kind
            """, quoteCharacter = '\'')
    void shouldNameWhatItDoesNotUnderstandAndKeepIt(String right, String wrong, String said) throws Exception {
        String json = RIGHT.replace(right, wrong);
        assertTrue(json.contains(wrong), json);
        StreamingNode node = read(json);
        assertNotNull(node.unread());
        assertTrue(
                node.unread().problems().getFirst().startsWith(said),
                node.unread().toString());
        assertEquals("m", node.getSpec().nodeName, "what is understood is there");
        assertEquals("a", node.getMetadata().getName());
        StreamingNode again = serialization.clone(node);
        assertEquals(node.unread(), again.unread(), "a copy knows as much");
        again.getStatus().connections = 4L;
        JsonNode written = tree(serialization.asJson(again));
        assertEquals(tree(json).get("spec"), written.get("spec"), "written back as it was");
        assertEquals(4, written.at("/status/connections").asInt(), "with what we write ourselves");
    }

    @Test
    void shouldTakeAStatusOfANewerVersionForWhatItUnderstandsOfIt() {
        StreamingNode node = read(RIGHT.replace("\"connections\": 3", "\"connections\": {\"tcp\": 3}, \"mood\": 1"));
        assertNull(node.unread());
        assertNull(node.getStatus().connections);
        assertEquals("Ready", node.getStatus().conditions.getFirst().type);
    }

    @Test
    void shouldReadTheOthersOfAListToo() {
        String list = "{\"apiVersion\": \"diskcryptnet.dev/v1alpha1\", \"kind\": \"StreamingNodeList\", \"items\": ["
                + RIGHT.replace("uring", "hologram") + "," + RIGHT + "]}";
        KubernetesResourceList<StreamingNode> read = serialization.unmarshal(
                new ByteArrayInputStream(list.getBytes(StandardCharsets.UTF_8)), new NodeList());
        assertEquals(
                List.of(false, true),
                read.getItems().stream().map(node -> node.unread() == null).toList());
    }

    private static final class NodeList
            extends com.fasterxml.jackson.core.type.TypeReference<
                    io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList<StreamingNode>> {}

    @Test
    void shouldReadPoolsInTheSameWay() {
        StreamingNodePool pool = serialization.unmarshal("""
                {"apiVersion": "diskcryptnet.dev/v1alpha1", "kind": "StreamingNodePool", "metadata": {"name": "p"},
                 "spec": {"replicas": 2, "template": {"spec": {"format": "Twice"}}}}
                """, StreamingNodePool.class);
        assertEquals(2, pool.getSpec().replicas);
        assertTrue(
                pool.unread().problems().getFirst().startsWith("spec.template.spec.format=Twice"),
                pool.unread().toString());
    }
}
