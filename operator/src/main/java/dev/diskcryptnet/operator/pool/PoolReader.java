package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.operator.model.Names;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads a pool and its members from the API server itself, for decisions that must not rest on an old cache. */
final class PoolReader {
    private final KubernetesClient client;

    PoolReader(KubernetesClient client) {
        this.client = client;
    }

    /** The pool as it is now; null when it is gone, is being deleted, or is another of the same name. */
    StreamingNodePool pool(StreamingNodePool seen) {
        StreamingNodePool pool = client.resource(seen).get();
        boolean same = pool != null
                && pool.getMetadata().getUid().equals(seen.getMetadata().getUid())
                && !pool.isMarkedForDeletion();
        return same ? pool : null;
    }

    /**
     * The members as they are now. They are found by label; those that lost it, by having been seen.
     *
     * @param seen members that the cache has, by name
     */
    Map<String, StreamingNode> members(StreamingNodePool pool, Map<String, StreamingNode> seen) {
        Map<String, StreamingNode> labelled = client
                .resources(StreamingNode.class)
                .inNamespace(pool.getMetadata().getNamespace())
                .withLabel(Names.POOL_LABEL, pool.getMetadata().getName())
                .list()
                .getItems()
                .stream()
                .collect(Collectors.toMap(node -> node.getMetadata().getName(), Function.identity()));
        Map<String, StreamingNode> members = new LinkedHashMap<>(labelled);
        seen.values().stream()
                .filter(node -> !labelled.containsKey(node.getMetadata().getName()))
                .map(node -> client.resource(node).get())
                .flatMap(Stream::ofNullable)
                .forEach(node -> members.put(node.getMetadata().getName(), node));
        members.values().removeIf(node -> !Census.isMember(pool, node));
        return members;
    }
}
