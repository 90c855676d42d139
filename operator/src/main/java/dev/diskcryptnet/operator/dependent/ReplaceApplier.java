package dev.diskcryptnet.operator.dependent;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/**
 * Create, or compare and replace under the resourceVersion seen. For API servers without server-side apply. Top-level
 * fields such as {@code spec} are replaced whole; labels, annotations and finalizers of others stay.
 */
public final class ReplaceApplier extends AbstractApplier {
    /** Writes with {@code client} as long as {@code guard} lets it. */
    public ReplaceApplier(KubernetesClient client, WriteGuard guard) {
        super(client, guard);
    }

    @Override
    <T extends HasMetadata> T write(T stamped, T actual) {
        if (actual == null) {
            try {
                return client.resource(stamped).create();
            } catch (KubernetesClientException e) {
                if (!isConflict(e)) {
                    throw e;
                }
            }
        }
        // The cache may lag behind our own last write: what is replaced is what the server has.
        T present = client.resource(stamped).get();
        if (present == null) {
            return client.resource(stamped).create();
        }
        return state.matches(stamped, present)
                ? present
                : client.resource(state.merged(stamped, present)).update();
    }
}
