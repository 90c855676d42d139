package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNodeStatus;
import dev.diskcryptnet.operator.model.Names;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** The status that an observation comes to: a pure function, which never says more than was observed. */
public final class StatusModel {
    private static final String TRUE = "True";
    private static final String FALSE = "False";
    private static final String UNKNOWN = "Unknown";
    private static final Set<Reason> DEVICE_REASONS = EnumSet.of(
            Reason.DeviceConflict,
            Reason.DeviceMissing,
            Reason.DeviceBusy,
            Reason.DeviceUnfit,
            Reason.DeviceFailed,
            Reason.DeviceChanged);

    private StatusModel() {}

    /**
     * Computes the status.
     *
     * @param now for conditions whose status changes; the others keep their time
     */
    public static StreamingNodeStatus of(Observation seen, Instant now) {
        StreamingNodeStatus before = seen.node().getStatus();
        StreamingNodeStatus status = new StreamingNodeStatus();
        status.observedGeneration = seen.node().getMetadata().getGeneration();
        boolean unasked = seen.agent().contact() == AgentState.Contact.PENDING
                && before != null
                && before.conditions != null
                && seen.ending() == null
                && seen.blocked() == null;
        if (unasked) {
            // An operator that has just started knows no better than the one before it.
            copyObserved(before, status);
            status.conditions = before.conditions;
            status.observedGeneration = before.observedGeneration;
            return status;
        }
        Finding trouble = trouble(seen).orElse(null);
        ConditionList conditions = new ConditionList(before, status.observedGeneration, now);
        conditions.add(ready(trouble));
        conditions.add(devicesPrepared(seen, trouble));
        conditions.add(serving(seen, trouble));
        conditions.add(degraded(seen, trouble));
        status.conditions = conditions.list();
        if (seen.agent().contact() == AgentState.Contact.ANSWERS) {
            copyReport(seen.agent().report(), status);
        }
        return status;
    }

    private static ConditionStatus ready(Finding trouble) {
        return trouble == null
                ? condition(ConditionType.Ready, TRUE, Reason.Serving, "requests are answered")
                : condition(ConditionType.Ready, FALSE, trouble.reason(), trouble.message());
    }

    private static ConditionStatus devicesPrepared(Observation seen, Finding trouble) {
        boolean conflict = trouble != null && trouble.reason() == Reason.DeviceConflict;
        return (conflict ? Optional.<ConditionStatus>empty() : reported(seen, ConditionType.DevicesPrepared))
                .orElseGet(() -> trouble != null && DEVICE_REASONS.contains(trouble.reason())
                        ? condition(ConditionType.DevicesPrepared, FALSE, trouble.reason(), trouble.message())
                        : unknown(ConditionType.DevicesPrepared, trouble));
    }

    private static ConditionStatus serving(Observation seen, Finding trouble) {
        return reported(seen, ConditionType.Serving).orElseGet(() -> {
            Finding why = orStarting(trouble);
            // Without a pod nothing can serve; a pod that does not answer us may well answer others.
            String status = seen.pod() == null || seen.ending() != null ? FALSE : UNKNOWN;
            return condition(ConditionType.Serving, status, why.reason(), why.message());
        });
    }

    private static ConditionStatus degraded(Observation seen, Finding trouble) {
        return reported(seen, ConditionType.Degraded).orElseGet(() -> unknown(ConditionType.Degraded, trouble));
    }

    private static ConditionStatus unknown(ConditionType type, Finding trouble) {
        Finding why = orStarting(trouble);
        return condition(type, UNKNOWN, why.reason(), why.message());
    }

    /** An agent that answers without one of the conditions says nothing about it yet. */
    private static Finding orStarting(Finding trouble) {
        return trouble == null ? new Finding(Reason.AgentStarting, "the agent has not said yet") : trouble;
    }

    private static Optional<ConditionStatus> reported(Observation seen, ConditionType type) {
        if (seen.agent().contact() != AgentState.Contact.ANSWERS) {
            return Optional.empty();
        }
        return seen.agent().report().conditions().stream()
                .filter(condition -> type.name().equals(condition.type))
                .findFirst();
    }

    /** Why it is not ready, the cause that a person should mend first. */
    private static Optional<Finding> trouble(Observation seen) {
        return Optional.ofNullable(seen.ending())
                .or(() -> Optional.ofNullable(seen.blocked()))
                .or(() -> Optional.ofNullable(seen.pod())
                        .filter(pod -> !pod.isMarkedForDeletion())
                        .flatMap(PodTrouble::of))
                .or(() -> agentTrouble(seen).map(finding -> machineTrouble(seen).orElse(finding)));
    }

    /** A machine that is away is said to be the cause only of an agent that is away as well. */
    private static Optional<Finding> machineTrouble(Observation seen) {
        if (seen.agent().contact() == AgentState.Contact.ANSWERS) {
            return Optional.empty();
        }
        String name = seen.node().getSpec().nodeName;
        if (seen.machine() == null) {
            return Optional.of(new Finding(
                    Reason.NodeUnknown,
                    "node " + name + " is not in the cluster any more; bring it back, or delete this StreamingNode"));
        }
        return isReady(seen.machine())
                ? Optional.empty()
                : Optional.of(new Finding(
                        Reason.NodeNotReady, "node " + name + " is not ready; see kubectl describe node " + name));
    }

    private static boolean isReady(Node machine) {
        return machine.getStatus() != null
                && machine.getStatus().getConditions().stream()
                        .anyMatch(
                                condition -> "Ready".equals(condition.getType()) && TRUE.equals(condition.getStatus()));
    }

    private static Optional<Finding> agentTrouble(Observation seen) {
        Pod pod = seen.pod();
        if (pod == null) {
            return Optional.of(new Finding(Reason.AgentStarting, "the agent's pod is being made"));
        }
        String name = "pod " + pod.getMetadata().getName();
        if (pod.isMarkedForDeletion()) {
            return Optional.of(new Finding(
                    Reason.Draining, name + " finishes its running responses and ends; another one follows"));
        }
        return switch (seen.agent().contact()) {
            case NONE, PENDING ->
                Optional.of(new Finding(
                        Reason.AgentStarting,
                        name + " is being started; if this lasts, see kubectl -n "
                                + pod.getMetadata().getNamespace() + " describe " + name));
            case SILENT -> Optional.of(silent(pod, name, seen.agent().failure()));
            case ANSWERS -> notServing(seen, name);
        };
    }

    private static Finding silent(Pod pod, String name, String failure) {
        boolean wasStarted = pod.getStatus().getContainerStatuses().stream()
                .anyMatch(container ->
                        Boolean.TRUE.equals(container.getReady()) || Boolean.TRUE.equals(container.getStarted()));
        return wasStarted
                ? new Finding(
                        Reason.AgentUnreachable,
                        "the agent in " + name + " does not answer: " + failure
                                + "; see its log, and that the operator may reach it")
                : new Finding(Reason.AgentStarting, "the agent in " + name + " prepares its devices and disks");
    }

    private static Optional<Finding> notServing(Observation seen, String name) {
        AgentReport report = seen.agent().report();
        String runs = seen.pod().getMetadata().getAnnotations().get(Names.CONFIG_HASH);
        if (!Objects.equals(runs, seen.configHash())) {
            return Optional.of(new Finding(
                    Reason.Reconciling, name + " still serves the spec before this one; it is being replaced"));
        }
        if (report.ready()) {
            return Optional.empty();
        }
        for (ConditionStatus condition : report.conditions()) {
            if (ConditionType.DevicesPrepared.name().equals(condition.type) && FALSE.equals(condition.status)) {
                return Optional.of(new Finding(reason(condition.reason, Reason.DeviceFailed), condition.message));
            }
        }
        boolean draining = report.conditions().stream()
                .anyMatch(condition -> Reason.Draining.name().equals(condition.reason));
        return Optional.of(new Finding(
                draining ? Reason.Draining : Reason.AgentNotReady,
                report.notReadyReasons().isEmpty()
                        ? "the agent in " + name + " is not ready; see its log"
                        : String.join("; ", report.notReadyReasons())));
    }

    private static Reason reason(String name, Reason otherwise) {
        for (Reason reason : Reason.values()) {
            if (reason.name().equals(name)) {
                return reason;
            }
        }
        return otherwise;
    }

    private static ConditionStatus condition(ConditionType type, String status, Reason reason, String message) {
        var condition = new ConditionStatus();
        condition.type = type.name();
        condition.status = status;
        condition.reason = reason.name();
        condition.message = message;
        return condition;
    }

    private static void copyObserved(StreamingNodeStatus from, StreamingNodeStatus to) {
        to.addresses = from.addresses;
        to.disks = from.disks;
        to.ports = from.ports;
        to.transmitBitsPerSecond = from.transmitBitsPerSecond;
        to.transmitGbitPerSecond = from.transmitGbitPerSecond;
        to.connections = from.connections;
        to.memoryBytesPerNetworkByte = from.memoryBytesPerNetworkByte;
    }

    private static void copyReport(AgentReport report, StreamingNodeStatus status) {
        status.addresses = report.addresses();
        status.disks = new ArrayList<>();
        for (int i = 0; i < report.disks().size(); i++) {
            status.disks.add(Disks.withFigures(
                    report.disks().get(i), report.figures().disks().get(i)));
        }
        status.ports = List.copyOf(report.ports());
        Long bitsPerSecond = report.figures().transmitBitsPerSecond();
        status.transmitBitsPerSecond = bitsPerSecond;
        status.transmitGbitPerSecond = bitsPerSecond == null ? null : StreamingNodeStatus.gbitPerSecond(bitsPerSecond);
        status.connections = report.figures().connections();
        status.memoryBytesPerNetworkByte = report.figures().memoryBytesPerNetworkByte();
    }
}
