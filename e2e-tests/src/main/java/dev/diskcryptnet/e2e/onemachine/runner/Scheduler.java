package dev.diskcryptnet.e2e.onemachine.runner;

import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Binds pods to nodes: the first by name that fits the pod's node selector and required node affinity, and whose taints
 * it tolerates. Not played: resources, preferences, spreading, pod affinity.
 */
final class Scheduler implements Controller {
    private final ClusterView view;
    private final ApiWriter writer;
    private final ApiProfile profile;

    Scheduler(ClusterView view, ApiWriter writer, ApiProfile profile) {
        this.view = view;
        this.writer = writer;
        this.profile = profile;
    }

    @Override
    public void reconcile() {
        for (Pod pod : view.all(Pod.class)) {
            if (pod.getSpec().getNodeName() == null && !PodTemplates.isDeleting(pod)) {
                schedule(pod);
            }
        }
    }

    private void schedule(Pod pod) {
        Node node = view.all(Node.class).stream()
                .filter(candidate -> fits(pod, candidate))
                .min((one, other) -> one.getMetadata()
                        .getName()
                        .compareTo(other.getMetadata().getName()))
                .orElse(null);
        if (node == null) {
            reportUnschedulable(pod);
        } else {
            bind(pod, node.getMetadata().getName());
        }
    }

    private void bind(Pod pod, String nodeName) {
        if (profile == ApiProfile.IN_MEMORY) {
            writer.update(pod, present -> {
                present.getSpec().setNodeName(nodeName);
                return true;
            });
            return;
        }
        writer.create(new BindingBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .withNamespace(pod.getMetadata().getNamespace())
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(nodeName)
                .endTarget()
                .build());
    }

    private void reportUnschedulable(Pod pod) {
        String message =
                "none of " + view.all(Node.class).size() + " nodes fits the node selector, affinity and tolerations";
        writer.updateStatus(pod, present -> {
            PodStatus status = Objects.requireNonNullElseGet(present.getStatus(), PodStatus::new);
            if (status.getConditions().stream().anyMatch(condition -> message.equals(condition.getMessage()))) {
                return false;
            }
            status.setPhase("Pending");
            status.setConditions(List.of(new PodConditionBuilder()
                    .withType("PodScheduled")
                    .withStatus("False")
                    .withReason("Unschedulable")
                    .withMessage(message)
                    .build()));
            present.setStatus(status);
            return true;
        });
    }

    static boolean fits(Pod pod, Node node) {
        Map<String, String> labels = node.getMetadata().getLabels();
        Map<String, String> selector = pod.getSpec().getNodeSelector();
        return selector.entrySet().stream().allMatch(wanted -> wanted.getValue().equals(labels.get(wanted.getKey())))
                && fitsAffinity(pod, node)
                && toleratesTaints(pod, node);
    }

    private static boolean fitsAffinity(Pod pod, Node node) {
        var affinity = pod.getSpec().getAffinity();
        if (affinity == null
                || affinity.getNodeAffinity() == null
                || affinity.getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution() == null) {
            return true;
        }
        return affinity
                .getNodeAffinity()
                .getRequiredDuringSchedulingIgnoredDuringExecution()
                .getNodeSelectorTerms()
                .stream()
                .anyMatch(term -> fits(term, node));
    }

    private static boolean fits(NodeSelectorTerm term, Node node) {
        return term.getMatchExpressions().stream()
                        .allMatch(
                                one -> fits(one, node.getMetadata().getLabels().get(one.getKey())))
                && term.getMatchFields().stream()
                        .allMatch(one -> fits(one, node.getMetadata().getName()));
    }

    private static boolean fits(NodeSelectorRequirement requirement, String value) {
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" ->
                value != null
                        && Long.parseLong(value)
                                > Long.parseLong(requirement.getValues().getFirst());
            case "Lt" ->
                value != null
                        && Long.parseLong(value)
                                < Long.parseLong(requirement.getValues().getFirst());
            default -> false;
        };
    }

    private static boolean toleratesTaints(Pod pod, Node node) {
        boolean cordoned =
                node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
        List<Taint> taints = node.getSpec() == null ? List.of() : node.getSpec().getTaints();
        return !cordoned
                && taints.stream()
                        .filter(taint -> !"PreferNoSchedule".equals(taint.getEffect()))
                        .allMatch(taint -> pod.getSpec().getTolerations().stream()
                                .anyMatch(toleration -> tolerates(toleration, taint)));
    }

    private static boolean tolerates(Toleration toleration, Taint taint) {
        boolean anyKey = toleration.getKey() == null || toleration.getKey().isEmpty();
        boolean anyEffect =
                toleration.getEffect() == null || toleration.getEffect().isEmpty();
        boolean exists = "Exists".equals(toleration.getOperator());
        return (anyKey ? exists : toleration.getKey().equals(taint.getKey()))
                && (anyEffect || toleration.getEffect().equals(taint.getEffect()))
                && (exists || Objects.equals(toleration.getValue(), taint.getValue()));
    }
}
