package dev.diskcryptnet.operator.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.operator.ApiProfile;
import dev.diskcryptnet.operator.OperatorRuntime;
import dev.diskcryptnet.operator.OperatorSettings;
import dev.diskcryptnet.operator.controller.StreamingNodeReconciler;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.WriteGuard;
import dev.diskcryptnet.operator.status.ApiEventRecorder;
import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.FakeAgent;
import dev.diskcryptnet.operator.testing.RunningOperator;
import dev.diskcryptnet.operator.testing.TestCluster;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool whose StreamingNodes are reconciled by the operator too, down to pods and an agent that answers. */
class PoolAndNodesTest {
    private final TestCluster cluster = new TestCluster();
    private final KubernetesClient client = cluster.client();
    private final KubernetesClient own = cluster.newClient();
    private final FakeAgent agent = new FakeAgent();
    private final Operator operator = operator();

    private Operator operator() {
        OperatorSettings settings = RunningOperator.settings(Duration.ofMillis(100), Duration.ofSeconds(1));
        Applier applier = ApiProfile.IN_MEMORY.applier(own, WriteGuard.ALWAYS);
        var events = new ApiEventRecorder(applier, Clock.systemUTC(), "test");
        return OperatorRuntime.create(
                settings,
                own,
                Metrics.NOOP,
                List.of(
                        new StreamingNodeReconciler(settings, applier, events, new SimpleMeterRegistry()),
                        new PoolReconciler(own, applier, events, new SimpleMeterRegistry())));
    }

    @BeforeEach
    void start() {
        for (String machine : List.of("m1", "m2", "m3")) {
            cluster.machine(machine, true);
        }
        operator.start();
    }

    @AfterEach
    void close() {
        operator.stop();
        own.close();
        agent.close();
        cluster.close();
    }

    @Test
    void shouldRollPodsOneByOneAndGiveMembersBackWhenScaledDown() {
        StreamingNodePool pool = PoolStage.pool("edge", 3);
        pool.getSpec().template.spec.agent.adminPort = agent.port();
        client.resource(pool).create();
        awaitReady(3);
        Set<String> podsBefore = podUids();
        assertEquals(3, podsBefore.size());

        edit(present -> present.getSpec().template.spec.agent.logLevel = LogLevel.DEBUG);
        Eventually.nothingWrong(() -> {
            cluster.step();
            long unready = members().stream()
                    .filter(node -> !Observation.isReady(node))
                    .count();
            assertTrue(unready <= 1, unready + " are out of service");
            return isReady(3) && updated() ? null : status();
        });
        Set<String> both = podUids();
        both.retainAll(podsBefore);
        assertEquals(Set.of(), both, "each pod is a new one");

        edit(present -> present.getSpec().replicas = 1);
        Eventually.nothingWrong(() -> {
            cluster.step();
            return members().size() == 1 && isReady(1) ? null : status();
        });
        assertTrue(events().contains("ReplicaCreated") && events().contains("ReplicaUpdated"), events().toString());
        assertTrue(events().contains("ReplicaDeleted"), events().toString());
    }

    private void awaitReady(int replicas) {
        Eventually.nothingWrong(() -> {
            cluster.step();
            return isReady(replicas) ? null : status();
        });
    }

    private boolean isReady(int replicas) {
        StreamingNodePool pool = pool();
        return pool.getStatus() != null
                && pool.getMetadata().getGeneration().equals(pool.getStatus().observedGeneration)
                && pool.getStatus().message.equals(replicas + " of " + replicas + " ready");
    }

    private boolean updated() {
        return members().stream().allMatch(node -> node.getSpec().agent.logLevel == LogLevel.DEBUG);
    }

    private String status() {
        return pool().getStatus() == null ? "no status" : pool().getStatus().message;
    }

    private StreamingNodePool pool() {
        return client.resources(StreamingNodePool.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName("edge")
                .get();
    }

    private void edit(Consumer<StreamingNodePool> change) {
        client.resources(StreamingNodePool.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName("edge")
                .edit(pool -> {
                    change.accept(pool);
                    return pool;
                });
    }

    private List<StreamingNode> members() {
        return client.resources(StreamingNode.class)
                .inNamespace(TestCluster.NAMESPACE)
                .list()
                .getItems();
    }

    private Set<String> podUids() {
        Set<String> uids = new HashSet<>();
        for (Pod pod : client.pods().inNamespace(TestCluster.NAMESPACE).list().getItems()) {
            uids.add(pod.getMetadata().getUid());
        }
        return uids;
    }

    private List<String> events() {
        return client.v1().events().inNamespace(TestCluster.NAMESPACE).list().getItems().stream()
                .filter(event -> event.getInvolvedObject().getKind().equals("StreamingNodePool"))
                .map(Event::getReason)
                .toList();
    }
}
