package dev.diskcryptnet.e2e.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.kernel.Launcher;
import dev.diskcryptnet.e2e.onemachine.ClusterInstall;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What only a real API server has: kubectl, server-side apply, rights, admission, the scale subresource, leader
 * election, upgrades of definitions. {@link StreamingNodeE2E} is what both have.
 */
@Tag("cluster")
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf(
        value = "dev.diskcryptnet.e2e.cluster.Cluster#isReal",
        disabledReason = "neither KUBECONFIG nor KUBEBUILDER_ASSETS names a real API server")
class RealServerE2E {
    private static final String NODE = "sn/one-machine";
    private static final String LEASE = "lease/diskcryptnet-operator";

    @TempDir
    Path directory;

    private String operatorNamespace;

    @BeforeAll
    void up() {
        Launcher.checked("down");
        Cluster.up(1);
        operatorNamespace = Kubectl.operatorNamespace();
    }

    @AfterAll
    void down() {
        Launcher.checked("down");
    }

    private static void await(String what, Duration limit, BooleanSupplier wanted) throws InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (!wanted.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "not within " + limit + ": " + what);
            Thread.sleep(300);
        }
    }

    private static String pool(int replicas) throws IOException {
        String spec = Files.readString(Launcher.ROOT.resolve("deploy/samples/one-machine.yaml"));
        return """
                apiVersion: diskcryptnet.dev/v1alpha1
                kind: StreamingNodePool
                metadata: {name: nowhere}
                spec:
                  replicas: %d
                  nodeSelector: {diskcryptnet.dev/one-machine: nobody}
                  template:
                    spec:
                """.formatted(replicas)
                + spec.substring(spec.indexOf("spec:\n") + 6)
                        .replaceAll("  nodeName: .*\n", "")
                        .replaceAll("(?m)^", "    ");
    }

    @Test
    void shouldShowTheColumnsOfItsKinds() throws Exception {
        Cluster.await(NODE, "Ready", Cluster::isReady);
        List<String> lines = Kubectl.checked("get", "sn").lines().toList();
        assertEquals(List.of("NAME", "NODE", "READY", "GBIT/S", "CONNECTIONS", "AGE"), words(lines.getFirst()));
        assertEquals(
                List.of("one-machine", "localhost", "True"), words(lines.get(1)).subList(0, 3));
        String wide = Kubectl.checked("get", "streamingnodes", "-o", "wide");
        assertTrue(wide.contains("Serving") && wide.contains("198.18.0.2"), wide);
        assertTrue(Kubectl.checked("get", "diskcryptnet").contains("one-machine"));
    }

    private static List<String> words(String line) {
        return List.of(line.strip().split("\\s{2,}"));
    }

    @ParameterizedTest
    @CsvSource({
        "sn.spec.disks.driver, io_uring",
        "sn.spec.ports.addresses, address",
        "sn.status.conditions, Ready",
        "snp.spec.maxUnavailable, roll",
        "streamingnode.spec.agent.tolerations, taint"
    })
    void shouldExplainItsFields(String field, String word) {
        String explained = Kubectl.checked("explain", field);
        assertTrue(explained.contains("DESCRIPTION") && explained.contains(word), explained);
    }

    @Test
    void shouldTakeTheDefinitionsAsTheyAreInTheirFolder() {
        String folder = Kubectl.definitions().toString();
        // Client-side apply keeps a copy in an annotation, whose size is bounded.
        String applied = Kubectl.checked("apply", "--dry-run=server", "-f", folder);
        assertEquals(
                2,
                applied.lines()
                        .filter(line ->
                                line.startsWith("customresourcedefinition") && line.endsWith("(server dry run)"))
                        .count(),
                applied);
        Kubectl.checked("apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", folder);
        assertFalse(Kubectl.checked("get", "crd", "streamingnodes.diskcryptnet.dev", "-o", "yaml")
                .contains("NonStructuralSchema"));
    }

    @Test
    void shouldRefuseByCelAndNameTheFix() throws Exception {
        Path file = directory.resolve("wrong.yaml");
        Files.writeString(
                file,
                Files.readString(Launcher.ROOT.resolve("deploy/samples/one-machine.yaml"))
                        .replace("name: one-machine\n", "name: wrong\n")
                        .replace("- path: ", "- pciAddress: 0000:00:01.0\n    path: "));
        Run.Result refused = Kubectl.run("apply", "-f", file.toString());
        assertFalse(refused.ok(), refused.output());
        assertTrue(refused.output().contains("exactly one of pciAddress and path"), refused.output());
    }

    @Test
    void shouldScaleByTheScaleSubresource() throws Exception {
        Path file = directory.resolve("pool.yaml");
        Files.writeString(file, pool(1));
        Kubectl.checked("apply", "-f", file.toString());
        Kubectl.checked("scale", "snp/nowhere", "--replicas=3");
        JsonNode scale = scaleOf("nowhere");
        assertEquals(3, scale.at("/spec/replicas").asInt(), scale.toString());
        Cluster.await("snp/nowhere", "says what is missing", pool -> pool.at("/status/message")
                .asText()
                .startsWith("0 of 3"));
        scale = scaleOf("nowhere");
        assertEquals(
                "diskcryptnet.dev/pool=nowhere", scale.at("/status/selector").asText());
        Kubectl.checked("delete", "snp/nowhere");
    }

    private static JsonNode scaleOf(String pool) throws IOException {
        return new ObjectMapper()
                .readTree(Kubectl.checked(
                        "get",
                        "--raw",
                        "/apis/diskcryptnet.dev/v1alpha1/namespaces/" + Kubectl.namespace() + "/streamingnodepools/"
                                + pool + "/scale"));
    }

    @Test
    void shouldApplyItsObjectsByServerSideApplyAndLeaveFieldsOfOthers() throws Exception {
        Cluster.await(NODE, "Ready", Cluster::isReady);
        for (String object : List.of("cm/one-machine-agent-config", "sts/one-machine-agent", "svc/one-machine-agent")) {
            String managers = Kubectl.checked(
                    "get",
                    object,
                    "--show-managed-fields",
                    "-o",
                    "jsonpath={range .metadata.managedFields[*]}{.manager}/{.operation} {end}");
            assertTrue(managers.contains("diskcryptnet-operator/Apply"), object + ": " + managers);
        }
        Kubectl.checked("label", "--overwrite", "sts/one-machine-agent", "example.com/mine=yes");
        // Taken back, as it is desired otherwise; what nobody desires stays.
        Kubectl.checked("label", "--overwrite", "sts/one-machine-agent", "app.kubernetes.io/part-of=other");
        await("its own label is back", Duration.ofSeconds(30), () -> Kubectl.checked(
                        "get", "sts/one-machine-agent", "-o", "jsonpath={.metadata.labels}")
                .contains("\"app.kubernetes.io/part-of\":\"diskcryptnet\""));
        String labels = Kubectl.checked("get", "sts/one-machine-agent", "-o", "jsonpath={.metadata.labels}");
        assertTrue(labels.contains("\"example.com/mine\":\"yes\""), labels);
    }

    @ParameterizedTest
    @CsvSource({
        "patch, statefulsets.apps, yes",
        "list, secrets, yes",
        "update, streamingnodes.diskcryptnet.dev/status, yes",
        "list, nodes, yes",
        "get, secrets, no",
        "update, secrets, no",
        "create, pods, no",
        "create, pods/exec, no",
        "patch, nodes, no",
        "create, clusterrolebindings.rbac.authorization.k8s.io, no",
        "delete, customresourcedefinitions.apiextensions.k8s.io, no",
        "'*', '*', no"
    })
    void shouldGiveTheOperatorWhatItNeedsAndNoMore(String verb, String resource, String may) {
        String account = "system:serviceaccount:" + operatorNamespace + ":diskcryptnet-operator";
        Run.Result answer = Kubectl.run("auth", "can-i", verb, resource, "--as=" + account);
        List<String> lines = answer.output().lines().toList();
        assertEquals(may, lines.getLast(), answer.output());
    }

    @Test
    void shouldPassPodSecurityRestrictedWithTheOperatorsPod() {
        String answer = Kubectl.checked(
                "label",
                "--dry-run=server",
                "--overwrite",
                "namespace/" + operatorNamespace,
                "pod-security.kubernetes.io/enforce=restricted");
        assertFalse(answer.contains("diskcryptnet-operator-"), answer);
    }

    @Test
    void shouldUpgradeDefinitionsAndKeepResources() throws Exception {
        String uid = Cluster.get(NODE).at("/metadata/uid").asText();
        String definition = "crd/streamingnodes.diskcryptnet.dev";
        Kubectl.checked(
                "patch",
                definition,
                "--type=json",
                "-p",
                "[{\"op\": \"remove\", \"path\": \"/spec/versions/0/additionalPrinterColumns/0\"}]");
        await("an older definition", Duration.ofSeconds(10), () -> !Kubectl.checked("get", "sn")
                .contains("NODE"));
        ClusterInstall.chart(
                Launcher.ROOT.resolve("helm/diskcryptnet"),
                Path.of("/run/diskcryptnet/up/kubeconfig"),
                operatorNamespace,
                Map.of("clusterWide", Boolean.toString(!Cluster.isGiven()), "pollInterval", "1s"));
        await("the definition is upgraded", Duration.ofSeconds(20), () -> Kubectl.checked("get", "sn")
                .contains("NODE"));
        JsonNode node = Cluster.await(NODE, "Ready", Cluster::isReady);
        assertEquals(uid, node.at("/metadata/uid").asText());
    }

    private String leader() {
        return Kubectl.checked("-n", operatorNamespace, "get", LEASE, "-o", "jsonpath={.spec.holderIdentity}")
                .strip();
    }

    @Test
    void shouldHaveOneOfTwoOperatorsLeadAndTheOtherTakeOverFromAFrozenOne() throws Exception {
        String first = leader();
        assertNotEquals("", first);
        try (var second = new SecondOperator(directory)) {
            Thread.sleep(8_000);
            assertTrue(second.isAlive(), second.log());
            assertEquals(first, leader(), "who leads goes on");
            assertFalse(second.log().contains("controller started"), second.log());
            long frozen = Launcher.control(Launcher.OPERATOR);
            Launcher.kill("STOP", frozen);
            try {
                await("the second leads", Duration.ofSeconds(40), () -> leader().equals(SecondOperator.NAME));
                String before = podUid();
                Cluster.applied(directory, sample() + "  agent: {logLevel: debug}\n");
                await("the second works", Duration.ofSeconds(60), () -> !podUid().equals(before));
            } finally {
                Run.quietly("kill", "-s", "CONT", Long.toString(frozen));
            }
            Cluster.await(NODE, "Ready", Cluster::isReady);
            await("the first has noticed and ended", Duration.ofSeconds(30), () -> !Run.quietly(
                            "kill", "-0", Long.toString(frozen))
                    .ok());
            assertEquals(SecondOperator.NAME, leader(), "one that was away does not take over again");
        }
        await("the chart's leads again", Duration.ofSeconds(60), () -> leader().equals(first));
        Cluster.applied(directory, sample());
        Cluster.await(NODE, "Ready", Cluster::isReady);
    }

    private static String sample() throws IOException {
        return Files.readString(Launcher.ROOT.resolve("deploy/samples/one-machine.yaml"));
    }

    private static String podUid() {
        return Kubectl.run("get", "pod/one-machine-agent-0", "-o", "jsonpath={.metadata.uid}")
                .output();
    }
}
