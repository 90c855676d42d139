package dev.diskcryptnet.operator.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeStatus;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.testing.Samples;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatusModelTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final String HASH = "hash-1";

    private final StreamingNode node = Samples.node("edge", "rack1", 9470);

    @BeforeEach
    void generation() {
        node.getMetadata().setGeneration(3L);
    }

    @Test
    void shouldBeReadyWhenTheAgentIs() {
        StreamingNodeStatus status = of(pod(HASH), answers(true, "True", "DevicesReady"), NOON);
        assertCondition(status, "Ready", "True", "Serving");
        assertCondition(status, "DevicesPrepared", "True", "DevicesReady");
        assertEquals(3L, status.observedGeneration);
        assertEquals(5L, status.connections);
        assertEquals(37_240_000_000L, status.transmitBitsPerSecond);
        assertEquals("37.2", status.transmitGbitPerSecond);
    }

    @Test
    void shouldNotBeReadyWhileTheSpecBeforeIsServed() {
        StreamingNodeStatus status = of(pod("hash-0"), answers(true, "True", "DevicesReady"), NOON);
        assertCondition(status, "Ready", "False", "Reconciling");
        assertCondition(status, "Serving", "True", "Serving");
    }

    @Test
    void shouldNameTheDeviceThatTheAgentMisses() {
        StreamingNodeStatus status = of(pod(HASH), answers(false, "False", "DeviceMissing"), NOON);
        assertCondition(status, "Ready", "False", "DeviceMissing");
        assertCondition(status, "DevicesPrepared", "False", "DeviceMissing");
        assertTrue(condition(status, "Ready").message.contains("disk=/dev/nvme9n1"));
    }

    @Test
    void shouldTellImageDeviceAndPlaceFromThePod() {
        Pod noImage = pod(pod -> pod.editStatus()
                .withContainerStatuses(new ContainerStatusBuilder()
                        .withImage("agent:x")
                        .withNewState()
                        .withNewWaiting()
                        .withReason("ImagePullBackOff")
                        .withMessage("not found")
                        .endWaiting()
                        .endState()
                        .build())
                .endStatus());
        StreamingNodeStatus status = of(noImage, AgentState.NONE, NOON);
        assertCondition(status, "Ready", "False", "ImageMissing");
        assertTrue(condition(status, "Ready").message.contains("agent:x"));

        Pod noRoom = pod(pod -> pod.editStatus()
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withReason("Unschedulable")
                .withMessage("Insufficient hugepages-2Mi")
                .endCondition()
                .endStatus());
        status = of(noRoom, AgentState.NONE, NOON);
        assertCondition(status, "Ready", "False", "Unschedulable");
        assertTrue(condition(status, "Ready").message.contains("hugepages-2Mi"));
    }

    @Test
    void shouldReadTheLastWordsOfAnAgentThatEnded() {
        StreamingNodeStatus status = of(
                crashed(
                        1,
                        "{\"reason\":\"DeviceMissing\",\"device\":\"/dev/nvme1n1\",\"message\":\"it does not exist\"}"),
                AgentState.NONE,
                NOON);
        assertCondition(status, "Ready", "False", "DeviceMissing");
        assertCondition(status, "DevicesPrepared", "False", "DeviceMissing");
        assertTrue(condition(status, "Ready").message.contains("device=/dev/nvme1n1: it does not exist"));
        assertCondition(of(crashed(3, "disk is mounted"), AgentState.NONE, NOON), "Ready", "False", "DeviceFailed");
        status = of(crashed(137, null), AgentState.NONE, NOON);
        assertCondition(status, "Ready", "False", "AgentNotReady");
        assertTrue(condition(status, "Ready").message.contains("exit status 137"));
    }

    @Test
    void shouldBlameTheMachineOnlyForAnAgentThatIsAway() {
        var silent = new AgentState(AgentState.Contact.SILENT, null, "connect timed out");
        assertCondition(status(observe(pod(HASH), silent, machine(true)), NOON), "Ready", "False", "AgentUnreachable");
        assertCondition(status(observe(pod(HASH), silent, machine(false)), NOON), "Ready", "False", "NodeNotReady");
        assertCondition(status(observe(pod(HASH), silent, null), NOON), "Ready", "False", "NodeUnknown");
        var answers = answers(true, "True", "DevicesReady");
        assertCondition(status(observe(pod(HASH), answers, machine(false)), NOON), "Ready", "True", "Serving");
        assertCondition(
                status(observe(pod(HASH), silent, machine(true)), NOON), "Serving", "Unknown", "AgentUnreachable");
    }

    @Test
    void shouldKeepTheTimeForAsLongAsTheStatus() {
        node.setStatus(of(null, AgentState.NONE, NOON));
        String noon = "2026-11-22T12:00:00Z";
        Instant later = NOON.plusSeconds(60);
        StreamingNodeStatus starting = of(pod(HASH), AgentState.NONE, later);
        assertEquals(noon, condition(starting, "Ready").lastTransitionTime);
        node.setStatus(starting);
        StreamingNodeStatus ready = of(pod(HASH), answers(true, "True", "DevicesReady"), later);
        assertEquals("2026-11-22T12:01:00Z", condition(ready, "Ready").lastTransitionTime);
    }

    @Test
    void shouldKeepWhatWasKnownUntilTheAgentWasAsked() {
        node.setStatus(of(pod(HASH), answers(true, "True", "DevicesReady"), NOON));
        StreamingNodeStatus unasked = of(pod(HASH), AgentState.PENDING, NOON.plusSeconds(5));
        assertSame(node.getStatus().conditions, unasked.conditions);
        assertEquals(node.getStatus().addresses, unasked.addresses);
        assertEquals("37.2", unasked.transmitGbitPerSecond);
        node.setStatus(null);
        assertCondition(of(pod(HASH), AgentState.PENDING, NOON), "Ready", "False", "AgentStarting");
    }

    @Test
    void shouldShowNoFiguresOfAnAgentThatDoesNotAnswer() {
        node.setStatus(of(pod(HASH), answers(true, "True", "DevicesReady"), NOON));
        StreamingNodeStatus status = of(pod(HASH), new AgentState(AgentState.Contact.SILENT, null, "refused"), NOON);
        assertNull(status.connections);
        assertNull(status.addresses);
    }

    @Test
    void shouldSayAConflictOfTheDevicesToo() {
        var conflict = new Finding(Reason.DeviceConflict, "disk=/dev/x belongs to StreamingNode a/b");
        var seen = new Observation(node, null, conflict, HASH, null, machine(true), AgentState.NONE);
        assertCondition(status(seen, NOON), "DevicesPrepared", "False", "DeviceConflict");
        assertCondition(status(seen, NOON), "Ready", "False", "DeviceConflict");
        assertCondition(status(seen, NOON), "Serving", "False", "DeviceConflict");
    }

    private StreamingNodeStatus of(Pod pod, AgentState agent, Instant now) {
        return status(observe(pod, agent, machine(true)), now);
    }

    private static StreamingNodeStatus status(Observation seen, Instant now) {
        return StatusModel.of(seen, now);
    }

    private Observation observe(Pod pod, AgentState agent, Node machine) {
        return new Observation(node, null, null, HASH, pod, machine, agent);
    }

    private static Node machine(boolean ready) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName("rack1")
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "Unknown")
                .endCondition()
                .endStatus()
                .build();
    }

    private static AgentState answers(boolean ready, String devices, String reason) {
        String report = """
                {"ready":%s,"notReadyReasons":["why"],"conditions":[
                {"type":"DevicesPrepared","status":"%s","reason":"%s","message":"disk=/dev/nvme9n1 is away"},
                {"type":"Serving","status":"True","reason":"Serving","message":"x"}],
                "addresses":["192.0.2.1"],"disks":[],"ports":[],"connections":5,"transmitBitsPerSecond":37240000000}
                """.formatted(ready, devices, reason);
        return new AgentState(AgentState.Contact.ANSWERS, AgentReports.parse(report), null);
    }

    private static Pod pod(String hash) {
        return pod(pod -> pod.editMetadata()
                .addToAnnotations(Names.CONFIG_HASH, hash)
                .endMetadata()
                .editStatus()
                .addNewContainerStatus()
                .withReady(true)
                .endContainerStatus()
                .endStatus());
    }

    private static Pod crashed(int exitCode, String message) {
        return pod(pod -> pod.editStatus()
                .addNewContainerStatus()
                .withNewState()
                .withNewWaiting()
                .withReason("CrashLoopBackOff")
                .endWaiting()
                .endState()
                .withNewLastState()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withMessage(message)
                .endTerminated()
                .endLastState()
                .endContainerStatus()
                .endStatus());
    }

    private static Pod pod(UnaryOperator<PodBuilder> change) {
        var pod = new PodBuilder()
                .withNewMetadata()
                .withNamespace("streaming")
                .withName("edge-agent-0")
                .endMetadata()
                .withNewStatus()
                .endStatus();
        return change.apply(pod).build();
    }

    private static void assertCondition(StreamingNodeStatus status, String type, String value, String reason) {
        ConditionStatus condition = condition(status, type);
        assertEquals(value + " " + reason, condition.status + " " + condition.reason, condition.message);
    }

    private static ConditionStatus condition(StreamingNodeStatus status, String type) {
        return ConditionList.find(status, type).orElseThrow();
    }
}
