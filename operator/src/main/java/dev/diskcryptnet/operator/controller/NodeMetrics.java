package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.StreamingNode;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** How many StreamingNodes there are in which condition, and how each of them is, looked at when somebody asks. Thread-safe. */
final class NodeMetrics {
    private static final List<String> STATUSES = List.of("True", "False", "Unknown");

    private final MeterRegistry registry;
    private final Function<ResourceID, Optional<StreamingNode>> nodes;
    private final ToDoubleFunction<ResourceID> statusAgeSeconds;
    private final Map<ResourceID, List<Meter>> ofNodes = new ConcurrentHashMap<>();

    /**
     * Shows the sums at once, and of single nodes nothing.
     *
     * @param all StreamingNodes that there are
     * @param nodes one of them, as it is now
     * @param statusAgeSeconds seconds since a node's agent last answered; NaN when it is not asked
     */
    NodeMetrics(
            MeterRegistry registry,
            Supplier<List<StreamingNode>> all,
            Function<ResourceID, Optional<StreamingNode>> nodes,
            ToDoubleFunction<ResourceID> statusAgeSeconds) {
        this.registry = registry;
        this.nodes = nodes;
        this.statusAgeSeconds = statusAgeSeconds;
        Gauge.builder("dcn.operator.streaming.nodes", () -> all.get().size())
                .description("StreamingNodes")
                .register(registry);
        for (ConditionType type : ConditionType.values()) {
            for (String status : STATUSES) {
                Gauge.builder("dcn.operator.streaming.node.conditions", () -> count(all.get(), type, status))
                        .description("StreamingNodes by condition and its status")
                        .tag("condition", type.name())
                        .tag("status", status)
                        .register(registry);
            }
        }
    }

    /** Shows a node from now on. */
    void show(StreamingNode node) {
        ofNodes.computeIfAbsent(ResourceID.fromResource(node), this::begin);
    }

    /** Shows it no more. */
    void forget(StreamingNode node) {
        List<Meter> meters = ofNodes.remove(ResourceID.fromResource(node));
        if (meters != null) {
            meters.forEach(registry::remove);
        }
    }

    /** The labels are not called namespace and pod, as those are where Prometheus found the operator. */
    private List<Meter> begin(ResourceID id) {
        Tags tags = Tags.of("streaming_namespace", id.getNamespace().orElse(""), "streaming_node", id.getName());
        return List.of(
                Gauge.builder("dcn.operator.streaming.node.ready", () -> isReady(id) ? 1 : 0)
                        .description("1 while the StreamingNode is Ready")
                        .tags(tags)
                        .register(registry),
                Gauge.builder("dcn.operator.streaming.node.status.age", () -> statusAgeSeconds.applyAsDouble(id))
                        .description("Time since the agent last answered the operator; NaN while it is not asked")
                        .baseUnit("seconds")
                        .tags(tags)
                        .register(registry));
    }

    private boolean isReady(ResourceID id) {
        return nodes.apply(id)
                .filter(node -> has(node, ConditionType.Ready, "True"))
                .isPresent();
    }

    private static long count(List<StreamingNode> nodes, ConditionType type, String status) {
        return nodes.stream().filter(node -> has(node, type, status)).count();
    }

    private static boolean has(StreamingNode node, ConditionType type, String status) {
        return node.getStatus() != null
                && node.getStatus().conditions != null
                && node.getStatus().conditions.stream().anyMatch(condition -> is(condition, type, status));
    }

    private static boolean is(ConditionStatus condition, ConditionType type, String status) {
        return type.name().equals(condition.type) && status.equals(condition.status);
    }
}
