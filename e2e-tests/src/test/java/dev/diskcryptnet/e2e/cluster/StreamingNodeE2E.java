package dev.diskcryptnet.e2e.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.kernel.Launcher;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Declare a streaming node and it streams, from outside: {@code ./dcn up}, {@code ./dcn} for the API, curl for the
 * video. The same on either API server; what differs is asked of the profile.
 */
@Tag("cluster")
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamingNodeE2E {
    private static final String NODE = "sn/one-machine";
    private static final String POD = "pod/one-machine-agent-0";
    private static final List<String> OBJECTS = List.of(
            "cm/one-machine-agent-config",
            "sts/one-machine-agent",
            "svc/one-machine-agent",
            "sa/one-machine-agent",
            "secret/one-machine-agent-admin");

    @TempDir
    Path directory;

    private String clip;
    private long clipBytes;

    @BeforeAll
    void up() throws IOException {
        Launcher.checked("down");
        Cluster.up(2);
        clip = Launcher.status().at("/streamUrls/0").asText();
        clipBytes = Files.size(Launcher.ROOT.resolve("deploy/samples/video/content/clip.mp4"));
    }

    @AfterAll
    void down() {
        Launcher.checked("down");
    }

    @BeforeEach
    void startFromTheSample() throws Exception {
        Cluster.applied(directory, sample());
        Cluster.await(NODE, "Ready", Cluster::isReady);
    }

    private static String sample() throws IOException {
        return Files.readString(Launcher.ROOT.resolve("deploy/samples/one-machine.yaml"));
    }

    private String podUid() throws IOException {
        return Cluster.get(POD).at("/metadata/uid").asText();
    }

    @Test
    void shouldStreamAndShowLiveFiguresInItsStatus() throws Exception {
        assertEquals(clipBytes, Cluster.fetch(clip));
        JsonNode busy = Cluster.await(NODE, "throughput", node -> {
            Cluster.fetch(clip);
            return node.at("/status/transmitBitsPerSecond").asLong() > 0;
        });
        assertEquals("198.18.0.2", busy.at("/status/addresses/0").asText());
        assertEquals("2001:2::2", busy.at("/status/addresses/1").asText());
        assertEquals(
                clipBytes, Cluster.fetch(Launcher.status().at("/streamUrls/4").asText()));
        assertTrue(busy.at("/status/disks/0/objects").asInt() > 0, busy.toPrettyString());
        String listed = Launcher.checked("get", "sn");
        assertTrue(listed.contains("GBIT/S"), listed);
        assertTrue(listed.lines().anyMatch(line -> line.matches("one-machine +localhost +True .*")), listed);
    }

    @Test
    void shouldMakeObjectsThatGoWithTheStreamingNode() throws Exception {
        String uid = Cluster.get(NODE).at("/metadata/uid").asText();
        for (String object : OBJECTS) {
            JsonNode found = Cluster.get(object);
            assertEquals(uid, found.at("/metadata/ownerReferences/0/uid").asText(), object);
            assertEquals(
                    "one-machine",
                    found.at("/metadata/labels/diskcryptnet.dev~1streaming-node")
                            .asText(),
                    object);
        }
        assertEquals("localhost", Cluster.get(POD).at("/spec/nodeName").asText());
    }

    @Test
    void shouldRollTheAgentWhenItsLogLevelChangesAndKeepTheVideo() throws Exception {
        String before = podUid();
        Cluster.applied(directory, sample() + "  agent: {logLevel: debug}\n");
        Cluster.await(
                POD,
                "replaced",
                pod -> !pod.isMissingNode() && !pod.at("/metadata/uid").asText().equals(before));
        Cluster.await(NODE, "Ready", Cluster::isReady);
        assertEquals(clipBytes, Cluster.fetch(clip));
    }

    @Test
    void shouldServeOnAListenerThatIsAdded() throws Exception {
        assertEquals(-1, Cluster.fetch("http://198.18.0.2:8081/clip.mp4"));
        Cluster.applied(directory, sample().replace("  - port: 80\n", "  - port: 80\n  - port: 8081\n"));
        long deadlineNs = System.nanoTime() + Cluster.LIMIT.toNanos();
        while (Cluster.fetch("http://198.18.0.2:8081/clip.mp4") != clipBytes) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "nothing on port 8081");
        }
    }

    @Test
    void shouldLeaveAnAppliedResourceAloneThatSaysTheSame() throws Exception {
        String before = podUid();
        Run.Result again = Cluster.apply(directory, sample());
        assertTrue(again.output().contains("unchanged"), again.output());
        assertEquals(before, podUid());
    }

    @Test
    void shouldGoOnWhereAKilledOperatorStopped() throws Exception {
        String before = podUid();
        Launcher.kill("KILL", Launcher.control(Launcher.OPERATOR));
        assertEquals(clipBytes, Cluster.fetch(clip), "streams go on without the operator");
        Cluster.applied(directory, sample() + "  agent: {logLevel: debug}\n");
        Launcher.kill("KILL", operatorOnceItIsBack());
        Cluster.await(
                POD,
                "replaced",
                pod -> !pod.isMissingNode() && !pod.at("/metadata/uid").asText().equals(before));
        Cluster.await(NODE, "Ready", Cluster::isReady);
        assertEquals(clipBytes, Cluster.fetch(clip));
    }

    private static long operatorOnceItIsBack() throws InterruptedException {
        long deadlineNs = System.nanoTime() + Cluster.LIMIT.toNanos();
        while (System.nanoTime() - deadlineNs < 0) {
            try {
                return Launcher.control(Launcher.OPERATOR);
            } catch (java.util.NoSuchElementException e) {
                Thread.sleep(50);
            }
        }
        throw new AssertionError("the operator was not started again");
    }

    @Test
    void shouldSetTheYoungerOfTwoAsideThatClaimOneDisk() throws Exception {
        String late = sample().replace("name: one-machine\n", "name: late\n")
                        .replaceAll("(?s)  - port: 443.*?one-machine-tls}\n", "")
                + "  agent: {adminPort: 9465}\n";
        Cluster.applied(directory, late);
        JsonNode aside = Cluster.await("sn/late", "conflict", node -> Cluster.condition(node, "DevicesPrepared")
                .path("reason")
                .asText()
                .equals("DeviceConflict"));
        String message =
                Cluster.condition(aside, "DevicesPrepared").path("message").asText();
        assertTrue(message.contains("one-machine"), message);
        assertFalse(Cluster.isReady(aside));
        assertTrue(Cluster.get("sts/late-agent").isMissingNode(), "no workload for the younger");
        assertTrue(Cluster.isReady(Cluster.get(NODE)), "the older one goes on");
        Launcher.checked("delete", "sn/late");
        assertEquals(clipBytes, Cluster.fetch(clip));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            driver: uring              | driver: floppy              | driver
            - port: 80                 | - port: 70000               | port
            drainTimeout: 3s           | drainTimeout: soon          | drainTimeout
            workers: {count: 1}        | workers: {count: -1}        | count
            """)
    void shouldRefuseASpecThatBreaksTheSchemaAndNameTheField(String right, String wrong, String named)
            throws Exception {
        Run.Result result = Cluster.apply(directory, spoilt(right, wrong));
        assertFalse(result.ok(), result.output());
        assertTrue(result.output().contains(named), result.output());
        assertTrue(Cluster.get("sn/wrong").isMissingNode());
    }

    private static String spoilt(String right, String wrong) throws IOException {
        String yaml = sample().replace("name: one-machine\n", "name: wrong\n").replace(right, wrong);
        assertTrue(yaml.contains(wrong), yaml);
        return yaml;
    }

    @Test
    void shouldSayWhatARuleOverSeveralFieldsFindsWrong() throws Exception {
        Run.Result result = Cluster.apply(directory, spoilt("  - port: 80\n", "  - port: 443\n"));
        if (Cluster.profile().validatesByCel()) {
            assertFalse(result.ok(), result.output());
            assertTrue(result.output().contains("listeners"), result.output());
            return;
        }
        assertTrue(result.ok(), result.output());
        JsonNode found = Cluster.await(
                "sn/wrong",
                "SpecInvalid",
                node -> Cluster.condition(node, "Ready").path("reason").asText().equals("SpecInvalid"));
        String message = Cluster.condition(found, "Ready").path("message").asText();
        assertTrue(message.contains("listeners"), message);
        Launcher.checked("delete", "sn/wrong");
    }

    @Test
    void shouldSayThatANodeIsNotKnown() throws Exception {
        Cluster.applied(
                directory,
                sample().replace("name: one-machine\n", "name: elsewhere\n")
                        .replace("nodeName: localhost", "nodeName: nowhere"));
        Cluster.await(
                "sn/elsewhere",
                "NodeUnknown",
                node -> Cluster.condition(node, "Ready").path("reason").asText().equals("NodeUnknown"));
        Launcher.checked("delete", "sn/elsewhere");
    }

    @Test
    void shouldReleaseEverythingWhenItIsDeletedAndStreamAgainWhenItIsAppliedAgain() throws Exception {
        assertEquals(1, agents().size());
        Launcher.checked("delete", NODE);
        assertTrue(Cluster.get(NODE).isMissingNode());
        assertEquals(List.of(), agents());
        assertEquals(-1, Cluster.fetch(clip));
        for (String object : OBJECTS) {
            Cluster.await(object, "gone", JsonNode::isMissingNode);
        }
        Cluster.await("job/one-machine-agent-release", "gone", JsonNode::isMissingNode);
        Cluster.applied(directory, sample());
        Cluster.await(NODE, "Ready", Cluster::isReady);
        assertEquals(clipBytes, Cluster.fetch(clip), "the volume is as it was");
    }

    private static List<String> agents() {
        return Run.checked("ip", "netns", "pids", "dcn-up").lines().toList();
    }

    /** A cluster may have other machines, which are nobody's to take. */
    private static String ownersOfMachines() throws IOException {
        return Cluster.get("node/localhost")
                .at("/metadata/labels/diskcryptnet.dev~1one-machine")
                .asText();
    }

    @Test
    void shouldScaleAPoolOverMachines() throws Exception {
        Launcher.checked("delete", NODE);
        String indented = sample().substring(sample().indexOf("spec:\n") + 6)
                .replaceAll("  nodeName: .*\n", "")
                .replaceAll("(?m)^", "      ");
        Cluster.applied(
                directory,
                """
                apiVersion: diskcryptnet.dev/v1alpha1
                kind: StreamingNodePool
                metadata: {name: edge}
                spec:
                  replicas: 1
                  nodeSelector: {diskcryptnet.dev/one-machine: %s}
                  template:
                    spec:
                """.formatted(ownersOfMachines())
                        + indented.replaceAll("(?m)^ {6}  ", "      ").stripTrailing() + "\n");
        Cluster.await(
                "snp/edge",
                "one ready",
                pool -> pool.at("/status/readyReplicas").asInt() == 1);
        Launcher.checked("scale", "snp/edge", "--replicas", "2");
        Cluster.await(
                "snp/edge",
                "two ready",
                pool -> pool.at("/status/readyReplicas").asInt() == 2);
        List<String> machines = Launcher.checked("get", "sn", "-o", "json")
                .lines()
                .filter(line -> line.contains("\"nodeName\""))
                .map(String::strip)
                .distinct()
                .toList();
        assertEquals(2, machines.size(), machines.toString());
        Launcher.checked("scale", "snp/edge", "--replicas", "3");
        JsonNode short1 = Cluster.await("snp/edge", "says what is missing", pool -> pool.at("/status/message")
                .asText()
                .contains("short"));
        assertNotEquals("", short1.at("/status/message").asText());
        Launcher.checked("scale", "snp/edge", "--replicas", "0");
        // Status counts members that stay: those on their way out are named until their devices are back.
        Cluster.await("snp/edge", "none, nor any being deleted", pool -> pool.at("/status/message")
                .asText()
                .equals("0 of 0 ready"));
        Launcher.checked("delete", "snp/edge");
        assertEquals(List.of(), agents());
    }
}
