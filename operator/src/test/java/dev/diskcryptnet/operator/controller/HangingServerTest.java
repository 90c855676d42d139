package dev.diskcryptnet.operator.controller;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.FakeAgent;
import dev.diskcryptnet.operator.testing.RunningOperator;
import dev.diskcryptnet.operator.testing.Samples;
import dev.diskcryptnet.operator.testing.TestCluster;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.RecordedRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An API server that leaves requests without an answer. */
class HangingServerTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldGoOnWithTheOthersAndThenWithTheOneWhoseWritesHung(boolean done) {
        try (var cluster = new TestCluster();
                var agent = new FakeAgent();
                var operator = new RunningOperator(cluster)) {
            cluster.machine("machine-1", true);
            cluster.machine("machine-2", true);
            cluster.hangs(HangingServerTest::isWriteForA, done);
            cluster.client()
                    .resource(Samples.node("a", "machine-1", agent.port()))
                    .create();
            cluster.client()
                    .resource(Samples.node("b", "machine-2", agent.port()))
                    .create();
            awaitReady(cluster, "b");
            assertNull(ready(cluster, "a"), "nothing is said of what nobody could do");
            cluster.hangs(request -> false, false);
            awaitReady(cluster, "a");
            Eventually.pause(500);
            assertTrue(cluster.orphans().isEmpty(), () -> cluster.orphans().toString());
            assertTrue(operator.registry()
                            .find("dcn.operator.streaming.nodes")
                            .gauge()
                            .value()
                    == 2);
        }
    }

    private static boolean isWriteForA(RecordedRequest request) {
        return request.method() != HttpMethod.GET
                && (request.getPath().contains("/a-agent") || request.getPath().endsWith("/streamingnodes/a"));
    }

    private static void awaitReady(TestCluster cluster, String name) {
        Eventually.nothingWrong(() -> {
            cluster.step();
            return "True".equals(ready(cluster, name)) ? null : name + " is not ready";
        });
    }

    private static String ready(TestCluster cluster, String name) {
        StreamingNode node = cluster.client()
                .resources(StreamingNode.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .get();
        if (node.getStatus() == null || node.getStatus().conditions == null) {
            return null;
        }
        return node.getStatus().conditions.stream()
                .filter(condition -> condition.type.equals("Ready"))
                .map(condition -> condition.status)
                .findFirst()
                .orElse(null);
    }
}
