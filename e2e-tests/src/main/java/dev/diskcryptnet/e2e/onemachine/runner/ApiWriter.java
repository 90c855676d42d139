package dev.diskcryptnet.e2e.onemachine.runner;

import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.function.Predicate;

/**
 * Writes that hold whatever the view of their author was: an object that is gone or is another one by now is left
 * alone, and a stale write is done again on what is there. Nothing is written that would change nothing.
 */
final class ApiWriter {
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;

    ApiWriter(KubernetesClient client) {
        this.client = client;
    }

    KubernetesClient client() {
        return client;
    }

    /** Creates an object unless one of its name exists. */
    void create(HasMetadata wanted) {
        try {
            client.resource(wanted).create();
        } catch (KubernetesClientException e) {
            if (!ApiProfile.isConflict(e)) {
                throw e;
            }
        }
    }

    /** Deletes exactly this object. */
    void delete(HasMetadata seen, DeletionPropagation propagation) {
        ifPresent(() -> client.resource(withoutVersion(seen))
                .withPropagationPolicy(propagation)
                .delete());
    }

    /** Deletes a pod that has ended, without any grace. */
    void deleteNow(HasMetadata seen) {
        ifPresent(() -> client.resource(withoutVersion(seen)).withGracePeriod(0).delete());
    }

    private HasMetadata withoutVersion(HasMetadata seen) {
        HasMetadata copy = client.getKubernetesSerialization().clone(seen);
        copy.getMetadata().setResourceVersion(null);
        return copy;
    }

    /**
     * Changes metadata or spec.
     *
     * @param change changes what it is given; returns whether that differs now
     */
    <T extends HasMetadata> void update(T seen, Predicate<T> change) {
        write(seen, change, wanted -> client.resource(wanted).update());
    }

    /** Changes status. */
    <T extends HasMetadata> void updateStatus(T seen, Predicate<T> change) {
        write(seen, change, wanted -> client.resource(wanted).updateStatus());
    }

    private interface Write<T> {
        void accept(T wanted);
    }

    private <T extends HasMetadata> void write(T seen, Predicate<T> change, Write<T> write) {
        T present = client.getKubernetesSerialization().clone(seen);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (attempt > 0) {
                present = client.resource(seen).get();
            }
            if (present == null
                    || !present.getMetadata().getUid().equals(seen.getMetadata().getUid())) {
                return;
            }
            T wanted = present;
            if (!change.test(wanted)) {
                return;
            }
            try {
                write.accept(wanted);
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                    return;
                }
                if (!ApiProfile.isConflict(e)) {
                    throw e;
                }
            }
        }
    }

    private static void ifPresent(Runnable delete) {
        try {
            delete.run();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND && !ApiProfile.isConflict(e)) {
                throw e;
            }
        }
    }
}
