package dev.diskcryptnet.operator.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.FakeAgent;
import dev.diskcryptnet.operator.testing.RunningOperator;
import dev.diskcryptnet.operator.testing.Samples;
import dev.diskcryptnet.operator.testing.TestCluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A StreamingNode that a newer version wrote is reported, left as it is, and stops nobody else. */
class UnreadableTest {
    private static final CustomResourceDefinitionContext STREAMING_NODES =
            CustomResourceDefinitionContext.fromCustomResourceType(StreamingNode.class);

    private final TestCluster cluster = new TestCluster();
    private final FakeAgent agent = new FakeAgent();

    @BeforeEach
    void machines() {
        cluster.machine("machine-1", true);
        cluster.machine("machine-2", true);
    }

    @AfterEach
    void stop() {
        agent.close();
        cluster.close();
    }

    private Resource<GenericKubernetesResource> raw(String name) {
        return cluster.client()
                .genericKubernetesResources(STREAMING_NODES)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name);
    }

    private String message(String name) {
        Map<String, Object> status = raw(name).get().get("status");
        if (status == null) {
            return "no status";
        }
        for (Object one : (List<?>) status.get("conditions")) {
            Map<?, ?> condition = (Map<?, ?>) one;
            if ("Ready".equals(condition.get("type"))) {
                return condition.get("reason") + ": " + condition.get("message");
            }
        }
        return "not ready nor unready";
    }

    private void await(String name, String wanted) {
        Eventually.nothingWrong(() -> {
            cluster.step();
            String message = message(name);
            return message.startsWith(wanted) ? null : name + ": " + message;
        });
    }

    @SuppressWarnings("unchecked")
    private static void spoil(GenericKubernetesResource node) {
        Map<String, Object> spec =
                (Map<String, Object>) node.getAdditionalProperties().get("spec");
        ((List<Map<String, Object>>) spec.get("disks")).getFirst().put("driver", "hologram");
    }

    private void create(String name, String machine) {
        cluster.client().resource(Samples.node(name, machine, agent.port())).create();
    }

    private void spoilt(String name) {
        raw(name).edit(node -> {
            spoil(node);
            return node;
        });
    }

    private StatefulSet agentOf(String name) {
        return cluster.client()
                .apps()
                .statefulSets()
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name + "-agent")
                .get();
    }

    @Test
    void shouldReportOneThatWasThereBeforeTheOperatorAndServeTheOthers() {
        create("a", "machine-1");
        spoilt("a");
        create("b", "machine-2");
        try (var operator = new RunningOperator(cluster)) {
            assertNotNull(operator);
            await("b", "Serving");
            await("a", "SpecInvalid: spec.disks[0].driver=hologram");
            assertNull(agentOf("a"));
        }
    }

    @Test
    void shouldLeaveAnAgentAloneWhoseSpecBecameUnreadableAndStillReleaseIt() {
        try (var operator = new RunningOperator(cluster)) {
            assertNotNull(operator);
            create("a", "machine-1");
            await("a", "Serving");
            String uid = agentOf("a").getMetadata().getUid();
            String version = agentOf("a").getMetadata().getResourceVersion();
            spoilt("a");
            await("a", "SpecInvalid");
            assertEquals(version, agentOf("a").getMetadata().getResourceVersion());
            assertEquals(uid, agentOf("a").getMetadata().getUid());
            assertTrue(raw("a").get().toString().contains("hologram"), "its spec is as it was written");
            create("b", "machine-2");
            await("b", "Serving");
            raw("a").delete();
            Eventually.nothingWrong(() -> {
                cluster.step();
                return raw("a").get() == null ? null : "a is still there";
            });
        }
    }
}
