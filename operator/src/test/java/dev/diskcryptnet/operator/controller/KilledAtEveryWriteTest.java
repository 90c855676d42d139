package dev.diskcryptnet.operator.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.validation.ResourceRules;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.ReplaceApplier;
import dev.diskcryptnet.operator.dependent.WriteGuard;
import dev.diskcryptnet.operator.model.Build;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.model.ReleaseJob;
import dev.diskcryptnet.operator.status.AgentReports;
import dev.diskcryptnet.operator.status.AgentState;
import dev.diskcryptnet.operator.status.ApiEventRecorder;
import dev.diskcryptnet.operator.testing.DirectView;
import dev.diskcryptnet.operator.testing.MortalApplier;
import dev.diskcryptnet.operator.testing.Samples;
import dev.diskcryptnet.operator.testing.TestCluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.mockwebserver.http.MockResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An operator that is killed at any of its writes leaves nothing that the next one does not finish. */
class KilledAtEveryWriteTest {
    private static final String MACHINE = "machine-1";
    private static final int MORE_THAN_ENOUGH = 40;
    private static final int STRIDE = Boolean.getBoolean("dcn.long") ? 1 : 5;
    /** Of one client for a request; a slow machine makes it refusals, which do no harm either. */
    private static final Duration PATIENCE = Duration.ofMillis(800);

    private static final String REPORT = """
            {"ready":true,"notReadyReasons":[],"conditions":[{"type":"DevicesPrepared","status":"True","reason":"DevicesReady",
            "message":"all"}],"addresses":[],"disks":[],"ports":[],"transmitBitsPerSecond":1,"connections":1}
            """;

    private final TestCluster cluster = new TestCluster();
    private final KubernetesClient operatorClient = cluster.newClient(PATIENCE);
    private boolean released;

    @BeforeEach
    void machine() {
        cluster.machine(MACHINE, true);
    }

    @AfterEach
    void close() {
        operatorClient.close();
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldFinishWhatAKilledOperatorBegan(boolean before) {
        int writes = live(0, before);
        assertTrue(writes > 12, "writes=" + writes + ": a whole life has more");
        for (int deadly = 1; deadly <= writes; deadly++) {
            live(deadly, before);
        }
    }

    @Test
    void shouldEndWellWhenTheServerRefusesAnyRequestOnce() {
        var requests = new AtomicInteger();
        cluster.faults(request -> {
            requests.incrementAndGet();
            return null;
        });
        live(0, false);
        int all = requests.get();
        int[] codes = {500, 409, 429, 503};
        for (int refused = 1; refused <= all; refused += STRIDE) {
            int number = refused;
            int code = codes[refused % codes.length];
            requests.set(0);
            cluster.faults(request -> requests.incrementAndGet() == number
                    ? new MockResponse().setResponseCode(code).setBody("{}")
                    : null);
            live(0, false);
        }
    }

    /** The worst of it is a write that was made and is not known to have been. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldEndWellWhenAnyRequestHangsUntilItsTimeout(boolean done) {
        var requests = new AtomicInteger();
        cluster.hangs(request -> requests.incrementAndGet() < 0, done);
        live(0, false);
        int all = requests.get();
        assertTrue(all > 40, "requests=" + all + ": a whole life has more");
        for (int hanging = 1; hanging <= all; hanging += STRIDE) {
            int number = hanging;
            requests.set(0);
            cluster.hangs(request -> requests.incrementAndGet() == number, done);
            live(0, false);
            assertTrue(requests.get() >= number, "hanging=" + number + ": no request hung");
        }
    }

    /** One life of a StreamingNode, made, changed and deleted; returns the writes that it took. */
    private int live(int deadly, boolean before) {
        released = false;
        var mortal = new MortalApplier(new ReplaceApplier(operatorClient, WriteGuard.ALWAYS), deadly, before);
        Applier immortal = new ReplaceApplier(operatorClient, WriteGuard.ALWAYS);
        NodeFlow first = flow(mortal);
        NodeFlow next = flow(immortal);
        cluster.client().resource(Samples.node("a", MACHINE, 9464)).create();
        NodeFlow alive = work(first, next, () -> isReady() && hash() != null);
        String hash = hash();
        node().edit(node -> {
            node.getSpec().drainTimeout = "7s";
            return node;
        });
        alive = work(alive, next, () -> isReady() && !hash.equals(hash()));
        node().delete();
        work(alive, next, () -> node().get() == null);
        assertTrue(released, "deadly=" + deadly + ": the devices were not given back");
        cluster.step();
        assertEquals(
                0, cluster.orphans().size(), () -> "deadly=" + deadly + " before=" + before + ": " + cluster.orphans());
        // The cluster's garbage collection, as far as the next life could see it.
        cluster.client()
                .resources(io.fabric8.kubernetes.api.model.batch.v1.Job.class)
                .inNamespace(TestCluster.NAMESPACE)
                .delete();
        cluster.client().secrets().inNamespace(TestCluster.NAMESPACE).delete();
        return mortal.writes();
    }

    /** Reconciles until {@code done}; once it is killed, the other one works. */
    private NodeFlow work(NodeFlow first, NodeFlow next, BooleanSupplier done) {
        NodeFlow alive = first;
        for (int round = 0; round < MORE_THAN_ENOUGH; round++) {
            StreamingNode node = node().get();
            if (node != null) {
                try {
                    alive.reconcile(node);
                } catch (MortalApplier.Killed e) {
                    alive = next;
                } catch (KubernetesClientException e) {
                    // Refused: what the SDK does is to try again.
                }
            }
            assertNothingIsLost();
            cluster.step();
            if (done.getAsBoolean()) {
                return alive;
            }
        }
        throw new AssertionError("not done after rounds=" + MORE_THAN_ENOUGH + " " + node().get());
    }

    /** While there is an agent that may hold devices, the finalizer is on, and it comes off after the release. */
    private void assertNothingIsLost() {
        StreamingNode node = node().get();
        var jobs = cluster.client()
                .batch()
                .v1()
                .jobs()
                .inNamespace(TestCluster.NAMESPACE)
                .list()
                .getItems();
        boolean succeeded = jobs.stream().anyMatch(job -> ReleaseJob.outcome(job) == ReleaseJob.Outcome.SUCCEEDED);
        if (node == null) {
            assertTrue(succeeded, "the finalizer came off before the devices were given back");
        }
        released |= succeeded;
        boolean agent = !cluster.client()
                        .apps()
                        .statefulSets()
                        .inNamespace(TestCluster.NAMESPACE)
                        .list()
                        .getItems()
                        .isEmpty()
                || !cluster.client()
                        .pods()
                        .inNamespace(TestCluster.NAMESPACE)
                        .list()
                        .getItems()
                        .isEmpty();
        if (agent) {
            assertTrue(node != null && node.getFinalizers().contains(Names.FINALIZER), "an agent without a finalizer");
        }
        if (!jobs.isEmpty()) {
            assertTrue(!agent, "devices are given back while an agent holds them");
        }
    }

    private NodeFlow flow(Applier applier) {
        return new NodeFlow(
                new DirectView(operatorClient),
                applier,
                new ApiEventRecorder(applier, Clock.systemUTC(), "test"),
                ResourceRules::problems,
                new Answering(),
                new Build("agent:test", null),
                cluster.client().getKubernetesSerialization(),
                Clock.systemUTC());
    }

    private Resource<StreamingNode> node() {
        return cluster.client()
                .resources(StreamingNode.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName("a");
    }

    private boolean isReady() {
        StreamingNode node = node().get();
        return node.getStatus() != null
                && node.getStatus().conditions != null
                && node.getStatus().conditions.stream()
                        .anyMatch(condition -> condition.type.equals("Ready") && condition.status.equals("True"))
                && node.getMetadata().getGeneration().equals(node.getStatus().observedGeneration);
    }

    private String hash() {
        var set = cluster.client()
                .apps()
                .statefulSets()
                .inNamespace(TestCluster.NAMESPACE)
                .withName("a-agent")
                .get();
        return set == null
                ? null
                : set.getSpec().getTemplate().getMetadata().getAnnotations().get(Names.CONFIG_HASH);
    }

    /** Every agent that has a pod answers at once. */
    private static final class Answering implements AgentDirectory {
        @Override
        public AgentState watch(StreamingNode node, Pod pod, int port) {
            return pod == null
                    ? AgentState.NONE
                    : new AgentState(AgentState.Contact.ANSWERS, AgentReports.parse(REPORT), null);
        }

        @Override
        public void forget(StreamingNode node) {
            // Nobody is asked.
        }
    }
}
