package dev.diskcryptnet.operator.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.PortDriver;
import dev.diskcryptnet.crds.PortSpec;
import dev.diskcryptnet.crds.ResourcesSpec;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.TolerationSpec;
import dev.diskcryptnet.crds.WorkersSpec;
import dev.diskcryptnet.operator.testing.Samples;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgentStatefulSetTest {
    private static final Build BUILD = new Build("agent:1", "diskcryptnet/agent.json");

    private final StreamingNode node = Samples.node("edge", "rack1", 9470);

    @BeforeEach
    void uid() {
        node.getMetadata().setUid("uid-1");
    }

    @Test
    void shouldRunTheAgentAsTheContractSays() {
        Container agent = container();
        assertEquals(
                "dcn-agent serve --config /etc/dcn/agent/agent.yaml --admin 0.0.0.0:9470 --token-file /etc/dcn/admin/token "
                        + "--tls-directory /etc/dcn/tls --state-directory /var/lib/diskcryptnet/streaming.edge",
                String.join(" ", agent.getCommand()));
        assertEquals(
                "dcn-agent drain --admin 127.0.0.1:9470 --token-file /etc/dcn/admin/token",
                String.join(" ", agent.getLifecycle().getPreStop().getExec().getCommand()));
        assertEquals("/healthz", agent.getStartupProbe().getHttpGet().getPath());
        assertEquals("/healthz", agent.getLivenessProbe().getHttpGet().getPath());
        assertEquals("/readyz", agent.getReadinessProbe().getHttpGet().getPath());
        assertEquals("agent:1", agent.getImage());
        assertEquals(90L, pod().getTerminationGracePeriodSeconds());
        assertTrue(pod().getHostNetwork());
        assertEquals(
                List.of("rack1"),
                pod().getAffinity()
                        .getNodeAffinity()
                        .getRequiredDuringSchedulingIgnoredDuringExecution()
                        .getNodeSelectorTerms()
                        .getFirst()
                        .getMatchFields()
                        .getFirst()
                        .getValues());
    }

    @Test
    void shouldTakeEverythingAwayAndAddOnlyWhatFramesAndRingsNeed() {
        var security = container().getSecurityContext();
        assertEquals(List.of("ALL"), security.getCapabilities().getDrop());
        assertEquals(
                List.of("NET_RAW", "NET_ADMIN", "IPC_LOCK", "BPF"),
                security.getCapabilities().getAdd());
        assertFalse(security.getPrivileged());
        assertFalse(security.getAllowPrivilegeEscalation());
        assertTrue(security.getReadOnlyRootFilesystem());
        assertEquals("Localhost", pod().getSecurityContext().getSeccompProfile().getType());
        assertFalse(pod().getAutomountServiceAccountToken());
        assertTrue(
                pod().getVolumes().stream().noneMatch(volume -> volume.getName().equals("dev")));
    }

    @Test
    void shouldBePrivilegedOnlyForDevices() {
        node.getSpec().ports.getFirst().driver = PortDriver.XDP;
        assertEquals(
                "Unconfined",
                pod().getSecurityContext().getSeccompProfile().getType(),
                "the profile lets nobody load a program");
        node.getSpec().disks.getFirst().path = "/dev/nvme1n1";
        var security = container().getSecurityContext();
        assertTrue(security.getPrivileged());
        assertNull(security.getAllowPrivilegeEscalation(), "the API refuses false beside privileged");
        assertTrue(security.getReadOnlyRootFilesystem());
        assertEquals(
                "Unconfined", pod().getSecurityContext().getSeccompProfile().getType());
        assertTrue(
                pod().getVolumes().stream().anyMatch(volume -> volume.getName().equals("dev")));
    }

    @Test
    void shouldBePrivilegedForAVirtualFunction() {
        var port = new PortSpec();
        port.physicalFunction = "0000:5e:00.0";
        port.addresses = List.of("192.0.2.20/24");
        node.getSpec().ports = List.of(port);
        assertTrue(container().getSecurityContext().getPrivileged());
    }

    @Test
    void shouldBeGuaranteedWithWholeProcessorsWhenDedicated() {
        node.getSpec().workers = new WorkersSpec();
        node.getSpec().workers.count = 4;
        node.getSpec().workers.dedicated = true;
        node.getSpec().workers.bufferMemory = "256Mi";
        node.getSpec().workers.hugepages = "3Mi";
        var resources = container().getResources();
        assertEquals(resources.getRequests(), resources.getLimits());
        assertEquals(new Quantity("5"), resources.getLimits().get("cpu"));
        assertEquals(new Quantity("4Mi"), resources.getLimits().get("hugepages-2Mi"));
        assertTrue(pod().getVolumes().stream()
                .anyMatch(volume -> volume.getEmptyDir() != null
                        && "HugePages".equals(volume.getEmptyDir().getMedium())));
    }

    @Test
    void shouldLeaveSharedProcessorsUnlimitedAndHeedTheSpec() {
        var resources = container().getResources();
        assertEquals(new Quantity("500m"), resources.getRequests().get("cpu"));
        assertNull(resources.getLimits().get("cpu"));
        assertEquals(
                resources.getRequests().get("memory"), resources.getLimits().get("memory"));
        node.getSpec().agent.resources = new ResourcesSpec();
        node.getSpec().agent.resources.limits = Map.of("memory", "2Gi");
        resources = container().getResources();
        assertEquals(new Quantity("2Gi"), resources.getLimits().get("memory"));
        assertEquals(new Quantity("2Gi"), resources.getRequests().get("memory"));
        assertEquals(new Quantity("500m"), resources.getRequests().get("cpu"));
    }

    @Test
    void shouldMountEachThingOnce() {
        Samples.withTls(node, "edge-tls").getSpec().listeners.getLast().tls.additionalSecretNames =
                List.of("other.example", "edge-tls");
        node.getSpec().disks.getFirst().path = "/var/lib/diskcryptnet/streaming.edge/disk.img";
        List<String> paths = container().getVolumeMounts().stream()
                .map(VolumeMount::getMountPath)
                .toList();
        assertEquals(new HashSet<>(paths).size(), paths.size(), paths.toString());
        assertTrue(paths.containsAll(List.of(
                "/etc/dcn/agent",
                "/etc/dcn/admin",
                "/etc/dcn/tls/edge-tls",
                "/etc/dcn/tls/other.example",
                "/var/lib/diskcryptnet/streaming.edge",
                "/tmp")));
        List<String> names = pod().getVolumes().stream().map(Volume::getName).toList();
        assertEquals(new HashSet<>(names).size(), names.size(), names.toString());
        assertTrue(names.stream().allMatch(name -> name.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")), names.toString());
    }

    @Test
    void shouldRollForTheSpecAndForNothingElse() {
        String before = AgentConfigMap.hash(node);
        node.getMetadata().setLabels(Map.of("a", "b"));
        assertEquals(before, AgentConfigMap.hash(node));
        node.getSpec().agent.tolerations = List.of(toleration());
        assertNotEquals(before, AgentConfigMap.hash(node));
        assertEquals("gpu", pod().getTolerations().getFirst().getKey());
    }

    @Test
    void shouldBeOneThatIsReplacedEvenWhenItNeverGetsReady() {
        var set = set();
        assertEquals(1, set.getSpec().getReplicas());
        assertEquals("Parallel", set.getSpec().getPodManagementPolicy());
        assertEquals("RollingUpdate", set.getSpec().getUpdateStrategy().getType());
        var labels = set.getSpec().getTemplate().getMetadata().getLabels();
        assertTrue(labels.entrySet()
                .containsAll(set.getSpec().getSelector().getMatchLabels().entrySet()));
    }

    @Test
    void shouldLabelAndOwnEverything() {
        node.getMetadata().setLabels(Map.of(Names.POOL_LABEL, "racks"));
        Declaration declared = Declaration.of(node);
        List<HasMetadata> all = List.of(
                set(),
                AgentConfigMap.of(node),
                AgentService.service(declared),
                AgentService.account(declared),
                ReleaseJob.of(declared, BUILD));
        for (HasMetadata object : all) {
            Map<String, String> labels = object.getMetadata().getLabels();
            assertEquals("dcn-agent", labels.get("app.kubernetes.io/name"));
            assertEquals("edge", labels.get("app.kubernetes.io/instance"));
            assertEquals("diskcryptnet-operator", labels.get("app.kubernetes.io/managed-by"));
            assertEquals("diskcryptnet", labels.get("app.kubernetes.io/part-of"));
            assertEquals("edge", labels.get("diskcryptnet.dev/streaming-node"));
            assertEquals("racks", labels.get("diskcryptnet.dev/pool"));
            var owner = object.getMetadata().getOwnerReferences().getFirst();
            assertEquals("uid-1", owner.getUid());
            assertTrue(owner.getController());
            assertTrue(Names.owns(node, object));
        }
    }

    @Test
    void shouldReleaseOnATaintedMachineAndSayWhatWentWrong() {
        Job job = ReleaseJob.of(Declaration.of(node), BUILD);
        PodSpec spec = job.getSpec().getTemplate().getSpec();
        assertEquals(
                "dcn-agent release --state-directory /var/lib/diskcryptnet/streaming.edge -o json",
                String.join(" ", spec.getContainers().getFirst().getCommand()));
        assertEquals("Exists", spec.getTolerations().getFirst().getOperator());
        assertEquals("Never", spec.getRestartPolicy());
        assertEquals("FallbackToLogsOnError", spec.getContainers().getFirst().getTerminationMessagePolicy());
        assertFalse(job.getSpec()
                .getTemplate()
                .getMetadata()
                .getLabels()
                .get(Names.COMPONENT_LABEL)
                .equals(Names.AGENT));
    }

    private static TolerationSpec toleration() {
        var toleration = new TolerationSpec();
        toleration.key = "gpu";
        toleration.operator = "Exists";
        return toleration;
    }

    private io.fabric8.kubernetes.api.model.apps.StatefulSet set() {
        return AgentStatefulSet.of(Declaration.of(node), BUILD);
    }

    private PodSpec pod() {
        return set().getSpec().getTemplate().getSpec();
    }

    private Container container() {
        return pod().getContainers().getFirst();
    }
}
