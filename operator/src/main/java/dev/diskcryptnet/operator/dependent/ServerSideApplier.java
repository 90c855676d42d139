package dev.diskcryptnet.operator.dependent;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

/**
 * Server-side apply as {@link #FIELD_MANAGER}: the server keeps what others own and takes out what is desired no longer.
 * Fields that others took over are taken back ({@code force}), for the operator answers for these objects.
 */
public final class ServerSideApplier extends AbstractApplier {
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(FIELD_MANAGER)
            .withForce(true)
            .build();

    /** Writes with {@code client} as long as {@code guard} lets it. */
    public ServerSideApplier(KubernetesClient client, WriteGuard guard) {
        super(client, guard);
    }

    @Override
    <T extends HasMetadata> T write(T stamped, T actual) {
        return client.resource(stamped).patch(APPLY);
    }
}
