package dev.diskcryptnet.operator.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.testing.Eventually;
import dev.diskcryptnet.operator.testing.FakeAgent;
import dev.diskcryptnet.operator.testing.RunningOperator;
import dev.diskcryptnet.operator.testing.Samples;
import dev.diskcryptnet.operator.testing.TestCluster;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.MockResponse;
import io.micrometer.core.instrument.Gauge;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamingNodeReconcilerTest {
    private static final String MACHINE = "machine-1";

    private final TestCluster cluster = new TestCluster();
    private final FakeAgent agent = new FakeAgent();
    private RunningOperator operator;

    @BeforeEach
    void start() {
        cluster.machine(MACHINE, true);
        operator = new RunningOperator(cluster);
    }

    @AfterEach
    void stop() {
        operator.close();
        agent.close();
        cluster.close();
    }

    @Test
    void shouldMakeEverythingAndBeReadyWhenTheAgentServes() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");

        StreamingNode node = node("a").get();
        assertTrue(node.getFinalizers().contains(Names.FINALIZER));
        assertEquals(List.of("192.0.2.10"), node.getStatus().addresses);
        assertEquals(3L, node.getStatus().disks.getFirst().objects);
        assertEquals("2.35", node.getStatus().memoryBytesPerNetworkByte);
        assertEquals(node.getMetadata().getGeneration(), node.getStatus().observedGeneration);
        assertEquals("True", condition("a", "DevicesPrepared").status);
        assertEquals("False", condition("a", "Degraded").status);
        var client = cluster.client();
        assertTrue(client.configMaps()
                .inNamespace(TestCluster.NAMESPACE)
                .withName("a-agent-config")
                .get()
                .getData()
                .get("agent.yaml")
                .contains("/var/lib/videos/a.img"));
        assertEquals(
                "None",
                client.services()
                        .inNamespace(TestCluster.NAMESPACE)
                        .withName("a-agent")
                        .get()
                        .getSpec()
                        .getClusterIP());
        assertEquals(
                false,
                client.serviceAccounts()
                        .inNamespace(TestCluster.NAMESPACE)
                        .withName("a-agent")
                        .get()
                        .getAutomountServiceAccountToken());
    }

    @Test
    void shouldWriteNothingWhenNothingChanges() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        Eventually.pause(500);
        cluster.clearWrites();
        int asked = agent.asked();
        Eventually.nothingWrong(() -> agent.asked() > asked + 10 ? null : "the agent is not asked");
        assertEquals(List.of(), cluster.writes());
    }

    @Test
    void shouldWriteNothingWhenItIsStartedAgain() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        operator.close();
        cluster.clearWrites();
        operator = new RunningOperator(cluster);
        int asked = agent.asked();
        Eventually.nothingWrong(() -> agent.asked() > asked + 5 ? null : "the agent is not asked");
        Eventually.pause(300);
        assertEquals(List.of(), cluster.writes());
    }

    @Test
    void shouldTouchOneNodeWhenOneChanges() {
        try (var other = new FakeAgent()) {
            create(Samples.node("a", MACHINE, agent.port()));
            create(Samples.node("b", MACHINE, other.port()));
            serve("a");
            serve("b");
            String token = token("a");
            Eventually.pause(500);
            cluster.clearWrites();

            String before = hash("a");
            node("a").edit(node -> {
                node.getSpec().drainTimeout = "5s";
                return node;
            });
            Eventually.nothingWrong(() -> Objects.equals(before, hash("a")) ? "the pod is not rolled" : null);
            serve("a");
            Eventually.pause(300);
            assertEquals(
                    List.of(),
                    cluster.writes().stream()
                            .filter(write -> write.contains("/b"))
                            .toList());
            assertEquals(35L, statefulSet("a").getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds());
            assertEquals(token, token("a"));
        }
    }

    @Test
    void shouldSayWhatIsMissingAndGoOnWhenItCame() {
        create(Samples.withTls(Samples.node("a", "machine-2", agent.port()), "edge"));
        awaitReason("a", "NodeUnknown");
        cluster.machine("machine-2", true);
        awaitReason("a", "SecretMissing");
        assertNull(statefulSet("a"));
        assertTrue(node("a").get().getFinalizers().isEmpty(), "nothing was made that has to be given back");

        secret("edge", Certificates.CERTIFICATE, "not a key");
        awaitReason("a", "SecretInvalid");
        assertTrue(condition("a", "Ready").message.contains("tls.key"), condition("a", "Ready").message);
        secret("edge", Certificates.CERTIFICATE, Certificates.KEY);
        serve("a");

        String before = hash("a");
        cluster.clearWrites();
        secret("edge", Certificates.CERTIFICATE + "\n", Certificates.KEY);
        Eventually.pause(500);
        assertEquals(before, hash("a"), "the agent loads a new certificate by itself");
        assertEquals(List.of(), cluster.writes());
    }

    @Test
    void shouldGiveADeviceToTheOlderOneUntilItGoes() {
        create(Samples.node("b", MACHINE, agent.port()));
        serve("b");
        // Timestamps count whole seconds; the next one has to be younger.
        Eventually.pause(1100);
        StreamingNode rival = Samples.node("a", MACHINE, agent.port() + 1);
        rival.getSpec().disks.getFirst().path = "/var/lib/videos/b.img";
        create(rival);
        awaitReason("a", "DeviceConflict");
        ConditionStatus prepared = condition("a", "DevicesPrepared");
        assertEquals("False", prepared.status);
        assertEquals("DeviceConflict", prepared.reason);
        assertTrue(prepared.message.contains("disk=/var/lib/videos/b.img"), prepared.message);
        assertTrue(prepared.message.contains("streaming/b"), prepared.message);
        assertNull(statefulSet("a"));
        assertEquals("True", condition("b", "Ready").status);
        assertTrue(
                events().stream()
                        .anyMatch(event -> event.getReason().equals("DeviceConflict")
                                && event.getMessage().contains("b.img")),
                events().toString());

        node("b").delete();
        Eventually.nothingWrong(() -> {
            cluster.step();
            return statefulSet("a") == null ? "a did not get the device" : null;
        });
        assertNull(node("b").get());
    }

    @Test
    void shouldWaitForADeviceThatAYoungerOneHoldsAndServeMeanwhile() {
        try (var other = new FakeAgent()) {
            create(Samples.node("old", MACHINE, agent.port()));
            serve("old");
            Eventually.pause(1100);
            create(Samples.node("young", MACHINE, other.port()));
            serve("young");
            String before = hash("old");
            // What the younger one holds is kept for as long as its StatefulSet is on its way out.
            cluster.client().resource(statefulSet("young")).edit(set -> {
                set.getMetadata().setFinalizers(List.of("test/holds"));
                return set;
            });
            node("old").edit(node -> {
                node.getSpec().disks.getFirst().path = "/var/lib/videos/young.img";
                return node;
            });
            awaitReason("old", "DeviceConflict");
            awaitReason("young", "DeviceConflict");
            assertEquals(before, hash("old"), "it serves on with what it has");
            assertTrue(statefulSet("young").isMarkedForDeletion());
            cluster.client().resource(statefulSet("young")).edit(set -> {
                set.getMetadata().setFinalizers(List.of());
                return set;
            });
            Eventually.nothingWrong(() -> {
                cluster.step();
                return statefulSet("young") == null && !before.equals(hash("old")) ? null : "it did not get the device";
            });
            serve("old");
            assertEquals("DeviceConflict", condition("young", "Ready").reason);
        }
    }

    @Test
    void shouldFollowTheAgent() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        agent.deviceMissing("disk=0000:3b:00.0 is not on the machine; put it in");
        awaitReason("a", "DeviceMissing");
        assertEquals("False", condition("a", "DevicesPrepared").status);
        assertTrue(condition("a", "Ready").message.contains("0000:3b:00.0"));
        agent.close();
        awaitReason("a", "AgentUnreachable");
        cluster.machine(MACHINE, false);
        awaitReason("a", "NodeNotReady");
    }

    @Test
    void shouldShowHowEachNodeIsForAsLongAsItIsThere() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        Eventually.nothingWrong(() -> gauge("ready") == 1 ? null : "it is not shown as ready");
        Eventually.pause(1200);
        assertTrue(gauge("status.age") < 1, "answers come each 0.1 s, statusAge=" + gauge("status.age"));

        agent.close();
        awaitReason("a", "AgentUnreachable");
        Eventually.nothingWrong(() -> gauge("ready") == 0 ? null : "it is shown as ready still");
        Eventually.nothingWrong(() -> gauge("status.age") > 1 ? null : "its status does not age");

        node("a").edit(node -> {
            node.getMetadata().getAnnotations().put(Names.FORCE_DELETE, "true");
            return node;
        });
        node("a").delete();
        Eventually.nothingWrong(() -> Double.isNaN(gauge("ready")) ? null : "it is shown although it is gone");
    }

    /** Of node a; NaN when it is not shown. */
    private double gauge(String name) {
        Gauge gauge = operator.registry()
                .find("dcn.operator.streaming.node." + name)
                .tags("streaming_namespace", TestCluster.NAMESPACE, "streaming_node", "a")
                .gauge();
        return gauge == null ? Double.NaN : gauge.value();
    }

    @Test
    void shouldRefuseASpecThatBreaksARule() {
        StreamingNode node = Samples.node("a", MACHINE, agent.port());
        node.getSpec().disks.getFirst().path = null;
        create(node);
        awaitReason("a", "SpecInvalid");
        assertTrue(condition("a", "Ready").message.contains("spec.disks[0]"), condition("a", "Ready").message);
        assertNull(statefulSet("a"));
        node("a").delete();
        Eventually.nothingWrong(() -> node("a").get() == null ? null : "it does not go");
    }

    @Test
    void shouldGiveDevicesBackBeforeItGoes() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        cluster.jobsSucceed(false);
        node("a").delete();
        awaitReason("a", "Draining");
        Eventually.nothingWrong(() -> {
            cluster.step();
            return "ReleaseFailed".equals(condition("a", "Ready").reason) ? null : condition("a", "Ready").reason;
        });
        assertTrue(node("a").get().getFinalizers().contains(Names.FINALIZER));
        assertTrue(condition("a", "Ready").message.contains("disk=/var/lib/videos/a.img"));
        assertNull(statefulSet("a"));

        node("a").edit(node -> {
            node.getMetadata().getAnnotations().put(Names.FORCE_DELETE, "true");
            return node;
        });
        Eventually.nothingWrong(() -> node("a").get() == null ? null : "it does not go although it is forced");
        assertTrue(events().stream()
                .anyMatch(event -> event.getReason().equals("ForceDeleted")
                        && event.getMessage().contains("/var/lib/videos/a.img")));
    }

    @Test
    void shouldNotWaitForAMachineThatIsGone() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        cluster.client().nodes().withName(MACHINE).delete();
        node("a").delete();
        Eventually.nothingWrong(() -> node("a").get() == null ? null : "it waits for a machine that is gone");
        assertTrue(events().stream()
                .anyMatch(event -> event.getReason().equals("NodeUnknown")
                        && event.getMessage().contains(MACHINE)));
    }

    @Test
    void shouldGiveDevicesBackAlthoughTheSpecWasSpoilt() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        node("a").edit(node -> {
            node.getSpec().ports = null;
            node.getSpec().drainTimeout = "soon";
            return node;
        });
        awaitReason("a", "SpecInvalid");
        assertEquals("True", condition("a", "Serving").status, "the agent serves the spec before");
        node("a").delete();
        Eventually.nothingWrong(() -> {
            cluster.step();
            return node("a").get() == null ? null : "it does not go";
        });
    }

    @Test
    void shouldComeThroughTroubleOfTheServer() {
        var random = new Random(7);
        int[] codes = {500, 503, 429, 409, 404};
        cluster.faults(request -> random.nextInt(3) == 0
                ? new MockResponse()
                        .setResponseCode(codes[random.nextInt(codes.length)])
                        .setBody("{}")
                : null);
        create(Samples.node("a", MACHINE, agent.port()));
        Eventually.pause(3000);
        cluster.faults(request -> null);
        serve("a");
        Eventually.pause(1000);
        cluster.clearWrites();
        Eventually.pause(1000);
        assertEquals(List.of(), cluster.writes());
    }

    @Test
    void shouldTellAPersonWhenTheServerRefuses() {
        cluster.faults(request -> request.getPath().contains("/statefulsets") && request.method() == HttpMethod.POST
                ? new MockResponse().setResponseCode(403).setBody("{\"message\":\"exceeded quota\"}")
                : null);
        create(Samples.node("a", MACHINE, agent.port()));
        Eventually.nothingWrong(() -> events().stream()
                        .anyMatch(event -> event.getReason().equals("WriteRefused")
                                && event.getMessage().contains("exceeded quota"))
                ? null
                : "no event");
        cluster.faults(request -> null);
        serve("a");
    }

    @Test
    void shouldWriteFiguresRarely() {
        create(Samples.node("a", MACHINE, agent.port()));
        serve("a");
        Eventually.pause(1200);
        cluster.clearWrites();
        for (int i = 1; i <= 30; i++) {
            agent.sends(i * 1_000_000L);
            Eventually.pause(100);
        }
        long writes = cluster.writes().stream()
                .filter(write -> write.contains("/status"))
                .count();
        assertTrue(writes >= 2 && writes <= 4, "3 s at one write a second, writes=" + cluster.writes());
        assertNotEquals(0L, node("a").get().getStatus().transmitBitsPerSecond);
    }

    private void create(StreamingNode node) {
        cluster.client().resource(node).create();
    }

    private Resource<StreamingNode> node(String name) {
        return cluster.client()
                .resources(StreamingNode.class)
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name);
    }

    private StatefulSet statefulSet(String name) {
        return cluster.client()
                .apps()
                .statefulSets()
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name + "-agent")
                .get();
    }

    private String hash(String name) {
        return statefulSet(name)
                .getSpec()
                .getTemplate()
                .getMetadata()
                .getAnnotations()
                .get(Names.CONFIG_HASH);
    }

    private String token(String name) {
        return cluster.client()
                .secrets()
                .inNamespace(TestCluster.NAMESPACE)
                .withName(name + "-agent-admin")
                .get()
                .getData()
                .get("token");
    }

    private void secret(String name, String certificate, String key) {
        var secret = new io.fabric8.kubernetes.api.model.SecretBuilder()
                .withNewMetadata()
                .withNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .endMetadata()
                .withType("kubernetes.io/tls")
                .addToData("tls.crt", Certificates.base64(certificate))
                .addToData("tls.key", Certificates.base64(key))
                .build();
        if (cluster.client().resource(secret).get() == null) {
            cluster.client().resource(secret).create();
        } else {
            cluster.client().resource(secret).update();
        }
    }

    private List<Event> events() {
        return cluster.client()
                .v1()
                .events()
                .inNamespace(TestCluster.NAMESPACE)
                .list()
                .getItems();
    }

    private void serve(String name) {
        Eventually.nothingWrong(() -> {
            cluster.step();
            ConditionStatus ready = condition(name, "Ready");
            return ready != null && ready.status.equals("True") ? null : ready == null ? "no status" : ready.message;
        });
    }

    private void awaitReason(String name, String reason) {
        Eventually.nothingWrong(() -> {
            ConditionStatus ready = condition(name, "Ready");
            return ready != null && reason.equals(ready.reason)
                    ? null
                    : ready == null ? "no status" : ready.reason + ": " + ready.message;
        });
    }

    private ConditionStatus condition(String name, String type) {
        StreamingNode node = node(name).get();
        return node == null || node.getStatus() == null || node.getStatus().conditions == null
                ? null
                : node.getStatus().conditions.stream()
                        .filter(condition -> condition.type.equals(type))
                        .findFirst()
                        .orElse(null);
    }
}
