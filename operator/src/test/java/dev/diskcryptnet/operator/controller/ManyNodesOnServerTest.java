package dev.diskcryptnet.operator.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.FakeAgent;
import dev.diskcryptnet.operator.testing.ServerCluster;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * {@link ManyNodesTest} on a real API server without controllers, that of {@code KUBECONFIG}: {@code -Ddcn.nodes=5000}
 * says how many. The figures are for the operator, the test and their caches in one JVM.
 */
@EnabledIfEnvironmentVariable(named = "KUBECONFIG", matches = ".+")
@EnabledIfSystemProperty(named = "dcn.nodes", matches = "\\d+")
class ManyNodesOnServerTest {
    private static final int NODES = Integer.getInteger("dcn.nodes", 0);
    private static final Duration LIMIT = Duration.ofMinutes(15);

    @Test
    void shouldReconcileManyNodesAndThenBeQuiet() throws Exception {
        try (var cluster = new ServerCluster();
                var agent = new FakeAgent()) {
            cluster.create(NODES, agent.port());
            long startNs = System.nanoTime();
            try (var operator = cluster.operator(Duration.ofSeconds(5), Duration.ofSeconds(15))) {
                await(cluster, startNs);
                System.out.println("nodes=" + NODES + " ready after " + Duration.ofNanos(System.nanoTime() - startNs)
                        + " writes=" + operator.writes());
                // Those that were met while they started are asked once more.
                Eventually.pause(20_000);
                long before = operator.writes();
                Eventually.pause(20_000);
                assertEquals(before, operator.writes(), "steady state");
                cluster.client()
                        .resources(StreamingNode.class)
                        .inNamespace(cluster.namespace())
                        .withName("node-7")
                        .edit(node -> {
                            node.getSpec().drainTimeout = "9s";
                            return node;
                        });
                Eventually.nothingWrong(() -> operator.writes() > before ? null : "nothing is changed");
                Eventually.pause(10_000);
                long writes = operator.writes() - before;
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                System.out.println("one change: writes=" + writes + ", heap "
                        + ((runtime.totalMemory() - runtime.freeMemory()) >> 20) + " MiB");
                assertTrue(writes < 15, "writes=" + writes + " for one change");
            }
        }
    }

    private static void await(ServerCluster cluster, long startNs) {
        while (true) {
            List<StreamingNode> nodes = cluster.streamingNodes();
            long ready = nodes.stream().filter(ManyNodesOnServerTest::isReady).count();
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
