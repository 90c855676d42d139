package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeStatus;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.model.AgentConfigMap;
import dev.diskcryptnet.operator.model.Build;
import dev.diskcryptnet.operator.model.Declaration;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.status.AgentState;
import dev.diskcryptnet.operator.status.EventRecorder;
import dev.diskcryptnet.operator.status.Finding;
import dev.diskcryptnet.operator.status.Observation;
import dev.diskcryptnet.operator.status.StatusModel;
import dev.diskcryptnet.operator.status.Transitions;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One reconciliation of one StreamingNode: read, desired, apply, status. It keeps nothing from one call to the next and
 * knows nothing of the operator SDK, so that it can be stopped at any write and begun anew.
 */
public final class NodeFlow {
    /** What was refused is heard of when its cause goes away; this is for the case that it was not. */
    private static final Duration REFUSED_AGAIN = Duration.ofSeconds(60);

    private final ClusterView view;
    private final Applier applier;
    private final EventRecorder events;
    private final SpecCheck check;
    private final AgentDirectory agents;
    private final KubernetesSerialization serialization;
    private final Clock clock;
    private final Admission admission;
    private final Workload workload;
    private final Deletion deletion;

    /** Reads from {@code view} and writes through {@code applier} alone. */
    public NodeFlow(
            ClusterView view,
            Applier applier,
            EventRecorder events,
            SpecCheck check,
            AgentDirectory agents,
            Build build,
            KubernetesSerialization serialization,
            Clock clock) {
        this.view = view;
        this.applier = applier;
        this.events = events;
        this.check = check;
        this.agents = agents;
        this.serialization = serialization;
        this.clock = clock;
        this.admission = new Admission(view);
        this.workload = new Workload(view, applier, build);
        this.deletion = new Deletion(view, workload, applier, events, build, clock);
    }

    /**
     * Reconciles.
     *
     * @param seen as last read; it is not changed
     * @return when to look again although nothing was heard
     */
    public Optional<Duration> reconcile(StreamingNode seen) {
        StreamingNode node = serialization.clone(seen);
        if (node.isMarkedForDeletion()) {
            return delete(node);
        }
        List<String> problems = check.problems(node);
        if (!problems.isEmpty()) {
            return invalid(node, problems);
        }
        Optional<Admission.Refusal> refusal = admission.refusal(node);
        if (refusal.isEmpty()) {
            node = withFinalizer(node);
            workload.apply(node);
        } else if (refusal.get().withoutWorkload()) {
            workload.remove(node);
        }
        publish(node, null, refusal.map(Admission.Refusal::finding).orElse(null));
        return refusal.map(why -> REFUSED_AGAIN);
    }

    private Optional<Duration> invalid(StreamingNode node, List<String> problems) {
        publish(node, null, new Finding(Reason.SpecInvalid, String.join("; ", problems)));
        return Optional.empty();
    }

    /** The finalizer is there before anything that has to be undone. */
    private StreamingNode withFinalizer(StreamingNode node) {
        StreamingNode result = applier.addFinalizer(node, Names.FINALIZER);
        if (result != node) {
            view.remember(result, node);
            return serialization.clone(result);
        }
        return node;
    }

    private Optional<Duration> delete(StreamingNode node) {
        if (!node.getFinalizers().contains(Names.FINALIZER)) {
            agents.forget(node);
            return Optional.empty();
        }
        Outcome outcome = deletion.advance(node);
        if (outcome.isDone()) {
            agents.forget(node);
            applier.removeFinalizer(node, Names.FINALIZER);
            return Optional.empty();
        }
        publish(node, outcome.finding(), null);
        return Optional.of(outcome.again());
    }

    private void publish(StreamingNode node, Finding ending, Finding blocked) {
        Pod pod = workload.agentPods(node).stream().findFirst().orElse(null);
        AgentState agent = agents.watch(node, pod, Declaration.adminPort(node.getSpec()));
        var observation = new Observation(
                node,
                ending,
                blocked,
                AgentConfigMap.hash(node),
                pod,
                node.getSpec().nodeName == null
                        ? null
                        : view.machine(node.getSpec().nodeName).orElse(null),
                agent);
        StreamingNodeStatus status = StatusModel.of(observation, clock.instant());
        if (isSame(status, node.getStatus())) {
            return;
        }
        StreamingNode next = serialization.clone(node);
        next.setStatus(status);
        view.remember(applier.writeStatus(next), node);
        Transitions.record(node, status, events);
    }

    private boolean isSame(StreamingNodeStatus one, StreamingNodeStatus other) {
        return serialization.asJson(one).equals(serialization.asJson(other));
    }
}
