package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolSpec;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.TolerationSpec;
import dev.diskcryptnet.crds.validation.ResourceRules;
import dev.diskcryptnet.crds.validation.SpecDuration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Reads a pool's spec. An API server refuses most wrong ones; one in memory refuses none. */
final class PoolSpecs {
    /** RFC 4918 11.2, which an API server answers to objects that break its schema. */
    static final int HTTP_UNPROCESSABLE = 422;

    private static final String DEFAULT_DRAIN = "60s";

    private PoolSpecs() {}

    /** What makes the spec unusable, for a person; null if nothing does. */
    static String problem(StreamingNodePool pool) {
        List<String> problems = ResourceRules.problems(pool);
        return problems.isEmpty() ? null : String.join("; ", problems);
    }

    /** Everything that a plan for the pool is made from. */
    static PoolView view(
            StreamingNodePool pool,
            MemberTemplate template,
            Census census,
            List<Machine> machines,
            PoolView.Limits limits,
            Instant now) {
        StreamingNodePoolSpec spec = pool.getSpec();
        return new PoolView(
                pool.getMetadata().getName(),
                Objects.requireNonNullElse(spec.replicas, 1),
                Objects.requireNonNullElse(spec.nodeSelector, Map.of()),
                tolerations(spec.template.spec.agent),
                template.claims(),
                MaxUnavailable.parse(spec.maxUnavailable),
                new PoolView.Limits(
                        limits.progressDeadline().plus(drain(spec.template.spec)), limits.machineGoneGrace()),
                PoolStatuses.usedMachines(pool),
                census.members(template),
                machines,
                census.occupants(pool),
                now);
    }

    /** How long an agent may take to stop before it starts with what was changed. */
    private static Duration drain(StreamingNodeSpec spec) {
        return SpecDuration.parse(Objects.requireNonNullElse(spec.drainTimeout, DEFAULT_DRAIN));
    }

    private static List<TolerationSpec> tolerations(AgentSpec agent) {
        return Optional.ofNullable(agent).map(given -> given.tolerations).orElse(List.of());
    }
}
