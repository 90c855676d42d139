package dev.diskcryptnet.operator.pool;

import static dev.diskcryptnet.operator.pool.PoolStage.pool;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.FormatPolicy;
import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolStatus;
import dev.diskcryptnet.crds.TemplateMetadata;
import dev.diskcryptnet.operator.ApiProfile;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.dependent.WriteGuard;
import dev.diskcryptnet.operator.testing.Eventually;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pools on an API server in memory. */
class PoolReconcilerTest {
    private final PoolStage stage = new PoolStage();

    @AfterEach
    void close() throws InterruptedException {
        stage.close();
    }

    @Test
    void shouldMakeMembersThatBelongToThePoolAndSaySo() {
        stage.machines(3).startOperator();
        StreamingNodePool pool = pool("edge", 2);
        pool.getSpec().template.metadata = new TemplateMetadata();
        pool.getSpec().template.metadata.labels = Map.of("tier", "front");
        stage.client.resource(pool).create();

        StreamingNodePoolStatus status = stage.awaitReady("edge", 2);

        assertEquals(List.of("edge-m1", "edge-m2"), stage.memberNames());
        StreamingNode member = stage.member("edge-m1");
        assertEquals("m1", member.getSpec().nodeName);
        assertEquals("0000:3b:00.0", member.getSpec().disks.getFirst().pciAddress);
        assertEquals(
                Map.of("tier", "front", "diskcryptnet.dev/pool", "edge"),
                member.getMetadata().getLabels());
        OwnerReference owner = member.getMetadata().getOwnerReferences().getFirst();
        assertEquals(stage.get("edge").getMetadata().getUid(), owner.getUid());
        assertTrue(owner.getController() && owner.getBlockOwnerDeletion());
        assertEquals("diskcryptnet.dev/pool=edge", status.selector);
        assertEquals(List.of("m1", "m2"), status.machines.stream().sorted().toList());
        assertEquals(List.of("Ready True AllReplicasReady", "Degraded False NothingDegraded"), conditions(status));
        assertTrue(
                stage.events.contains("Normal ReplicaCreated made StreamingNode edge-m1 on node m1: eligible"),
                stage.events.toString());
    }

    private double replicas(String pool, String state) {
        return stage.registry
                .get("dcn.operator.streaming.node.pool.replicas")
                .tags("streaming_node_pool", pool, "state", state)
                .gauge()
                .value();
    }

    @Test
    void shouldShowEachPoolAsMetricsWhileItIsThere() {
        stage.machines(2).startOperator();
        stage.client.resource(pool("edge", 3)).create();
        Eventually.nothingWrong(() -> "2 ready"
                        .equals(
                                stage.get("edge").getStatus() == null
                                        ? ""
                                        : stage.get("edge").getStatus().readyReplicas + " ready")
                ? null
                : "status=" + stage.get("edge").getStatus());
        Eventually.nothingWrong(() -> replicas("edge", "ready") == 2 ? null : "ready=" + replicas("edge", "ready"));
        assertEquals(3, replicas("edge", "declared"));
        assertEquals(2, replicas("edge", "existing"));
        assertEquals(2, replicas("edge", "updated"));
        assertEquals(
                1,
                stage.registry
                        .get("dcn.operator.streaming.node.pool.degraded")
                        .gauge()
                        .value());

        stage.client.resource(stage.get("edge")).delete();
        stage.client.resource(pool("other", 0)).create();
        stage.awaitReady("other", 0);
        Eventually.nothingWrong(
                () -> stage
                                .registry
                                .find("dcn.operator.streaming.node.pool.replicas")
                                .tag("streaming_node_pool", "edge")
                                .gauges()
                                .stream()
                                .allMatch(gauge -> Double.isNaN(gauge.value()))
                        ? null
                        : "the pool that is gone is still shown");
    }

    @Test
    void shouldScaleUpAndDownAndComeBackToTheMachinesUsedBefore() {
        stage.machines(4).startOperator();
        stage.client.resource(pool("edge", 1)).create();
        stage.awaitReady("edge", 1);
        stage.machine("m1", node -> node.editSpec().withUnschedulable(true).endSpec());
        stage.machine("m2", node -> node.editSpec().withUnschedulable(true).endSpec());

        stage.edit("edge", pool -> pool.getSpec().replicas = 3);
        stage.awaitReady("edge", 3);
        assertEquals(List.of("edge-m1", "edge-m3", "edge-m4"), stage.memberNames());

        stage.edit("edge", pool -> pool.getSpec().replicas = 0);
        stage.awaitReady("edge", 0);
        Eventually.nothingWrong(() -> stage.members().isEmpty() ? null : stage.memberNames() + " are still there");
        stage.machine("m2", node -> {});
        stage.edit("edge", pool -> pool.getSpec().replicas = 2);
        stage.awaitReady("edge", 2);
        assertEquals(List.of("edge-m3", "edge-m4"), stage.memberNames());
    }

    @Test
    void shouldSayWhatIsMissingAndTakeAMachineWhenItComes() {
        stage.machines(1).startOperator();
        stage.machine("m2", node -> node.editSpec().withUnschedulable(true).endSpec());
        stage.client.resource(pool("edge", 2)).create();

        StreamingNodePoolStatus status =
                stage.await("edge", "1 of 2: 1 eligible node short (2 nodes: 1 cordoned, 1 with a member)");
        assertEquals(List.of("Ready False MachinesShort", "Degraded True MachinesShort"), conditions(status));
        assertTrue(stage.events.stream().anyMatch(event -> event.startsWith("Warning MachinesShort")));

        stage.machine("m2", node -> {});
        stage.awaitReady("edge", 2);
    }

    @Test
    void shouldRollAChangeOneByOneAndScaleAtOnce() {
        stage.machines(5).startOperator();
        stage.client.resource(pool("edge", 4)).create();
        stage.awaitReady("edge", 4);
        stage.nodes.mostDown();

        stage.edit("edge", pool -> {
            pool.getSpec().template.spec.format = FormatPolicy.IF_EMPTY;
            pool.getSpec().replicas = 5;
        });
        stage.awaitReady("edge", 5);

        assertTrue(stage.members().stream().allMatch(node -> node.getSpec().format == FormatPolicy.IF_EMPTY));
        assertEquals(1, stage.nodes.mostDown());
        assertEquals(List.of(), stage.nodes.breaches());
    }

    @Test
    void shouldStopARollThatBreaksItsFirstMemberAndGoOnWhenTheTemplateIsMended() {
        stage.machines(3).startOperator();
        stage.client.resource(pool("edge", 3)).create();
        stage.awaitReady("edge", 3);
        stage.nodes.healthy(node -> node.getSpec().agent.logLevel != LogLevel.TRACE);
        stage.edit("edge", pool -> pool.getSpec().template.spec.agent.logLevel = LogLevel.TRACE);

        StreamingNodePoolStatus status =
                stage.await("edge", "2 of 3: 1 not Ready (edge-m1: AgentStarting); 2 to update");
        assertEquals(List.of("Ready False RollingOut", "Degraded False NothingDegraded"), conditions(status));
        assertEquals(1, status.updatedReplicas);

        stage.edit("edge", pool -> pool.getSpec().template.spec.agent.logLevel = LogLevel.DEBUG);
        stage.awaitReady("edge", 3);
    }

    @Test
    void shouldBringBackWhatWasEditedByHand() {
        stage.machines(1).startOperator();
        stage.client.resource(pool("edge", 1)).create();
        stage.awaitReady("edge", 1);

        stage.editMember("edge-m1", node -> {
            node.getSpec().format = FormatPolicy.IF_EMPTY;
            node.getMetadata().setLabels(Map.of("mine", "yes"));
        });

        Eventually.nothingWrong(() -> {
            StreamingNode node = stage.member("edge-m1");
            Map<String, String> labels = node.getMetadata().getLabels();
            boolean back = node.getSpec().format == null
                    && "edge".equals(labels.get("diskcryptnet.dev/pool"))
                    && "yes".equals(labels.get("mine"));
            return back ? null : node.toString();
        });
        stage.awaitReady("edge", 1);
    }

    @Test
    void shouldTakeLabelsOffThatTheTemplateHasNoMore() {
        stage.machines(1).startOperator();
        StreamingNodePool pool = pool("edge", 1);
        pool.getSpec().template.metadata = new TemplateMetadata();
        pool.getSpec().template.metadata.labels = Map.of("old", "1", "kept", "1");
        stage.client.resource(pool).create();
        stage.awaitReady("edge", 1);
        String rolledBefore =
                String.valueOf(stage.member("edge-m1").getMetadata().getGeneration());

        stage.edit("edge", edited -> edited.getSpec().template.metadata.labels = Map.of("kept", "2"));

        Eventually.nothingWrong(() -> {
            Map<String, String> labels = stage.member("edge-m1").getMetadata().getLabels();
            return labels.equals(Map.of("kept", "2", "diskcryptnet.dev/pool", "edge")) ? null : labels.toString();
        });
        assertEquals(
                rolledBefore,
                String.valueOf(stage.member("edge-m1").getMetadata().getGeneration()));
    }

    @Test
    void shouldReplaceAMemberOfAMachineThatIsGone() {
        stage.machines(2).startOperator();
        stage.client.resource(pool("edge", 1)).create();
        stage.awaitReady("edge", 1);
        stage.nodes.healthy(node -> !node.getSpec().nodeName.equals("m1"));

        stage.client.nodes().withName("m1").delete();

        Eventually.nothingWrong(() -> stage.memberNames().equals(List.of("edge-m2"))
                ? null
                : stage.memberNames().toString());
        stage.awaitReady("edge", 1);
        assertTrue(stage.events.stream().anyMatch(event -> event.contains("its machine m1 is gone")));
    }

    @Test
    void shouldMakeAMemberAnewOnItsMachineWhenItIsDeletedByHand() {
        stage.machines(3).startOperator();
        stage.client.resource(pool("edge", 2)).create();
        stage.awaitReady("edge", 2);
        String uid = stage.member("edge-m2").getMetadata().getUid();

        stage.client.resource(stage.member("edge-m2")).delete();

        Eventually.nothingWrong(() -> {
            StreamingNode node = stage.member("edge-m2");
            return node != null && !node.getMetadata().getUid().equals(uid) ? null : "not made anew";
        });
        stage.awaitReady("edge", 2);
        assertEquals(List.of("edge-m1", "edge-m2"), stage.memberNames());
    }

    @Test
    void shouldMakeNothingForAPoolThatIsBeingDeleted() {
        stage.machines(2).startOperator();
        StreamingNodePool pool = pool("edge", 2);
        pool.getMetadata().setFinalizers(List.of("foregroundDeletion"));
        stage.client.resource(pool).create();
        stage.awaitReady("edge", 2);

        stage.client.resource(stage.get("edge")).delete();
        stage.client.resource(stage.member("edge-m1")).delete();

        Eventually.nothingWrong(() -> stage.member("edge-m1") == null ? null : "edge-m1 is there");
        Eventually.pause(500);
        assertNull(stage.member("edge-m1"));
    }

    @Test
    void shouldAdoptMembersOfAnEarlierPoolThatWasDeletedWithoutThem() {
        stage.machines(2).startOperator();
        stage.client.resource(pool("edge", 1)).create();
        stage.awaitReady("edge", 1);
        stage.client.resource(stage.get("edge")).delete();
        stage.editMember("edge-m1", node -> node.getMetadata().setOwnerReferences(List.of()));
        String uid = stage.member("edge-m1").getMetadata().getUid();

        stage.client.resource(pool("edge", 1)).create();
        stage.awaitReady("edge", 1);

        assertEquals(List.of("edge-m1"), stage.memberNames());
        assertEquals(uid, stage.member("edge-m1").getMetadata().getUid());
        Eventually.nothingWrong(
                () -> MemberTemplate.isOwner(stage.get("edge"), stage.member("edge-m1")) ? null : "nobody's");
    }

    @Test
    void shouldLeaveAStreamingNodeAloneThatOnlyCarriesTheLabel() {
        stage.machines(2).startOperator();
        StreamingNode stranger = new StreamingNode();
        stranger.setMetadata(pool("mine", 0).getMetadata());
        stranger.getMetadata().setLabels(Map.of("diskcryptnet.dev/pool", "edge"));
        stranger.setSpec(pool("mine", 0).getSpec().template.spec);
        stranger.getSpec().nodeName = "m1";
        stage.client.resource(stranger).create();

        stage.client.resource(pool("edge", 1)).create();
        stage.awaitReady("edge", 1);

        assertEquals(List.of("edge-m2", "mine"), stage.memberNames());
    }

    @Test
    void shouldSayWhatIsWrongWithASpecAndTouchNothing() {
        stage.machines(1).startOperator();
        StreamingNodePool pool = pool("edge", 1);
        pool.getSpec().maxUnavailable = "half";
        stage.client.resource(pool).create();

        AtomicReference<StreamingNodePoolStatus> status = new AtomicReference<>();
        Eventually.nothingWrong(() -> {
            status.set(stage.get("edge").getStatus());
            boolean said = status.get() != null && status.get().message.contains("maxUnavailable");
            return said ? null : "nothing is said";
        });
        assertEquals(List.of("Ready False SpecInvalid", "Degraded True SpecInvalid"), conditions(status.get()));
        assertEquals(List.of(), stage.memberNames());

        stage.edit("edge", edited -> edited.getSpec().maxUnavailable = "50%");
        stage.awaitReady("edge", 1);
    }

    @Test
    void shouldWriteNothingInASteadyState() {
        AtomicReference<CountedApplier> writes = new AtomicReference<>();
        stage.machines(3).startOperator(applier -> {
            writes.set(new CountedApplier(applier, Integer.MAX_VALUE));
            return writes.get();
        });
        stage.client.resource(pool("edge", 3)).create();
        stage.awaitReady("edge", 3);
        Eventually.pause(500);
        writes.get().writes.clear();

        stage.editMember("edge-m1", node -> {});
        StreamingNode figures = stage.member("edge-m2");
        figures.getStatus().connections = 17L;
        stage.client.resource(figures).updateStatus();
        stage.machine("m3", node -> node.editStatus()
                .addNewCondition()
                .withType("DiskPressure")
                .withStatus("False")
                .endCondition()
                .endStatus());
        stage.client.resource(pool("other", 0)).create();
        stage.awaitReady("other", 0);
        Eventually.pause(1000);

        assertEquals(List.of("status StreamingNodePool other"), writes.get().writes);
    }

    @Test
    void shouldNotLetTwoPoolsTakeOneMachine() {
        stage.machines(6).startOperator();
        stage.client.resource(pool("a", 3)).create();
        stage.client.resource(pool("b", 3)).create();
        stage.client.resource(pool("c", 3)).create();

        Eventually.nothingWrong(
                () -> stage.members().size() == 6 ? null : stage.memberNames().toString());
        Eventually.nothingWrong(() -> {
            long ready = List.of("a", "b", "c").stream()
                    .map(stage::get)
                    .mapToInt(pool -> pool.getStatus().readyReplicas)
                    .sum();
            return ready == 6 ? null : "ready=" + ready;
        });
        assertEquals(List.of(), stage.nodes.breaches());
    }

    @Test
    void shouldNotOverwriteWhatSomebodyChangedSinceThePlanWasMade() {
        stage.machines(1).startOperator();
        stage.client.resource(pool("edge", 1)).create();
        stage.awaitReady("edge", 1);
        stage.stopOperators();
        StreamingNode old = stage.member("edge-m1");
        stage.editMember("edge-m1", node -> node.getMetadata().setLabels(Map.of("mine", "yes")));

        Applier applier = ApiProfile.IN_MEMORY.applier(stage.client, WriteGuard.ALWAYS);
        KubernetesClientException refusal = assertThrows(KubernetesClientException.class, () -> applier.replace(old));

        assertEquals(HttpURLConnection.HTTP_CONFLICT, refusal.getCode());
        assertEquals(
                Map.of("mine", "yes"), stage.member("edge-m1").getMetadata().getLabels());
    }

    private static List<String> conditions(StreamingNodePoolStatus status) {
        return status.conditions.stream().map(PoolReconcilerTest::words).toList();
    }

    private static String words(ConditionStatus condition) {
        return condition.type + " " + condition.status + " " + condition.reason;
    }
}
