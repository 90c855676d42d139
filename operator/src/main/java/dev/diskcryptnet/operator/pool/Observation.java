package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.StreamingNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads what a pool cares about out of the API's objects. */
final class Observation {
    private static final String TRUE = "True";

    private Observation() {}

    static Machine machine(Node node) {
        ObjectMeta metadata = node.getMetadata();
        boolean ready = metadata.getDeletionTimestamp() == null
                && node.getStatus() != null
                && node.getStatus().getConditions() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(
                                condition -> "Ready".equals(condition.getType()) && TRUE.equals(condition.getStatus()));
        boolean cordoned =
                node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
        List<Taint> taints = node.getSpec() == null || node.getSpec().getTaints() == null
                ? List.of()
                : node.getSpec().getTaints().stream()
                        .map(taint -> new Taint(taint.getKey(), taint.getValue(), taint.getEffect()))
                        .toList();
        Map<String, String> labels = Objects.requireNonNullElse(metadata.getLabels(), Map.of());
        return new Machine(metadata.getName(), labels, ready, cordoned, taints);
    }

    static Member member(StreamingNode node, MemberTemplate template) {
        ConditionStatus ready = readyCondition(node);
        return new Member(
                node.getMetadata().getName(),
                node.getSpec().nodeName,
                instant(node.getMetadata().getCreationTimestamp(), Instant.EPOCH),
                node.isMarkedForDeletion(),
                isReady(node),
                ready == null ? null : ready.reason,
                ready == null ? null : instant(ready.lastTransitionTime, null),
                template.specCurrent(node),
                template.metadataCurrent(node),
                rolledAt(node));
    }

    /** Whether the condition Ready is True and speaks of the present generation, and so does the status. */
    static boolean isReady(StreamingNode node) {
        ConditionStatus ready = readyCondition(node);
        long generation = Objects.requireNonNullElse(node.getMetadata().getGeneration(), 0L);
        return ready != null
                && TRUE.equals(ready.status)
                && Objects.requireNonNullElse(node.getStatus().observedGeneration, 0L) >= generation
                && (ready.observedGeneration == null || ready.observedGeneration >= generation);
    }

    static ConditionStatus readyCondition(StreamingNode node) {
        if (node.getStatus() == null || node.getStatus().conditions == null) {
            return null;
        }
        return node.getStatus().conditions.stream()
                .filter(condition -> ConditionType.Ready.name().equals(condition.type))
                .findFirst()
                .orElse(null);
    }

    private static Instant rolledAt(StreamingNode node) {
        Map<String, String> annotations = node.getMetadata().getAnnotations();
        return annotations == null ? null : instant(annotations.get(MemberTemplate.ROLLED_AT), null);
    }

    /** A time that somebody wrote; {@code otherwise} when it is none. */
    private static Instant instant(String text, Instant otherwise) {
        if (text == null) {
            return otherwise;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return otherwise;
        }
    }
}
