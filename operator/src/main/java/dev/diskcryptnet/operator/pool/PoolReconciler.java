package dev.diskcryptnet.operator.pool;

import static java.net.HttpURLConnection.HTTP_BAD_REQUEST;
import static java.net.HttpURLConnection.HTTP_CONFLICT;
import static java.net.HttpURLConnection.HTTP_FORBIDDEN;
import static java.net.HttpURLConnection.HTTP_NOT_FOUND;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolStatus;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.status.EventRecorder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Keeps pools as they are declared. Plans from caches, which costs no request; when there is something to do, reads the
 * pool and its members anew and plans again, so that nothing is done that rests on an old view; then does it, and says
 * in the status what it found.
 *
 * <p>It sets no finalizer: members carry an owner reference, and the cluster's garbage collector deletes them with
 * their pool, before it (foreground) or after it (background).
 */
@Singleton
@ControllerConfiguration(name = "streamingnodepool")
public final class PoolReconciler implements Reconciler<StreamingNodePool> {
    /** How long a member may take to become ready, beyond its drain timeout: a Deployment's progress deadline. */
    private static final Duration PROGRESS_DEADLINE = Duration.ofMinutes(10);
    /** As long as Kubernetes waits before it evicts pods from a node that does not answer. */
    private static final Duration MACHINE_GONE_GRACE = Duration.ofMinutes(5);

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Set<Reason> WARNINGS =
            EnumSet.of(Reason.RolloutBlocked, Reason.MachinesShort, Reason.SpecInvalid);
    private static final Duration AFTER_REFUSAL = Duration.ofSeconds(30);

    private final KubernetesSerialization serialization;
    private final Applier applier;
    private final EventRecorder events;
    private final Clock clock;
    private final PoolView.Limits limits;
    private final PoolReader reader;
    private final PoolWorker worker;
    private final Reservations reservations = new Reservations();
    private final Map<ResourceID, StreamingNodePoolStatus> said = new ConcurrentHashMap<>();
    private final ReentrantLock placing = new ReentrantLock();
    private final MeterRegistry registry;
    private PoolSources sources;
    private PoolMetrics metrics;

    /** Pools of the cluster that {@code client} talks to; all writes go through {@code applier}. */
    @Inject
    public PoolReconciler(KubernetesClient client, Applier applier, EventRecorder events, MeterRegistry registry) {
        this(
                client,
                applier,
                events,
                registry,
                Clock.systemUTC(),
                new PoolView.Limits(PROGRESS_DEADLINE, MACHINE_GONE_GRACE));
    }

    PoolReconciler(
            KubernetesClient client,
            Applier applier,
            EventRecorder events,
            MeterRegistry registry,
            Clock clock,
            PoolView.Limits limits) {
        this.registry = registry;
        this.serialization = client.getKubernetesSerialization();
        this.applier = applier;
        this.events = events;
        this.clock = clock;
        this.limits = limits;
        reader = new PoolReader(client);
        worker = new PoolWorker(applier, events, clock);
    }

    @Override
    public List<EventSource<?, StreamingNodePool>> prepareEventSources(EventSourceContext<StreamingNodePool> context) {
        sources = new PoolSources(context);
        metrics = new PoolMetrics(registry, sources::pool);
        return sources.all();
    }

    @Override
    public UpdateControl<StreamingNodePool> reconcile(StreamingNodePool pool, Context<StreamingNodePool> context) {
        if (pool.isMarkedForDeletion()) {
            return UpdateControl.noUpdate();
        }
        metrics.show(pool);
        String invalid = PoolSpecs.problem(pool);
        if (invalid != null) {
            say(pool, seen -> PoolStatuses.stuck(seen, Reason.SpecInvalid, invalid, clock.instant()));
            return UpdateControl.noUpdate();
        }
        return work(pool);
    }

    private UpdateControl<StreamingNodePool> work(StreamingNodePool pool) {
        Census cached = Census.of(pool, sources.streamingNodes());
        PoolPlan plan = plan(pool, cached, clock.instant());
        sources.wants(pool, plan.wantsMachines());
        if (plan.steps().isEmpty()) {
            report(pool, plan, cached);
            return after(plan.lookAgainAfter());
        }
        StreamingNodePool present = reader.pool(pool);
        if (present == null || PoolSpecs.problem(present) != null) {
            return UpdateControl.noUpdate();
        }
        Map<String, StreamingNode> members = reader.members(present, cached.members());
        Planned planned = decide(present, members);
        try {
            worker.perform(present, template(present), planned.plan().steps(), members);
        } catch (KubernetesClientException e) {
            forget(planned.reserved());
            return refused(present, planned, e);
        }
        report(present, planned.plan(), planned.census());
        // Without steps the cache lags behind; with them the watch tells when they have come true.
        return planned.plan().steps().isEmpty()
                ? after(SOON)
                : after(planned.plan().lookAgainAfter());
    }

    private record Planned(PoolPlan plan, Census census, List<StreamingNode> reserved) {}

    /** Plans on the members as they are, and reserves the machines that are chosen, as one step for all pools. */
    private Planned decide(StreamingNodePool pool, Map<String, StreamingNode> members) {
        placing.lock();
        try {
            Instant now = clock.instant();
            Census census = census(pool, members, now);
            PoolPlan plan = plan(pool, census, now);
            MemberTemplate template = template(pool);
            List<StreamingNode> reserved = plan.steps().stream()
                    .filter(PoolStep.Create.class::isInstance)
                    .map(step -> template.make(((PoolStep.Create) step).machine()))
                    .toList();
            reserved.forEach(member -> reservations.add(member, now));
            return new Planned(plan, census, reserved);
        } finally {
            placing.unlock();
        }
    }

    private Census census(StreamingNodePool pool, Map<String, StreamingNode> members, Instant now) {
        List<StreamingNode> others = Census.of(pool, sources.streamingNodes()).others();
        Set<String> seen = others.stream().map(Census::id).collect(Collectors.toSet());
        members.values().forEach(member -> seen.add(Census.id(member)));
        Stream<StreamingNode> reserved =
                reservations.unseen(seen, now).stream().filter(member -> !MemberTemplate.isOwner(pool, member));
        return Census.of(
                pool,
                Stream.of(members.values().stream(), others.stream(), reserved).flatMap(Function.identity()));
    }

    private void forget(List<StreamingNode> reserved) {
        placing.lock();
        try {
            reserved.forEach(reservations::remove);
        } finally {
            placing.unlock();
        }
    }

    private MemberTemplate template(StreamingNodePool pool) {
        return new MemberTemplate(pool, serialization);
    }

    private PoolPlan plan(StreamingNodePool pool, Census census, Instant now) {
        return PoolPlanner.plan(PoolSpecs.view(pool, template(pool), census, sources.machines(), limits, now));
    }

    private void report(StreamingNodePool pool, PoolPlan plan, Census census) {
        List<Member> members = census.members(template(pool));
        say(pool, seen -> PoolStatuses.of(seen, plan, members, clock.instant()));
    }

    /**
     * Writes a status unless it is there already. A pool that has changed since is left to its next turn. What the
     * cache has counts only if it is what was said last: it may lag behind our own write.
     */
    private void say(StreamingNodePool pool, Function<StreamingNodePool, StreamingNodePoolStatus> status) {
        ResourceID id = ResourceID.fromResource(pool);
        StreamingNodePoolStatus wanted = status.apply(pool);
        if (same(pool.getStatus(), wanted) && same(said.getOrDefault(id, wanted), wanted)) {
            return;
        }
        StreamingNodePool present = reader.pool(pool);
        if (present == null) {
            said.remove(id);
            return;
        }
        if (!Objects.equals(
                present.getMetadata().getGeneration(), pool.getMetadata().getGeneration())) {
            return;
        }
        wanted = status.apply(present);
        said.keySet().removeIf(other -> !sources.exists(other));
        said.put(id, wanted);
        if (!same(present.getStatus(), wanted)) {
            write(present, wanted);
        }
    }

    private void write(StreamingNodePool present, StreamingNodePoolStatus wanted) {
        Reason before = PoolStatuses.reason(present);
        present.setStatus(wanted);
        applier.writeStatus(present);
        Reason now = PoolStatuses.reason(present);
        if (now != before && WARNINGS.contains(now)) {
            events.record(present, EventRecorder.Type.Warning, now.name(), wanted.message);
        }
    }

    private boolean same(StreamingNodePoolStatus one, StreamingNodePoolStatus other) {
        return one != null
                && serialization.convertValue(one, Map.class).equals(serialization.convertValue(other, Map.class));
    }

    /** A refusal that more of the same will not change is told in the status; everything else is tried again. */
    private UpdateControl<StreamingNodePool> refused(
            StreamingNodePool pool, Planned planned, KubernetesClientException e) {
        switch (e.getCode()) {
            case HTTP_CONFLICT, HTTP_NOT_FOUND -> {
                return after(SOON);
            }
            case HTTP_BAD_REQUEST, PoolSpecs.HTTP_UNPROCESSABLE, HTTP_FORBIDDEN -> {
                Reason reason = e.getCode() == HTTP_FORBIDDEN ? Reason.ReplicasNotReady : Reason.SpecInvalid;
                String said =
                        e.getStatus() == null ? e.getMessage() : e.getStatus().getMessage();
                String message = "the API server refuses a StreamingNode of the pool: " + said;
                report(pool, planned.plan().refused(reason, message), planned.census());
                return after(AFTER_REFUSAL);
            }
            default -> throw e;
        }
    }

    private static UpdateControl<StreamingNodePool> after(Duration delay) {
        UpdateControl<StreamingNodePool> control = UpdateControl.noUpdate();
        return delay == null ? control : control.rescheduleAfter(delay);
    }
}
