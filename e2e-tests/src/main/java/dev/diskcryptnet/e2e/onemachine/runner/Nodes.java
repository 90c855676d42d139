package dev.diskcryptnet.e2e.onemachine.runner;

import dev.diskcryptnet.e2e.onemachine.Run;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddressBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;

/** Node objects of the machines that are played. */
final class Nodes {
    /** Label of the nodes that are played; its value is the namespace that they are played for. */
    static final String LABEL = "diskcryptnet.dev/one-machine";

    private static final String EVERY_NAMESPACE = "all";

    private final ApiWriter writer;
    private final String owner;

    /** @param namespace that the machines are for; null for all */
    Nodes(ApiWriter writer, String namespace) {
        this.writer = writer;
        this.owner = namespace == null ? EVERY_NAMESPACE : namespace;
    }

    /**
     * Makes the object, unless it is there, and says that the machine is ready.
     *
     * @throws IllegalStateException when a node of that name is somebody else's
     */
    void register(Machine machine) {
        Node node = new NodeBuilder()
                .withNewMetadata()
                .withName(machine.name())
                .withLabels(Map.of(
                        "kubernetes.io/hostname",
                        machine.name(),
                        "kubernetes.io/os",
                        "linux",
                        "kubernetes.io/arch",
                        "amd64",
                        LABEL,
                        owner))
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build();
        writer.create(node);
        Node present = writer.client().resource(node).get();
        if (!owner.equals(present.getMetadata().getLabels().get(LABEL))) {
            throw new IllegalStateException("node=" + machine.name() + " of the cluster is not this machine's; only a"
                    + " node with label " + LABEL + "=" + owner + " is played");
        }
        writer.updateStatus(present, written -> {
            written.setStatus(status(machine));
            return true;
        });
        // A real server taints a new node as not ready, and its own controllers, which are not here, take that back.
        writer.update(writer.client().resource(node).get(), written -> written.getSpec()
                .getTaints()
                .removeIf(taint -> taint.getKey().equals("node.kubernetes.io/not-ready")));
    }

    private static NodeStatus status(Machine machine) {
        Map<String, Quantity> capacity = Map.of(
                "cpu", new Quantity(Integer.toString(Runtime.getRuntime().availableProcessors())),
                "memory", new Quantity(memoryKiB() + "Ki"),
                "pods", new Quantity("110"));
        return new NodeStatusBuilder()
                .withCapacity(capacity)
                .withAllocatable(capacity)
                .withAddresses(
                        new NodeAddressBuilder()
                                .withType("InternalIP")
                                .withAddress(machine.address())
                                .build(),
                        new NodeAddressBuilder()
                                .withType("Hostname")
                                .withAddress(machine.name())
                                .build())
                .withConditions(new NodeConditionBuilder()
                        .withType("Ready")
                        .withStatus("True")
                        .withReason("NodeRunnerReady")
                        .withMessage("pods run as processes in network namespace " + machine.netns())
                        .withLastTransitionTime(Timestamps.now())
                        .build())
                .withNewNodeInfo()
                .withOperatingSystem("linux")
                .withArchitecture("amd64")
                .withKernelVersion(System.getProperty("os.version"))
                .withKubeletVersion("v1.34.0-node-runner")
                .withContainerRuntimeVersion("process://1")
                .withOsImage("this machine")
                .withMachineID(machine.name())
                .withSystemUUID(machine.name())
                .withBootID(machine.name())
                .withKubeProxyVersion("")
                .endNodeInfo()
                .build();
    }

    private static String memoryKiB() {
        return Run.checked("sed", "-n", "s/^MemTotal: *\\([0-9]*\\) kB/\\1/p", "/proc/meminfo")
                .strip();
    }
}
