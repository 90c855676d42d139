package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.StreamingNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A watch's cache that keeps of each object what pools look at. A kubelet's list of images and the field managers of a
 * resource are most of its size, and there may be thousands.
 */
final class LeanStore<T extends HasMetadata> extends BasicItemStore<T> {
    private final Consumer<T> lean;

    /** @param lean takes off what is not looked at; it is called once for each object that is read */
    LeanStore(Consumer<T> lean) {
        super(Cache::metaNamespaceKeyFunc);
        this.lean = lean;
    }

    @Override
    public T put(String key, T object) {
        lean.accept(object);
        return super.put(key, object);
    }

    static void lean(Node node) {
        node.getMetadata().setManagedFields(List.of());
        node.getMetadata().setAnnotations(Map.of());
        if (node.getStatus() != null) {
            node.getStatus().setImages(List.of());
            node.getStatus().setVolumesAttached(List.of());
            node.getStatus().setVolumesInUse(List.of());
        }
    }

    static void lean(StreamingNode node) {
        node.getMetadata().setManagedFields(List.of());
    }
}
