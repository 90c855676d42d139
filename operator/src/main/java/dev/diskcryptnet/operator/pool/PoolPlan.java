package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.Reason;
import java.time.Duration;
import java.util.List;

/**
 * What to do for a pool, and what to say of it.
 *
 * @param steps          what to do now, in this order; all of them are safe together
 * @param replicas       members that are not being deleted
 * @param readyReplicas  those of them that are ready
 * @param updatedReplicas those of them that are as the template says
 * @param reason         {@link Reason#AllReplicasReady} when the pool is as declared, else what is foremost in the way
 * @param degraded       whether something is wrong that does not pass by waiting
 * @param message        what is missing and what is waited for
 * @param wantsMachines  whether another eligible machine would be taken at once
 * @param lookAgainAfter when time alone changes the plan, after which delay; null if it does not
 */
record PoolPlan(
        List<PoolStep> steps,
        int replicas,
        int readyReplicas,
        int updatedReplicas,
        Reason reason,
        boolean degraded,
        String message,
        boolean wantsMachines,
        Duration lookAgainAfter) {

    /** The same with what the API server refused in front: nothing else of it can come true before. */
    PoolPlan refused(Reason why, String refusal) {
        return new PoolPlan(
                steps, replicas, readyReplicas, updatedReplicas, why, true, refusal, wantsMachines, lookAgainAfter);
    }
}
