package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The status of a pod, written when it is another one than before. */
final class PodReport {
    private final PodContext context;
    private final Pod pod;
    private final String address;
    private final String startTime = Timestamps.now();
    private PodStatus written;

    PodReport(PodContext context, Pod pod, String address) {
        this.context = context;
        this.pod = pod;
        this.address = address;
        this.written = Objects.requireNonNullElseGet(pod.getStatus(), PodStatus::new);
    }

    PodStatus status() {
        return written;
    }

    /** The pod cannot be started yet. */
    void pending(String message) {
        List<ContainerStatus> containers = new ArrayList<>();
        for (var container : pod.getSpec().getContainers()) {
            containers.add(new ContainerStatusBuilder()
                    .withName(container.getName())
                    .withImage(container.getImage())
                    .withImageID("")
                    .withReady(false)
                    .withStarted(false)
                    .withRestartCount(0)
                    .withState(ContainerRun.waiting(
                            message.startsWith("image=") ? "ErrImagePull" : "ContainerCreating", message))
                    .build());
        }
        write("Pending", false, List.of(), containers);
    }

    void write(String phase, boolean ready, List<ContainerStatus> initial, List<ContainerStatus> containers) {
        boolean initialized = phase.equals("Running") || phase.equals("Succeeded");
        PodStatus status = new PodStatusBuilder()
                .withPhase(phase)
                .withHostIP(context.machine().address())
                .withPodIP(address)
                .withPodIPs(new PodIP(address))
                // A server works it out when a pod is made, and never lets it change.
                .withQosClass(Objects.requireNonNullElse(written.getQosClass(), "BestEffort"))
                .withStartTime(startTime)
                .withInitContainerStatuses(initial)
                .withContainerStatuses(containers)
                .withConditions(
                        condition("PodScheduled", true, null),
                        condition("Initialized", initialized, null),
                        condition("ContainersReady", ready, ready ? null : "ContainersNotReady"),
                        condition("Ready", ready, ready ? null : "ContainersNotReady"))
                .build();
        if (status.equals(written)) {
            return;
        }
        try {
            context.writer().updateStatus(pod, present -> {
                present.setStatus(status);
                return true;
            });
            written = status;
        } catch (KubernetesClientException e) {
            // Tried again at the next tick, as the status differs still.
            context.say(pod, "status not written: " + e.getMessage());
        }
    }

    private PodCondition condition(String type, boolean value, String reason) {
        String text = value ? "True" : "False";
        PodCondition before = written.getConditions().stream()
                .filter(condition -> condition.getType().equals(type)
                        && condition.getStatus().equals(text))
                .findFirst()
                .orElse(null);
        return new PodConditionBuilder()
                .withType(type)
                .withStatus(text)
                .withReason(reason)
                .withLastTransitionTime(before == null ? Timestamps.now() : before.getLastTransitionTime())
                .build();
    }
}
