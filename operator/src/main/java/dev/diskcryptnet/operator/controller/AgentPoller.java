package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.status.AgentProbe;
import dev.diskcryptnet.operator.status.AgentReport;
import dev.diskcryptnet.operator.status.AgentReports;
import dev.diskcryptnet.operator.status.AgentState;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.EventHandler;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Asks agents for their status, each in its own rhythm, and has a StreamingNode reconciled when an answer says something
 * new. Reconciliations never wait for an agent.
 */
public final class AgentPoller extends AbstractEventSource<AgentState, StreamingNode> implements AgentDirectory {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final String RUNNING = "Running";

    private final Duration interval;
    private final Duration figuresInterval;
    private final Map<ResourceID, Target> targets = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock;
    private final ExecutorService workers;
    private final HttpClient client;

    /**
     * Makes a poller that asks nobody yet.
     *
     * @param interval between two questions to one agent
     * @param figuresInterval least time between two events for figures alone
     */
    public AgentPoller(Duration interval, Duration figuresInterval) {
        super(AgentState.class, "agents");
        this.interval = interval;
        this.figuresInterval = figuresInterval;
        this.clock = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("agent-clock").daemon().factory());
        this.workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("agent-poll-", 0).factory());
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(TIMEOUT)
                .executor(workers)
                .build();
    }

    @Override
    public Set<AgentState> getSecondaryResources(StreamingNode primary) {
        Target target = targets.get(ResourceID.fromResource(primary));
        return target == null ? Set.of() : Set.of(target.probe.state());
    }

    @Override
    public AgentState watch(StreamingNode node, Pod pod, int port) {
        var id = ResourceID.fromResource(node);
        String address = pod == null
                        || pod.getStatus() == null
                        || !RUNNING.equals(pod.getStatus().getPhase())
                ? null
                : pod.getStatus().getPodIP();
        if (address == null) {
            targets.compute(id, (key, present) -> replaced(present, null));
            return AgentState.NONE;
        }
        String host = address.contains(":") ? "[" + address + "]" : address;
        var place = new Place(pod.getMetadata().getUid(), URI.create("http://" + host + ":" + port + "/v1/status"));
        return targets.compute(id, (key, present) -> {
                    if (present != null && place.equals(present.place)) {
                        return present;
                    }
                    Target next = replaced(present, place);
                    next.start(key);
                    return next;
                })
                .probe
                .state();
    }

    private Target replaced(Target present, Place place) {
        if (present != null) {
            present.stop();
        }
        // Of a node that was never looked at, the status before may be true still; of a new pod it is not.
        return new Target(
                place, new AgentProbe(present == null ? AgentState.PENDING : AgentState.NONE, figuresInterval));
    }

    @Override
    public void forget(StreamingNode node) {
        Target target = targets.remove(ResourceID.fromResource(node));
        if (target != null) {
            target.stop();
        }
    }

    /** Seconds since the agent of a StreamingNode last gave an answer, or is asked for one; NaN while it is not asked. */
    double silenceSeconds(ResourceID id) {
        Target target = targets.get(id);
        return target == null || target.place == null
                ? Double.NaN
                : (System.nanoTime() - target.answeredNs) / (double) TimeUnit.SECONDS.toNanos(1);
    }

    @Override
    public void stop() {
        super.stop();
        clock.shutdownNow();
        client.shutdownNow();
        workers.shutdownNow();
    }

    /** Which pod, and where. */
    private record Place(String podUid, URI uri) {}

    /** One agent and the questions to it. */
    private final class Target {
        private final Place place;
        private final AgentProbe probe;
        private volatile long answeredNs = System.nanoTime();
        private Future<?> questions;

        Target(Place place, AgentProbe probe) {
            this.place = place;
            this.probe = probe;
        }

        void start(ResourceID id) {
            if (clock.isShutdown()) {
                return;
            }
            // The first at once, the others spread over the interval, so that 500 agents are not asked in one moment.
            clock.execute(() -> ask(id));
            long spreadMs = ThreadLocalRandom.current().nextLong(interval.toMillis()) + interval.toMillis() / 2;
            questions = clock.scheduleAtFixedRate(() -> ask(id), spreadMs, interval.toMillis(), TimeUnit.MILLISECONDS);
        }

        void stop() {
            if (questions != null) {
                questions.cancel(false);
            }
        }

        private void ask(ResourceID id) {
            HttpRequest request =
                    HttpRequest.newBuilder(place.uri()).timeout(TIMEOUT).build();
            client.sendAsync(request, HttpResponse.BodyHandlers.ofString()).whenComplete((response, failure) -> {
                long nowNs = System.nanoTime();
                if (targets.get(id) == this && learn(response, failure, nowNs)) {
                    EventHandler handler = getEventHandler();
                    if (handler != null && isRunning()) {
                        handler.handleEvent(new Event(id));
                    }
                }
            });
        }

        private boolean learn(HttpResponse<String> response, Throwable failure, long nowNs) {
            if (failure != null) {
                return probe.failed(place.uri() + ": " + cause(failure));
            }
            if (response.statusCode() != 200) {
                return probe.failed(place.uri() + ": HTTP status " + response.statusCode());
            }
            try {
                AgentReport report = AgentReports.parse(response.body());
                answeredNs = nowNs;
                return probe.answered(report, nowNs);
            } catch (IllegalArgumentException e) {
                return probe.failed(place.uri() + ": " + e.getMessage());
            }
        }

        private static String cause(Throwable failure) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            return Objects.requireNonNullElse(
                    cause.getMessage(), cause.getClass().getSimpleName());
        }
    }
}
