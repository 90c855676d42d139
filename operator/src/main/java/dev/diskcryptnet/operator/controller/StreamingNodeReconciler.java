package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.validation.ResourceRules;
import dev.diskcryptnet.operator.OperatorSettings;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.model.Build;
import dev.diskcryptnet.operator.status.EventRecorder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the operator SDK meets {@link NodeFlow}. All events are taken, deletions too, and the finalizer is handled by the
 * flow: the SDK would put it on every resource, also on those that never had anything to give back.
 */
@Singleton
@ControllerConfiguration(
        name = "streamingnode",
        triggerReconcilerOnAllEvents = true,
        generationAwareEventProcessing = false,
        informer = @Informer(onUpdateFilter = DeclaredChange.class))
public final class StreamingNodeReconciler implements Reconciler<StreamingNode> {
    private static final Logger LOG = LoggerFactory.getLogger(StreamingNodeReconciler.class);
    private static final SpecCheck CHECK = ResourceRules::problems;
    private static final int UNPROCESSABLE = 422;
    private static final Duration CONFLICT_RETRY = Duration.ofMillis(500);

    private final OperatorSettings settings;
    private final Applier applier;
    private final EventRecorder events;
    private final MeterRegistry registry;
    private final AgentPoller agents;
    private final Nudges nudges = new Nudges();
    private InformerView view;
    private NodeFlow flow;
    private NodeMetrics metrics;

    /** Starts to read the cluster and to ask agents when the operator starts. */
    public StreamingNodeReconciler(
            OperatorSettings settings, Applier applier, EventRecorder events, MeterRegistry registry) {
        this.settings = settings;
        this.applier = applier;
        this.events = events;
        this.registry = registry;
        this.agents = new AgentPoller(settings.pollInterval(), settings.figuresInterval());
    }

    @Override
    public List<EventSource<?, StreamingNode>> prepareEventSources(EventSourceContext<StreamingNode> context) {
        view = new InformerView(context, settings.profile(), CHECK);
        flow = new NodeFlow(
                view,
                applier,
                events,
                CHECK,
                agents,
                new Build(settings.agentImage(), settings.agentSeccompProfile()),
                context.getClient().getKubernetesSerialization(),
                Clock.systemUTC());
        metrics = new NodeMetrics(registry, view::all, view::node, agents::silenceSeconds);
        List<EventSource<?, StreamingNode>> sources = new ArrayList<>(view.eventSources());
        sources.add(agents);
        sources.add(nudges);
        return sources;
    }

    @Override
    public UpdateControl<StreamingNode> reconcile(StreamingNode node, Context<StreamingNode> context) {
        if (context.isPrimaryResourceDeleted()) {
            agents.forget(node);
            metrics.forget(node);
            nudges.gone(node, view::claimants);
            return UpdateControl.noUpdate();
        }
        metrics.show(node);
        nudges.claims(node, view::claimants);
        try {
            UpdateControl<StreamingNode> control = UpdateControl.noUpdate();
            return flow.reconcile(node).map(control::rescheduleAfter).orElse(control);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                tell(node, e);
                throw e;
            }
            LOG.info("{} is tried again: {}", node.getMetadata().getName(), e.getMessage());
            return UpdateControl.<StreamingNode>noUpdate().rescheduleAfter(CONFLICT_RETRY);
        }
    }

    /** A server that does not answer is for the log; one that refuses is for the person who can change quotas or rights. */
    private void tell(StreamingNode node, KubernetesClientException e) {
        int code = e.getCode();
        if (code == HttpURLConnection.HTTP_BAD_REQUEST
                || code == HttpURLConnection.HTTP_FORBIDDEN
                || code == UNPROCESSABLE) {
            events.record(
                    node,
                    EventRecorder.Type.Warning,
                    "WriteRefused",
                    "the API server refuses what this StreamingNode needs, and is asked again: " + e.getMessage());
        }
    }
}
