package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.ApiProfile;
import dev.diskcryptnet.operator.model.Declaration;
import dev.diskcryptnet.operator.model.DeviceClaims;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.model.TlsSecret;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.config.informer.FieldSelector;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.dependent.RecentOperationCacheFiller;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** The view of the informers' caches, which also have a StreamingNode reconciled when something of it changes. */
final class InformerView implements ClusterView {
    private static final String BY_DEVICE = "device";
    private static final String BY_TLS_SECRET = "tls-secret";
    private static final String BY_MACHINE = "machine";
    private static final String BY_STREAMING_NODE = "streaming-node";
    private static final String OURS = Names.MANAGED_BY_LABEL + "=" + Names.OPERATOR;

    private final EventSourceContext<StreamingNode> context;
    private final IndexerResourceCache<StreamingNode> nodes;
    private final Map<Class<?>, InformerEventSource<?, StreamingNode>> owned = new HashMap<>();
    private final InformerEventSource<Secret, StreamingNode> tlsSecrets;
    private final InformerEventSource<Node, StreamingNode> machines;
    private final InformerEventSource<Pod, StreamingNode> pods;

    InformerView(EventSourceContext<StreamingNode> context, ApiProfile profile, SpecCheck check) {
        this.context = context;
        this.nodes = context.getPrimaryCache();
        nodes.addIndexers(Map.of(
                BY_DEVICE, node -> deviceKeys(node, check),
                BY_TLS_SECRET, InformerView::secretKeys,
                BY_MACHINE, node -> node.getSpec().nodeName == null ? List.of() : List.of(node.getSpec().nodeName)));
        own(ConfigMap.class, InformerView::byLabel);
        own(Service.class, InformerView::byLabel);
        own(ServiceAccount.class, InformerView::byLabel);
        own(Secret.class, InformerView::byLabel);
        own(Job.class, InformerView::byLabel);
        own(StatefulSet.class, this::withPeers);
        this.pods = ours(Pod.class, InformerView::byLabel);
        pods.addIndexers(Map.of(
                BY_STREAMING_NODE,
                pod -> byLabel(pod).stream().map(InformerView::key).toList()));
        this.tlsSecrets = tlsSecrets(profile);
        this.machines = machines();
    }

    List<EventSource<?, StreamingNode>> eventSources() {
        List<EventSource<?, StreamingNode>> sources = new ArrayList<>(owned.values());
        sources.add(pods);
        sources.add(tlsSecrets);
        sources.add(machines);
        return sources;
    }

    @Override
    public <T extends HasMetadata> Optional<T> owned(Class<T> kind, String namespace, String name) {
        return owned.get(kind).get(new ResourceID(name, namespace)).map(kind::cast);
    }

    @Override
    public Optional<Secret> tlsSecret(String namespace, String name) {
        return tlsSecrets.get(new ResourceID(name, namespace));
    }

    @Override
    public Optional<Node> machine(String name) {
        return machines.get(new ResourceID(name));
    }

    @Override
    public List<Pod> pods(String namespace, String streamingNode) {
        return pods.byIndex(BY_STREAMING_NODE, key(new ResourceID(streamingNode, namespace)));
    }

    @Override
    public List<StreamingNode> claimants(String deviceKey) {
        return nodes.byIndex(BY_DEVICE, deviceKey);
    }

    @Override
    @SuppressWarnings({"unchecked", "rawtypes"})
    public <T extends HasMetadata> void remember(T written, T before) {
        RecentOperationCacheFiller cache =
                written instanceof StreamingNode ? (RecentOperationCacheFiller) nodes : owned.get(written.getClass());
        var id = ResourceID.fromResource(written);
        if (before == null) {
            cache.handleRecentResourceCreate(id, written);
        } else {
            cache.handleRecentResourceUpdate(id, written, before);
        }
    }

    /** All StreamingNodes that are seen. */
    List<StreamingNode> all() {
        return nodes.list().toList();
    }

    /** One of them. */
    Optional<StreamingNode> node(ResourceID id) {
        return nodes.get(id);
    }

    private <T extends HasMetadata> void own(Class<T> kind, SecondaryToPrimaryMapper<T> mapper) {
        owned.put(kind, ours(kind, mapper));
    }

    private <T extends HasMetadata> InformerEventSource<T, StreamingNode> ours(
            Class<T> kind, SecondaryToPrimaryMapper<T> mapper) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(kind, StreamingNode.class)
                        .withName(kind.getSimpleName())
                        .withLabelSelector(OURS)
                        .withNamespacesInheritedFromController()
                        .withSecondaryToPrimaryMapper(mapper)
                        .build(),
                context);
    }

    /** Where the server can, only Secrets of the type that listeners take are read; the others are no business of ours. */
    private InformerEventSource<Secret, StreamingNode> tlsSecrets(ApiProfile profile) {
        var configuration = InformerEventSourceConfiguration.from(Secret.class, StreamingNode.class)
                .withName("TlsSecret")
                .withNamespacesInheritedFromController()
                .withSecondaryToPrimaryMapper(secret -> ids(BY_TLS_SECRET, key(ResourceID.fromResource(secret))));
        if (profile.secretTypeSelector()) {
            configuration.withFieldSelector(new FieldSelector(new FieldSelector.Field("type", TlsSecret.TYPE)));
        }
        return new InformerEventSource<>(configuration.build(), context);
    }

    /** Heartbeats change a machine's object all the time; only what a StreamingNode's status says of it counts. */
    private InformerEventSource<Node, StreamingNode> machines() {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(Node.class, StreamingNode.class)
                        .withName("Node")
                        .withWatchAllNamespaces()
                        .withSecondaryToPrimaryMapper(
                                machine -> ids(BY_MACHINE, machine.getMetadata().getName()))
                        .withOnUpdateFilter((now, before) -> !readiness(now).equals(readiness(before)))
                        .build(),
                context);
    }

    private static String readiness(Node machine) {
        return machine.getStatus() == null
                ? ""
                : machine.getStatus().getConditions().stream()
                        .filter(condition -> "Ready".equals(condition.getType()))
                        .map(condition -> condition.getStatus())
                        .findFirst()
                        .orElse("");
    }

    private Set<ResourceID> ids(String index, String key) {
        var ids = new HashSet<ResourceID>();
        nodes.byIndex(index, key).forEach(node -> ids.add(ResourceID.fromResource(node)));
        return ids;
    }

    private static Set<ResourceID> byLabel(HasMetadata object) {
        String name = object.getMetadata().getLabels().get(Names.NODE_LABEL);
        return name == null
                ? Set.of()
                : Set.of(new ResourceID(name, object.getMetadata().getNamespace()));
    }

    /** When an agent comes or goes, those that wait for one of its devices want to know as well. */
    private Set<ResourceID> withPeers(StatefulSet agent) {
        var ids = new HashSet<ResourceID>(byLabel(agent));
        for (ResourceID id : List.copyOf(ids)) {
            nodes.get(id).ifPresent(node -> DeviceClaims.of(node.getSpec())
                    .forEach(claim -> ids.addAll(ids(BY_DEVICE, claim.key()))));
        }
        return ids;
    }

    /** A spec that was never in use and is not valid claims nothing: nobody has to wait for it. */
    private static List<String> deviceKeys(StreamingNode node, SpecCheck check) {
        boolean counts = node.getFinalizers().contains(Names.FINALIZER)
                || check.problems(node).isEmpty();
        Function<DeviceClaims.Claim, String> key = DeviceClaims.Claim::key;
        return counts
                ? DeviceClaims.of(node.getSpec()).stream().map(key).distinct().toList()
                : List.of();
    }

    private static List<String> secretKeys(StreamingNode node) {
        return Declaration.tlsSecretNames(node.getSpec()).stream()
                .map(name -> key(new ResourceID(name, node.getMetadata().getNamespace())))
                .toList();
    }

    private static String key(ResourceID id) {
        return Objects.requireNonNull(id.getNamespace().orElse("")) + "/" + id.getName();
    }
}
