package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.StreamingNode;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.Supplier;

/** How many StreamingNodes there are in which condition, counted when somebody asks. */
final class NodeMetrics {
    private static final List<String> STATUSES = List.of("True", "False", "Unknown");

    private NodeMetrics() {}

    static void register(MeterRegistry registry, Supplier<List<StreamingNode>> nodes) {
        Gauge.builder("dcn.operator.streaming.nodes", () -> nodes.get().size())
                .description("StreamingNodes")
                .register(registry);
        for (ConditionType type : ConditionType.values()) {
            for (String status : STATUSES) {
                Gauge.builder("dcn.operator.streaming.node.conditions", () -> count(nodes.get(), type, status))
                        .description("StreamingNodes by condition and its status")
                        .tag("condition", type.name())
                        .tag("status", status)
                        .register(registry);
            }
        }
    }

    private static long count(List<StreamingNode> nodes, ConditionType type, String status) {
        return nodes.stream()
                .filter(node -> node.getStatus() != null && node.getStatus().conditions != null)
                .filter(node -> node.getStatus().conditions.stream().anyMatch(condition -> is(condition, type, status)))
                .count();
    }

    private static boolean is(ConditionStatus condition, ConditionType type, String status) {
        return type.name().equals(condition.type) && status.equals(condition.status);
    }
}
