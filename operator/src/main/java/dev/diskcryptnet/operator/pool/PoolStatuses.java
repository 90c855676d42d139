package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolStatus;
import dev.diskcryptnet.operator.model.Names;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes a pool's status. Pure: what did not change keeps its time, so that a status that says the same is equal. */
final class PoolStatuses {
    /** Machines that a pool remembers, unless more than these carry a member. */
    static final int MAX_MACHINES = 1000;

    private PoolStatuses() {}

    /**
     * The status after a plan.
     *
     * @param pool    with the status it had
     * @param members its members, those being deleted too
     */
    static StreamingNodePoolStatus of(StreamingNodePool pool, PoolPlan plan, Collection<Member> members, Instant now) {
        StreamingNodePoolStatus status = new StreamingNodePoolStatus();
        status.replicas = plan.replicas();
        status.readyReplicas = plan.readyReplicas();
        status.updatedReplicas = plan.updatedReplicas();
        status.machines = machines(usedMachines(pool), members);
        boolean ready = plan.reason() == Reason.AllReplicasReady;
        Reason degradation = plan.degraded() ? plan.reason() : Reason.NothingDegraded;
        complete(status, pool, plan.message());
        status.conditions = List.of(
                condition(pool, ConditionType.Ready, ready, plan.reason(), plan.message(), now),
                condition(pool, ConditionType.Degraded, plan.degraded(), degradation, plan.message(), now));
        return status;
    }

    /** The status of a pool that nothing can be done for: figures as they were, Ready False for {@code reason}. */
    static StreamingNodePoolStatus stuck(StreamingNodePool pool, Reason reason, String message, Instant now) {
        StreamingNodePoolStatus last = last(pool);
        StreamingNodePoolStatus status = new StreamingNodePoolStatus();
        status.replicas = Objects.requireNonNullElse(last.replicas, 0);
        status.readyReplicas = Objects.requireNonNullElse(last.readyReplicas, 0);
        status.updatedReplicas = Objects.requireNonNullElse(last.updatedReplicas, 0);
        status.machines = usedMachines(pool);
        complete(status, pool, message);
        status.conditions = List.of(
                condition(pool, ConditionType.Ready, false, reason, message, now),
                condition(pool, ConditionType.Degraded, true, reason, message, now));
        return status;
    }

    /** Machines that have or had a member, the latest first. */
    static List<String> usedMachines(StreamingNodePool pool) {
        return Objects.requireNonNullElse(last(pool).machines, List.of());
    }

    /** Reason of the condition Ready; null before there is one, or when it is not one of ours. */
    static Reason reason(StreamingNodePool pool) {
        String name = conditions(pool)
                .filter(condition -> ConditionType.Ready.name().equals(condition.type))
                .map(condition -> condition.reason)
                .findFirst()
                .orElse(null);
        return Arrays.stream(Reason.values())
                .filter(reason -> reason.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static Stream<ConditionStatus> conditions(StreamingNodePool pool) {
        return Objects.requireNonNullElse(last(pool).conditions, List.<ConditionStatus>of()).stream();
    }

    /** Selector of the pool's members, and of their pods, which carry the label too. */
    static String selector(StreamingNodePool pool) {
        return Names.POOL_LABEL + "=" + pool.getMetadata().getName();
    }

    private static void complete(StreamingNodePoolStatus status, StreamingNodePool pool, String message) {
        status.observedGeneration = pool.getMetadata().getGeneration();
        status.selector = selector(pool);
        status.message = message;
    }

    /** New ones in front, the others keep their places; beyond the limit the oldest without a member are forgotten. */
    static List<String> machines(List<String> used, Collection<Member> members) {
        Set<String> occupied = members.stream()
                .sorted(Comparator.comparing(Member::createdAt).reversed().thenComparing(Member::name))
                .map(Member::machine)
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        Set<String> machines = new LinkedHashSet<>(occupied);
        used.forEach(machines::remove);
        machines.addAll(used);
        List<String> oldestFirst = new ArrayList<>(machines).reversed();
        oldestFirst.stream()
                .filter(Predicate.not(occupied::contains))
                .limit(Math.max(0, machines.size() - MAX_MACHINES))
                .toList()
                .forEach(machines::remove);
        return List.copyOf(machines);
    }

    private static ConditionStatus condition(
            StreamingNodePool pool, ConditionType type, boolean is, Reason reason, String message, Instant now) {
        ConditionStatus condition = new ConditionStatus();
        condition.type = type.name();
        condition.status = is ? "True" : "False";
        condition.reason = reason.name();
        condition.message = message;
        condition.observedGeneration = pool.getMetadata().getGeneration();
        condition.lastTransitionTime = conditions(pool)
                .filter(earlier -> type.name().equals(earlier.type) && condition.status.equals(earlier.status))
                .map(earlier -> earlier.lastTransitionTime)
                .findFirst()
                .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
        return condition;
    }

    private static StreamingNodePoolStatus last(StreamingNodePool pool) {
        return Objects.requireNonNullElseGet(pool.getStatus(), StreamingNodePoolStatus::new);
    }
}
