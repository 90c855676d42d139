package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.Reason;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads out of a pod's status why its container does not run. */
public final class PodTrouble {
    private static final Set<String> IMAGE_REASONS = Set.of(
            "ErrImagePull",
            "ImagePullBackOff",
            "InvalidImageName",
            "ErrImageNeverPull",
            "ImageInspectError",
            "RegistryUnavailable",
            "SignatureValidationFailed");
    private static final Set<String> HARMLESS_WAITS = Set.of("ContainerCreating", "PodInitializing");

    private PodTrouble() {}

    /** What keeps the container of {@code pod} from running; empty when nothing does, or nothing is known yet. */
    public static Optional<Finding> of(Pod pod) {
        if (pod.getStatus() == null) {
            return Optional.empty();
        }
        return unschedulable(pod).or(() -> pod.getStatus().getContainerStatuses().stream()
                .map(container -> container(pod, container))
                .flatMap(Optional::stream)
                .findFirst());
    }

    /** The last words of the container that ended last; empty when none has. */
    public static Optional<String> lastWords(Pod pod) {
        if (pod.getStatus() == null) {
            return Optional.empty();
        }
        return pod.getStatus().getContainerStatuses().stream()
                .map(PodTrouble::terminated)
                .flatMap(Optional::stream)
                .map(end -> LastWords.of(end).text())
                .findFirst();
    }

    private static Optional<Finding> unschedulable(Pod pod) {
        List<PodCondition> conditions = pod.getStatus().getConditions();
        return conditions.stream()
                .filter(condition -> "PodScheduled".equals(condition.getType())
                        && "False".equals(condition.getStatus())
                        && "Unschedulable".equals(condition.getReason()))
                .findFirst()
                .map(condition -> new Finding(
                        Reason.Unschedulable,
                        "pod " + name(pod) + " cannot be placed on its node: " + condition.getMessage()
                                + "; make room there, or change agent.tolerations, agent.resources or workers"));
    }

    private static Optional<Finding> container(Pod pod, ContainerStatus container) {
        ContainerStateWaiting waiting = Optional.ofNullable(container.getState())
                .map(ContainerState::getWaiting)
                .orElse(null);
        String reason = waiting == null ? null : waiting.getReason();
        if (reason != null && IMAGE_REASONS.contains(reason)) {
            return Optional.of(new Finding(
                    Reason.ImageMissing,
                    "image " + container.getImage() + " of pod " + name(pod) + " cannot be had: " + reason
                            + said(waiting.getMessage())
                            + "; see that the image exists and that the node may pull it"));
        }
        boolean ended = waiting != null ? "CrashLoopBackOff".equals(reason) : isTerminated(container);
        if (ended) {
            return terminated(container).map(end -> ended(pod, end));
        }
        return reason == null || HARMLESS_WAITS.contains(reason)
                ? Optional.empty()
                : Optional.of(new Finding(
                        Reason.AgentNotReady,
                        "the container of pod " + name(pod) + " cannot be started: " + reason
                                + said(waiting.getMessage())));
    }

    private static Finding ended(Pod pod, ContainerStateTerminated end) {
        LastWords last = LastWords.of(end);
        return new Finding(last.reason(), "the agent in pod " + name(pod) + " ended: " + last.text());
    }

    private static boolean isTerminated(ContainerStatus container) {
        return container.getState() != null && container.getState().getTerminated() != null;
    }

    private static Optional<ContainerStateTerminated> terminated(ContainerStatus container) {
        return Optional.ofNullable(container.getState())
                .map(ContainerState::getTerminated)
                .or(() -> Optional.ofNullable(container.getLastState()).map(ContainerState::getTerminated));
    }

    private static String said(String message) {
        return message == null || message.isBlank() ? "" : " (" + message.strip() + ")";
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getName();
    }
}
