package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeStatus;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Turns changes of conditions into Events. */
public final class Transitions {
    private static final Set<String> PLANNED = Set.of(
            Reason.Serving.name(),
            Reason.Reconciling.name(),
            Reason.AgentStarting.name(),
            Reason.Draining.name(),
            Reason.Releasing.name());

    private Transitions() {}

    /** Records what differs between the status of {@code node} and the one that follows it. */
    public static void record(StreamingNode node, StreamingNodeStatus next, EventRecorder events) {
        changed(node, next, ConditionType.Ready)
                .ifPresent(ready -> events.record(
                        node,
                        PLANNED.contains(ready.reason) ? EventRecorder.Type.Normal : EventRecorder.Type.Warning,
                        ready.reason,
                        ready.message));
        changed(node, next, ConditionType.Degraded)
                .filter(degraded -> "True".equals(degraded.status))
                .ifPresent(
                        degraded -> events.record(node, EventRecorder.Type.Warning, degraded.reason, degraded.message));
    }

    private static Optional<ConditionStatus> changed(StreamingNode node, StreamingNodeStatus next, ConditionType type) {
        ConditionStatus before =
                ConditionList.find(node.getStatus(), type.name()).orElse(null);
        return ConditionList.find(next, type.name())
                .filter(after -> before == null
                        || !Objects.equals(before.status, after.status)
                        || !Objects.equals(before.reason, after.reason)
                        || !Objects.equals(before.message, after.message));
    }
}
