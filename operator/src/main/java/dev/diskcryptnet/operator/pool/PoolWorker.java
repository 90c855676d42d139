package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.pool.PoolStep.Create;
import dev.diskcryptnet.operator.pool.PoolStep.Delete;
import dev.diskcryptnet.operator.pool.PoolStep.Update;
import dev.diskcryptnet.operator.status.EventRecorder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/** Does the steps of a plan, one call to the API server each. It may end between any two: the next plan goes on. */
final class PoolWorker {
    private final Applier applier;
    private final EventRecorder events;
    private final Clock clock;

    PoolWorker(Applier applier, EventRecorder events, Clock clock) {
        this.applier = applier;
        this.events = events;
        this.clock = clock;
    }

    /**
     * Does the steps in order and ends at the first that fails.
     *
     * @param members as they were when the plan was made, by name: what has changed since is refused by the server
     * @throws KubernetesClientException if the server refuses a step or cannot be reached
     */
    void perform(
            StreamingNodePool pool, MemberTemplate template, List<PoolStep> steps, Map<String, StreamingNode> members) {
        for (PoolStep step : steps) {
            StreamingNode member = members.get(step.member());
            switch (step) {
                case Create create -> create(pool, template, create);
                case Delete delete -> delete(pool, member, delete);
                case Update update -> update(pool, template, member, update);
            }
        }
    }

    private void create(StreamingNodePool pool, MemberTemplate template, Create step) {
        applier.create(template.make(step.machine()));
        events.record(
                pool,
                EventRecorder.Type.Normal,
                Reason.ReplicaCreated.name(),
                "made StreamingNode " + step.member() + " on node " + step.machine() + ": " + step.why());
    }

    private void delete(StreamingNodePool pool, StreamingNode member, Delete step) {
        applier.delete(member, DeletionPropagation.BACKGROUND);
        events.record(
                pool,
                EventRecorder.Type.Normal,
                Reason.ReplicaDeleted.name(),
                "deleted StreamingNode " + step.member() + ": " + step.why());
    }

    private void update(StreamingNodePool pool, MemberTemplate template, StreamingNode member, Update step) {
        applier.replace(template.renewed(member, step.rolls(), clock.instant()));
        String what = step.rolls() ? "gave the template's spec to" : "put labels and annotations right of";
        events.record(
                pool,
                EventRecorder.Type.Normal,
                Reason.ReplicaUpdated.name(),
                what + " StreamingNode " + step.member() + ": " + step.why());
    }
}
