package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.ConditionStatus;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolSpec;
import dev.diskcryptnet.operator.model.Names;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What pools watch: all StreamingNodes, for members and for who occupies machines, and all Nodes. Only changes that a
 * plan could depend on wake a pool, so that figures in a status and a kubelet's heartbeat wake none.
 */
final class PoolSources {
    private final EventSourceContext<StreamingNodePool> context;
    private final InformerEventSource<StreamingNode, StreamingNodePool> streamingNodes;
    private final InformerEventSource<Node, StreamingNodePool> nodes;
    /** Pools that would take another machine: these, beside its own, care about any StreamingNode. */
    private final Set<ResourceID> wanting = ConcurrentHashMap.newKeySet();

    PoolSources(EventSourceContext<StreamingNodePool> context) {
        this.context = context;
        streamingNodes = new InformerEventSource<>(
                InformerEventSourceConfiguration.from(StreamingNode.class, StreamingNodePool.class)
                        .withNamespacesInheritedFromController()
                        .withItemStore(new LeanStore<>(LeanStore::lean))
                        .withSecondaryToPrimaryMapper(this::poolsOf)
                        .withOnUpdateFilter((present, before) -> !facts(present).equals(facts(before)))
                        .build(),
                context);
        nodes = new InformerEventSource<>(
                InformerEventSourceConfiguration.from(Node.class, StreamingNodePool.class)
                        .withWatchAllNamespaces()
                        .withItemStore(new LeanStore<>(LeanStore::lean))
                        .withSecondaryToPrimaryMapper(node -> allPools())
                        .withOnUpdateFilter((present, before) ->
                                !Observation.machine(present).equals(Observation.machine(before)))
                        .build(),
                context);
    }

    List<EventSource<?, StreamingNodePool>> all() {
        return List.of(streamingNodes, nodes);
    }

    Stream<StreamingNode> streamingNodes() {
        return streamingNodes.list(node -> true);
    }

    List<Machine> machines() {
        return nodes.list(node -> true).map(Observation::machine).toList();
    }

    /** Notes whether the pool would take another machine. */
    void wants(StreamingNodePool pool, boolean machines) {
        if (machines) {
            wanting.add(ResourceID.fromResource(pool));
        } else {
            wanting.remove(ResourceID.fromResource(pool));
        }
    }

    /** A pool as it is now. */
    Optional<StreamingNodePool> pool(ResourceID pool) {
        return context.getPrimaryCache().get(pool);
    }

    /** Whether there is a pool of that name. */
    boolean exists(ResourceID pool) {
        return pool(pool).isPresent();
    }

    private Set<ResourceID> allPools() {
        return context.getPrimaryCache().list().map(ResourceID::fromResource).collect(Collectors.toSet());
    }

    private Set<ResourceID> poolsOf(StreamingNode node) {
        wanting.removeIf(pool -> !exists(pool));
        Set<ResourceID> pools = new HashSet<>(wanting);
        String namespace = node.getMetadata().getNamespace();
        node.getMetadata().getOwnerReferences().stream()
                .filter(owner -> StreamingNodePoolSpec.KIND.equals(owner.getKind()))
                .forEach(owner -> pools.add(new ResourceID(owner.getName(), namespace)));
        Map<String, String> labels = node.getMetadata().getLabels();
        if (labels != null && labels.containsKey(Names.POOL_LABEL)) {
            pools.add(new ResourceID(labels.get(Names.POOL_LABEL), namespace));
        }
        return pools;
    }

    /** What a plan may depend on. */
    static List<Object> facts(StreamingNode node) {
        ObjectMeta metadata = node.getMetadata();
        ConditionStatus ready = Observation.readyCondition(node);
        return Arrays.asList(
                metadata.getGeneration(),
                metadata.getDeletionTimestamp(),
                metadata.getLabels(),
                metadata.getAnnotations(),
                metadata.getOwnerReferences(),
                Observation.isReady(node),
                ready == null ? null : ready.reason,
                ready == null ? null : ready.lastTransitionTime);
    }
}
