package dev.diskcryptnet.e2e.onemachine.runner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plain StatefulSets, Deployments, Jobs and pods, as an operator makes them. */
@Tag("cluster")
@Tag("root")
class NodeRunnerE2E {
    @TempDir
    Path directory;

    private RunnerBed bed;

    @BeforeEach
    void start() throws Exception {
        bed = new RunnerBed(directory);
    }

    @AfterEach
    void stop() throws Exception {
        bed.close();
    }

    private static String statefulSet(int replicas, String command) {
        return """
                apiVersion: apps/v1
                kind: StatefulSet
                metadata: {name: web}
                spec:
                  replicas: %d
                  serviceName: web
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      hostNetwork: true
                      nodeSelector: {kubernetes.io/hostname: two}
                      terminationGracePeriodSeconds: 5
                      containers:
                      - name: main
                        image: registry.example/shell:1
                        args: ["%s"]
                """.formatted(replicas, command);
    }

    private StatefulSet web() {
        return bed.client
                .apps()
                .statefulSets()
                .inNamespace("default")
                .withName("web")
                .get();
    }

    @Test
    void shouldRegisterEveryMachineAsAReadyNode() {
        List<Node> nodes = bed.client.nodes().list().getItems();
        assertEquals(2, nodes.size());
        for (Node node : nodes) {
            assertEquals("True", node.getStatus().getConditions().getFirst().getStatus());
            assertEquals(
                    node.getMetadata().getName(), node.getMetadata().getLabels().get("kubernetes.io/hostname"));
        }
    }

    @Test
    void shouldRunAPodInTheNetworkOfTheNodeItSelects() throws Exception {
        bed.apply(statefulSet(1, "exec sleep 1000"));
        bed.await("ready", () -> bed.isReady("web-0"));
        assertEquals("two", bed.pod("web-0").getSpec().getNodeName());
        assertEquals("127.0.0.1", bed.pod("web-0").getStatus().getPodIP());
        bed.awaitProcesses("two", 1);
        bed.await("status", () -> Integer.valueOf(1).equals(web().getStatus().getReadyReplicas()));
    }

    @Test
    void shouldGrowAndShrinkAStatefulSet() throws Exception {
        bed.apply(statefulSet(3, "exec sleep 1000"));
        bed.await("three", () -> bed.isReady("web-2"));
        bed.awaitProcesses("two", 3);
        bed.apply(statefulSet(1, "exec sleep 1000"));
        bed.await("one", () -> bed.pod("web-1") == null && bed.pod("web-2") == null);
        bed.awaitProcesses("two", 1);
        assertTrue(bed.isReady("web-0"));
    }

    @Test
    void shouldReplaceAPodWhenItsTemplateChanges() throws Exception {
        bed.apply(statefulSet(1, "exec sleep 1000"));
        bed.await("ready", () -> bed.isReady("web-0"));
        String before = bed.pod("web-0").getMetadata().getUid();
        bed.apply(statefulSet(1, "exec sleep 2000"));
        bed.await(
                "replaced",
                () -> bed.isReady("web-0")
                        && !bed.pod("web-0").getMetadata().getUid().equals(before));
        bed.awaitProcesses("two", 1);
        bed.await("status", () -> web().getStatus()
                .getCurrentRevision()
                .equals(web().getStatus().getUpdateRevision()));
    }

    @Test
    void shouldNeverRunTwoProcessesOfOnePodName() throws Exception {
        // Takes its time to end, and fails when another of its kind runs.
        String exclusive = "exec 9>/tmp/dcn-runner-lock; flock -n 9 || { echo TWICE; exit 1; };"
                + " trap 'sleep 1; exit 0' TERM; while :; do sleep 0.1; done";
        bed.apply(statefulSet(1, exclusive));
        bed.await("ready", () -> bed.isReady("web-0"));
        for (int i = 0; i < 3; i++) {
            String before = bed.pod("web-0").getMetadata().getUid();
            bed.client.pods().inNamespace("default").withName("web-0").delete();
            bed.await(
                    "replaced",
                    () -> bed.isReady("web-0")
                            && !bed.pod("web-0").getMetadata().getUid().equals(before));
        }
        assertFalse(bed.log("web-0", "main").contains("TWICE"), bed.log("web-0", "main"));
        Files.delete(Path.of("/tmp/dcn-runner-lock"));
    }

    @Test
    void shouldStartAContainerAgainThatWasKilled() throws Exception {
        bed.apply(statefulSet(1, "exec sleep 1000"));
        bed.await("ready", () -> bed.isReady("web-0"));
        bed.awaitProcesses("two", 1);
        Run.checked("kill", "-s", "KILL", RunnerBed.processes("two").getFirst());
        bed.await("restarted", () -> bed.isReady("web-0") && restarts("web-0") == 1);
        var last =
                bed.pod("web-0").getStatus().getContainerStatuses().getFirst().getLastState();
        assertEquals(137, last.getTerminated().getExitCode());
    }

    private int restarts(String pod) {
        return bed.pod(pod).getStatus().getContainerStatuses().getFirst().getRestartCount();
    }

    @Test
    void shouldShowTheLastWordsOfAContainer() throws Exception {
        bed.apply(statefulSet(1, "echo no disk >$DCN_TERMINATION_LOG; echo a log; exit 3"));
        bed.await("last words", () -> lastWords("web-0") != null);
        assertEquals("no disk\n", lastWords("web-0"));
    }

    @Test
    void shouldShowTheEndOfTheLogWhenThatIsWantedAndNothingElseWasSaid() throws Exception {
        bed.apply(statefulSet(1, "echo $(date +%N) of the log; exit 3")
                .replace("- name: main", "- terminationMessagePolicy: FallbackToLogsOnError\n        name: main"));
        bed.await("started again", () -> lastWords("web-0") != null && restarts("web-0") > 0);
        assertTrue(lastWords("web-0").matches("\\d+ of the log\n"), lastWords("web-0"));
    }

    private String lastWords(String pod) {
        return Stream.ofNullable(bed.pod(pod))
                .map(Pod::getStatus)
                .filter(Objects::nonNull)
                .flatMap(status -> status.getContainerStatuses().stream())
                .map(status -> status.getLastState().getTerminated())
                .filter(Objects::nonNull)
                .map(ContainerStateTerminated::getMessage)
                .findFirst()
                .orElse(null);
    }

    @Test
    void shouldTakeAwayWhatAContainerLeftBehind() throws Exception {
        bed.apply(statefulSet(1, "sleep 1000 & exec sleep 2000"));
        bed.await("ready", () -> RunnerBed.processes("two").size() == 2);
        bed.client.apps().statefulSets().inNamespace("default").withName("web").delete();
        bed.await("gone", () -> bed.pod("web-0") == null);
        assertEquals(List.of(), RunnerBed.processes("two"));
    }

    @Test
    void shouldCollectPodsOfADeletedStatefulSet() throws Exception {
        bed.apply(statefulSet(2, "exec sleep 1000"));
        bed.await("ready", () -> bed.isReady("web-1"));
        bed.client.apps().statefulSets().inNamespace("default").withName("web").delete();
        bed.await("gone", () -> bed.pod("web-0") == null && bed.pod("web-1") == null);
        assertEquals(List.of(), RunnerBed.processes("two"));
        assertFalse(Files.list(directory.resolve("pods")).findAny().isPresent());
    }

    @Test
    void shouldKeepTheOwnerUntilItsDependentsAreGoneWhenItIsDeletedInTheForeground() throws Exception {
        bed.apply(statefulSet(1, "trap 'sleep 1; exit 0' TERM; while :; do sleep 0.1; done"));
        bed.await("ready", () -> bed.isReady("web-0"));
        bed.client
                .apps()
                .statefulSets()
                .inNamespace("default")
                .withName("web")
                .withPropagationPolicy(DeletionPropagation.FOREGROUND)
                .delete();
        assertTrue(web().getMetadata().getDeletionTimestamp() != null);
        bed.await("pod gone", () -> {
            boolean podIsThere = bed.pod("web-0") != null;
            assertTrue(!podIsThere || web() != null, "the owner went before its pod");
            return !podIsThere;
        });
        bed.await("owner gone", () -> web() == null);
    }

    @Test
    void shouldLeaveDependentsAloneWhenTheirOwnerIsOrphaningThem() throws Exception {
        bed.apply(statefulSet(1, "exec sleep 1000"));
        bed.await("ready", () -> bed.isReady("web-0"));
        bed.client
                .apps()
                .statefulSets()
                .inNamespace("default")
                .withName("web")
                .withPropagationPolicy(DeletionPropagation.ORPHAN)
                .delete();
        bed.await("owner gone", () -> web() == null);
        Thread.sleep(1_500);
        assertTrue(bed.isReady("web-0"));
        assertEquals(List.of(), bed.pod("web-0").getMetadata().getOwnerReferences());
    }

    @Test
    void shouldShowVolumesWhereTheyAreWantedAndNothingOfThemOutside() throws Exception {
        bed.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: one}}");
        bed.apply("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {token: hush}}");
        Files.createDirectories(directory.resolve("machines/one/data"));
        Files.writeString(directory.resolve("machines/one/data/f"), "of machine one");
        bed.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec:
                  nodeName: one
                  restartPolicy: Never
                  containers:
                  - name: main
                    image: shell
                    env:
                    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
                    - {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: token}}}
                    args:
                    - |
                      cat /etc/dcn/agent/a /etc/dcn/secret/token /var/lib/diskcryptnet/data/f; echo
                      ls /tmp | wc -l; echo x >/tmp/mine; echo $NODE $TOKEN $(NODE)
                      grep -q root /etc/passwd && echo passwd
                      echo y 2>/dev/null >/etc/dcn/agent/a || echo read-only
                    volumeMounts:
                    - {name: c, mountPath: /etc/dcn/agent, readOnly: true}
                    - {name: s, mountPath: /etc/dcn/secret}
                    - {name: d, mountPath: /var/lib/diskcryptnet/data}
                    - {name: t, mountPath: /tmp}
                  volumes:
                  - {name: c, configMap: {name: c}}
                  - {name: s, secret: {secretName: s}}
                  - {name: d, hostPath: {path: /var/lib/diskcryptnet/data, type: Directory}}
                  - {name: t, emptyDir: {}}
                """);
        bed.await("ended", () -> bed.phase("p").equals("Succeeded"));
        assertEquals("onehushof machine one\n0\none hush one\npasswd\nread-only\n", bed.log("p", "main"));
        assertFalse(Files.exists(Path.of("/tmp/mine")));
        assertFalse(Files.exists(Path.of("/etc/dcn")), "the machine's own directory is as it was");
    }

    @Test
    void shouldBringConfigurationUpToDateWhileAPodRuns() throws Exception {
        bed.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: one}}");
        bed.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec:
                  nodeName: one
                  containers:
                  - {name: main, image: shell, args: ["while :; do cat /etc/c/a; echo; sleep 0.2; done"],
                     volumeMounts: [{name: c, mountPath: /etc/c}]}
                  volumes: [{name: c, configMap: {name: c}}]
                """);
        bed.await("running", () -> bed.isReady("p"));
        ConfigMap changed = bed.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: two}}");
        assertEquals("two", changed.getData().get("a"));
        bed.await("two", () -> {
            try {
                return bed.log("p", "main").contains("two");
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @Test
    void shouldWaitForAMissingSecretAndSayWhichItIs() throws Exception {
        bed.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec:
                  nodeName: one
                  containers: [{name: main, image: shell, args: ["exec sleep 1000"]}]
                  volumes: [{name: s, secret: {secretName: late}}]
                """);
        bed.await(
                "said",
                () -> bed.pod("p").getStatus() != null
                        && bed.pod("p").getStatus().toString().contains("secret=late not found"));
        bed.apply("{apiVersion: v1, kind: Secret, metadata: {name: late}, stringData: {token: hush}}");
        bed.await("ready", () -> bed.isReady("p"));
    }

    @Test
    void shouldSayThatAnImageIsNotBuiltHere() throws Exception {
        bed.apply("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: one,"
                + " containers: [{name: main, image: 'nginx:1'}]}}");
        bed.await(
                "said",
                () -> bed.pod("p").getStatus() != null
                        && bed.pod("p").getStatus().toString().contains("image=nginx:1 stands for no program"));
    }

    @Test
    void shouldTellReadyFromRunningByTheProbeAndRestartWhatIsNotAlive() throws Exception {
        bed.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec:
                  nodeName: one
                  terminationGracePeriodSeconds: 0
                  containers:
                  - name: main
                    image: shell
                    args: ["rm -f /tmp/alive; touch /tmp/alive; exec sleep 1000"]
                    readinessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1}
                    livenessProbe: {exec: {command: [test, -e, /tmp/alive]}, periodSeconds: 1, failureThreshold: 2,
                                    initialDelaySeconds: 1}
                    volumeMounts: [{name: t, mountPath: /tmp}]
                  volumes: [{name: t, emptyDir: {}}]
                """);
        bed.await("running", () -> bed.phase("p").equals("Running"));
        assertFalse(bed.isReady("p"));
        Path tmp = directory.resolve("pods/" + bed.pod("p").getMetadata().getUid() + "/volumes/t");
        Files.createFile(tmp.resolve("ready"));
        bed.await("ready", () -> bed.isReady("p"));
        Files.delete(tmp.resolve("alive"));
        bed.await("restarted", () -> restarts("p") == 1);
    }

    @Test
    void shouldRunPreStopBeforeItEndsAContainerAndHonourItsGrace() throws Exception {
        bed.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: p}
                spec:
                  nodeName: one
                  terminationGracePeriodSeconds: 3
                  containers:
                  - name: main
                    image: shell
                    args: ["trap 'echo asked' TERM; while :; do sleep 0.1; done"]
                    lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 1; echo before']}}}
                """);
        bed.await("ready", () -> bed.isReady("p"));
        long startNs = System.nanoTime();
        bed.client.pods().inNamespace("default").withName("p").delete();
        bed.await("gone", () -> bed.pod("p") == null);
        long tookMs = (System.nanoTime() - startNs) / 1_000_000;
        assertTrue(tookMs > 2_800 && tookMs < 6_000, "tookMs=" + tookMs);
        assertTrue(bed.log("p", "main").startsWith("before\nasked\n"), bed.log("p", "main"));
    }

    private Job job(String command, int backoffLimit) throws InterruptedException {
        bed.apply("""
                apiVersion: batch/v1
                kind: Job
                metadata: {name: j}
                spec:
                  backoffLimit: %d
                  template:
                    spec:
                      restartPolicy: Never
                      containers: [{name: main, image: shell, args: ["%s"]}]
                """.formatted(backoffLimit, command));
        bed.await("finished", () -> {
            Job job = bed.client
                    .batch()
                    .v1()
                    .jobs()
                    .inNamespace("default")
                    .withName("j")
                    .get();
            return job.getStatus() != null && !job.getStatus().getConditions().isEmpty();
        });
        return bed.client
                .batch()
                .v1()
                .jobs()
                .inNamespace("default")
                .withName("j")
                .get();
    }

    @Test
    void shouldCompleteAJobWhosePodSucceeds() throws Exception {
        Job job = job("echo done", 3);
        assertEquals("Complete", job.getStatus().getConditions().getLast().getType());
        assertEquals(1, job.getStatus().getSucceeded());
        assertEquals("done\n", bed.log("j-0", "main"));
    }

    @Test
    void shouldFailAJobAfterAsManyTriesAsItMayHave() throws Exception {
        Job job = job("exit 3", 1);
        assertEquals("Failed", job.getStatus().getConditions().getLast().getType());
        assertEquals(
                "BackoffLimitExceeded",
                job.getStatus().getConditions().getLast().getReason());
        assertEquals(2, job.getStatus().getFailed());
        assertNull(job.getStatus().getSucceeded());
        bed.client.batch().v1().jobs().inNamespace("default").withName("j").delete();
        bed.await("pods gone", () -> bed.pod("j-0") == null && bed.pod("j-1") == null);
    }

    @Test
    void shouldReplaceTheOldPodsOfADeployment() throws Exception {
        String yaml = """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d}
                spec:
                  selector: {matchLabels: {app: d}}
                  template:
                    metadata: {labels: {app: d}}
                    spec: {containers: [{name: main, image: shell, args: ["exec sleep %d"]}]}
                """;
        bed.apply(yaml.formatted(1000));
        bed.await("available", () -> available() == 1);
        String before = podOfD();
        bed.apply(yaml.formatted(2000));
        bed.await("replaced", () -> available() == 1 && !podOfD().equals(before));
        assertNotEquals(before, podOfD());
    }

    private int available() {
        Deployment found = bed.client
                .apps()
                .deployments()
                .inNamespace("default")
                .withName("d")
                .get();
        return found.getStatus() == null || found.getStatus().getAvailableReplicas() == null
                ? 0
                : found.getStatus().getAvailableReplicas();
    }

    private String podOfD() {
        return bed.client.pods().inNamespace("default").withLabel("app", "d").list().getItems().stream()
                .map(pod -> pod.getMetadata().getName())
                .toList()
                .toString();
    }

    @Test
    void shouldSayThatNoNodeFits() throws Exception {
        bed.apply("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeSelector: {disk: fast},"
                + " containers: [{name: main, image: shell}]}}");
        bed.await(
                "said",
                () -> bed.pod("p").getStatus() != null
                        && bed.pod("p").getStatus().toString().contains("none of 2 nodes fits"));
    }
}
