package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.ConditionType;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolStatus;
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
import java.util.function.ToDoubleFunction;

/** How many streaming nodes each pool is to have, and has, looked at when somebody asks. Thread-safe. */
final class PoolMetrics {
    private final MeterRegistry registry;
    private final Function<ResourceID, Optional<StreamingNodePool>> pools;
    private final Map<ResourceID, List<Meter>> ofPools = new ConcurrentHashMap<>();

    /** @param pools one of them, as it is now */
    PoolMetrics(MeterRegistry registry, Function<ResourceID, Optional<StreamingNodePool>> pools) {
        this.registry = registry;
        this.pools = pools;
    }

    /** Shows a pool from now on, and those no more that are gone: a pool has no finalizer that would tell of it. */
    void show(StreamingNodePool pool) {
        ofPools.computeIfAbsent(ResourceID.fromResource(pool), this::begin);
        ofPools.keySet().stream().filter(id -> pools.apply(id).isEmpty()).forEach(this::forget);
    }

    private void forget(ResourceID id) {
        List<Meter> meters = ofPools.remove(id);
        if (meters != null) {
            meters.forEach(registry::remove);
        }
    }

    private List<Meter> begin(ResourceID id) {
        return List.of(
                replicas(id, "declared", pool -> number(pool.getSpec().replicas)),
                replicas(id, "existing", pool -> number(status(pool).replicas)),
                replicas(id, "ready", pool -> number(status(pool).readyReplicas)),
                replicas(id, "updated", pool -> number(status(pool).updatedReplicas)),
                Gauge.builder("dcn.operator.streaming.node.pool.degraded", () -> value(id, PoolMetrics::degraded))
                        .description("1 while the StreamingNodePool is Degraded; NaN when it is gone")
                        .tags(tags(id))
                        .register(registry));
    }

    private Meter replicas(ResourceID id, String state, ToDoubleFunction<StreamingNodePool> number) {
        return Gauge.builder("dcn.operator.streaming.node.pool.replicas", () -> value(id, number))
                .description("Streaming nodes of a StreamingNodePool, by what is asked for and what there is")
                .tags(tags(id).and("state", state))
                .register(registry);
    }

    /** Not called namespace, as that is where Prometheus found the operator. */
    private static Tags tags(ResourceID id) {
        return Tags.of("streaming_namespace", id.getNamespace().orElse(""), "streaming_node_pool", id.getName());
    }

    private double value(ResourceID id, ToDoubleFunction<StreamingNodePool> number) {
        return pools.apply(id).map(pool -> (Double) number.applyAsDouble(pool)).orElse(Double.NaN);
    }

    private static StreamingNodePoolStatus status(StreamingNodePool pool) {
        return pool.getStatus() == null ? new StreamingNodePoolStatus() : pool.getStatus();
    }

    private static double number(Integer count) {
        return count == null ? 0 : count;
    }

    private static double degraded(StreamingNodePool pool) {
        StreamingNodePoolStatus status = status(pool);
        return status.conditions != null
                        && status.conditions.stream()
                                .anyMatch(condition ->
                                        ConditionType.Degraded.name().equals(condition.type)
                                                && "True".equals(condition.status))
                ? 1
                : 0;
    }
}
