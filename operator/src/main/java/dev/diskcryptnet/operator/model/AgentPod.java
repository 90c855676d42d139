package dev.diskcryptnet.operator.model;

import dev.diskcryptnet.crds.TolerationSpec;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirementBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.List;
import java.util.Map;

/** Pods that touch the machine's devices: one that serves, and one that gives devices back. */
final class AgentPod {
    /** Beyond the drain: the time to give devices back and end. */
    private static final long GRACE_SECONDS = 30;

    private static final String PROGRAM = "dcn-agent";
    private static final String TOKEN_FILE = AgentVolumes.ADMIN_DIRECTORY + "/" + Names.TOKEN_KEY;
    private static final Quantity RELEASE_MEMORY = new Quantity("256Mi");
    private static final Quantity RELEASE_CPU = new Quantity("100m");

    private AgentPod() {}

    static PodTemplateSpec serving(Declaration declared, Build build) {
        var node = declared.node();
        var volumes = AgentVolumes.serving(declared);
        Container container = container(declared, build, volumes)
                .withName("agent")
                .withCommand(
                        PROGRAM,
                        "serve",
                        "--config",
                        AgentVolumes.CONFIG_DIRECTORY + "/" + Names.CONFIG_KEY,
                        "--admin",
                        "0.0.0.0:" + declared.adminPort(),
                        "--token-file",
                        TOKEN_FILE,
                        "--tls-directory",
                        AgentVolumes.TLS_DIRECTORY,
                        "--state-directory",
                        Names.stateDirectory(node))
                // The listeners' ports are not declared: they are on the ports' own addresses, not the machine's, so
                // two
                // agents on one machine may both have 443.
                .addNewPort()
                .withName("admin")
                .withContainerPort(declared.adminPort())
                .withHostPort(declared.adminPort())
                .withProtocol("TCP")
                .endPort()
                .withResources(PodResources.of(declared))
                // Formatting disks and reading a large catalogue come before the first answer.
                .withStartupProbe(probe("/healthz", 2, 150))
                .withLivenessProbe(probe("/healthz", 10, 6))
                .withReadinessProbe(probe("/readyz", 2, 1))
                .withNewLifecycle()
                .withNewPreStop()
                .withNewExec()
                .withCommand(
                        PROGRAM, "drain", "--admin", "127.0.0.1:" + declared.adminPort(), "--token-file", TOKEN_FILE)
                .endExec()
                .endPreStop()
                .endLifecycle()
                .build();
        return template(declared, build, Names.AGENT, volumes, container)
                .editMetadata()
                .withAnnotations(Map.of(Names.CONFIG_HASH, AgentConfigMap.hash(node)))
                .endMetadata()
                .editSpec()
                .withServiceAccountName(Names.agent(node.getMetadata().getName()))
                .withTerminationGracePeriodSeconds(declared.drainSeconds() + GRACE_SECONDS)
                .withTolerations(tolerations(declared.agent().tolerations))
                .endSpec()
                .build();
    }

    static PodTemplateSpec releasing(Declaration declared, Build build) {
        var volumes = AgentVolumes.releasing(declared);
        Container container = container(declared, build, volumes)
                .withName("release")
                .withCommand(
                        PROGRAM, "release", "--state-directory", Names.stateDirectory(declared.node()), "-o", "json")
                .withNewResources()
                .withRequests(Map.of("cpu", RELEASE_CPU, "memory", RELEASE_MEMORY))
                .withLimits(Map.of("memory", RELEASE_MEMORY))
                .endResources()
                .build();
        return template(declared, build, Names.RELEASE, volumes, container)
                .editSpec()
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(GRACE_SECONDS)
                // Devices are given back on a machine that is cordoned or tainted as well, all the more so.
                .withTolerations(new TolerationBuilder().withOperator("Exists").build())
                .endSpec()
                .build();
    }

    private static ContainerBuilder container(Declaration declared, Build build, AgentVolumes volumes) {
        String image = declared.agent().image;
        return new ContainerBuilder()
                .withImage(image == null ? build.agentImage() : image)
                .withSecurityContext(Privileges.container(declared))
                .withVolumeMounts(volumes.mounts())
                // The last lines of a container that failed come back in the pod's status, and so to the person.
                .withTerminationMessagePolicy("FallbackToLogsOnError");
    }

    private static PodTemplateSpecBuilder template(
            Declaration declared, Build build, String component, AgentVolumes volumes, Container container) {
        return new PodTemplateSpecBuilder()
                .withNewMetadata()
                .withLabels(Names.labels(declared.node(), component))
                .endMetadata()
                .withNewSpec()
                // The ports are interfaces of the machine.
                .withHostNetwork(true)
                // Nothing is looked up by name; the cluster's DNS is none of its business.
                .withDnsPolicy("Default")
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withAffinity(onlyOn(declared.node().getSpec().nodeName))
                .withSecurityContext(Privileges.pod(declared, build.seccompProfile()))
                .withVolumes(volumes.volumes())
                .withContainers(container)
                .endSpec();
    }

    /**
     * By the node's own name, as a DaemonSet does it: a label can be missing or lie. The scheduler still places the pod, so
     * that taints, processors and huge pages count.
     */
    private static Affinity onlyOn(String nodeName) {
        NodeSelectorRequirement name = new NodeSelectorRequirementBuilder()
                .withKey("metadata.name")
                .withOperator("In")
                .withValues(nodeName)
                .build();
        return new AffinityBuilder()
                .withNewNodeAffinity()
                .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                .addNewNodeSelectorTerm()
                .withMatchFields(name)
                .endNodeSelectorTerm()
                .endRequiredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .build();
    }

    private static Probe probe(String path, int periodSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort("admin")
                .withScheme("HTTP")
                .endHttpGet()
                .withPeriodSeconds(periodSeconds)
                .withTimeoutSeconds(5)
                .withFailureThreshold(failures)
                .build();
    }

    private static List<Toleration> tolerations(List<TolerationSpec> given) {
        return given == null
                ? List.of()
                : given.stream()
                        .map(toleration -> new Toleration(
                                toleration.effect,
                                toleration.key,
                                toleration.operator,
                                toleration.tolerationSeconds,
                                toleration.value))
                        .toList();
    }
}
