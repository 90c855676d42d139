package dev.diskcryptnet.operator.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.FakeAgent;
import dev.diskcryptnet.operator.testing.RunningOperator;
import dev.diskcryptnet.operator.testing.Samples;
import dev.diskcryptnet.operator.testing.TestCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many StreamingNodes at once; {@code -Ddcn.long=true} takes all of them. */
class ManyNodesTest {
    private static final int NODES = Boolean.getBoolean("dcn.long") ? 500 : 60;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long HEAP_LIMIT_BYTES = 512L << 20;

    @Test
    void shouldReconcileManyNodesAndThenBeQuiet() {
        try (var cluster = new TestCluster();
                var agent = new FakeAgent()) {
            for (int i = 0; i < NODES; i++) {
                cluster.machine("machine-" + i, true);
                cluster.client()
                        .resource(Samples.node("node-" + i, "machine-" + i, agent.port()))
                        .create();
            }
            long startNs = System.nanoTime();
            try (var operator = new RunningOperator(cluster, Duration.ofSeconds(2), Duration.ofSeconds(15))) {
                awaitReady(cluster, startNs);
                Duration took = Duration.ofNanos(System.nanoTime() - startNs);
                Eventually.pause(1000);
                cluster.clearWrites();
                Eventually.pause(5000);
                assertEquals(List.of(), cluster.writes());
                cluster.client()
                        .resources(StreamingNode.class)
                        .inNamespace(TestCluster.NAMESPACE)
                        .withName("node-7")
                        .edit(node -> {
                            node.getSpec().drainTimeout = "9s";
                            return node;
                        });
                Eventually.nothingWrong(() -> cluster.writes().isEmpty() ? "nothing is changed" : null);
                Eventually.pause(2000);
                assertEquals(
                        List.of(),
                        cluster.writes().stream()
                                .filter(write -> !write.contains("/node-7") && !write.endsWith("/events"))
                                .toList());
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                long usedBytes = runtime.totalMemory() - runtime.freeMemory();
                System.out.println("nodes=" + NODES + " ready after " + took + ", heap of operator and API server "
                        + (usedBytes >> 20) + " MiB");
                assertTrue(usedBytes < HEAP_LIMIT_BYTES, "usedBytes=" + usedBytes);
                assertTrue(operator.registry()
                                .find("dcn.operator.streaming.nodes")
                                .gauge()
                                .value()
                        == NODES);
            }
        }
    }

    private static void awaitReady(TestCluster cluster, long startNs) {
        while (true) {
            cluster.step();
            long ready = cluster
                    .client()
                    .resources(StreamingNode.class)
                    .inNamespace(TestCluster.NAMESPACE)
                    .list()
                    .getItems()
                    .stream()
                    .filter(ManyNodesTest::isReady)
                    .count();
            if (ready == NODES) {
                return;
            }
            assertTrue(System.nanoTime() - startNs < LIMIT.toNanos(), "ready=" + ready + " of nodes=" + NODES);
            Eventually.pause(500);
        }
    }

    private static boolean isReady(StreamingNode node) {
        return node.getStatus() != null
                && node.getStatus().conditions != null
                && node.getStatus().conditions.stream()
                        .anyMatch(condition -> condition.type.equals("Ready") && condition.status.equals("True"));
    }
}
