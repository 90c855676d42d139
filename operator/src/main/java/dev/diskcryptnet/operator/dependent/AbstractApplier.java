package dev.diskcryptnet.operator.dependent;

import static java.net.HttpURLConnection.HTTP_CONFLICT;
import static java.net.HttpURLConnection.HTTP_NOT_FOUND;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;

/** The writes that are the same on every API server. */
abstract class AbstractApplier implements Applier {
    protected final KubernetesClient client;
    protected final DesiredState state;
    protected final WriteGuard guard;

    AbstractApplier(KubernetesClient client, WriteGuard guard) {
        this.client = client;
        this.guard = guard;
        this.state = new DesiredState(client.getKubernetesSerialization());
    }

    @Override
    public final <T extends HasMetadata> T apply(T desired, T actual) {
        T stamped = state.stamped(desired);
        if (actual != null && state.matches(stamped, actual)) {
            return actual;
        }
        guard.check();
        return write(stamped, actual);
    }

    /** Writes an object that is not as desired, or is not known to be. */
    abstract <T extends HasMetadata> T write(T stamped, T actual);

    @Override
    public final <T extends HasMetadata> T create(T desired) {
        guard.check();
        return client.resource(desired).create();
    }

    @Override
    public final <T extends HasMetadata> T replace(T changed) {
        guard.check();
        return client.resource(changed).update();
    }

    @Override
    public final void delete(HasMetadata actual, DeletionPropagation propagation) {
        guard.check();
        // By hand: the client's own delete sends no uid, and would take a newer object of the same name.
        DeleteOptions options = new DeleteOptionsBuilder()
                .withPropagationPolicy(propagation.toString())
                .withNewPreconditions()
                .withUid(actual.getMetadata().getUid())
                .endPreconditions()
                .build();
        try {
            client.raw(path(actual), "DELETE", options);
        } catch (KubernetesClientException e) {
            // Not found, or found with another uid: in either case the one that was seen is gone.
            if (e.getCode() != HTTP_NOT_FOUND && !isConflict(e)) {
                throw e;
            }
        }
    }

    private static String path(HasMetadata object) {
        String version = object.getApiVersion();
        String namespace = object.getMetadata().getNamespace();
        return (version.contains("/") ? "/apis/" : "/api/") + version
                + (namespace == null ? "" : "/namespaces/" + namespace)
                + "/" + object.getPlural()
                + "/" + object.getMetadata().getName();
    }

    @Override
    public final <T extends HasMetadata> T writeStatus(T resource) {
        guard.check();
        return client.resource(resource).updateStatus();
    }

    @Override
    public final <T extends HasMetadata> T addFinalizer(T resource, String finalizer) {
        if (resource.getFinalizers().contains(finalizer)) {
            return resource;
        }
        guard.check();
        boolean first = resource.getFinalizers().isEmpty();
        return first
                ? patch(resource, operation("add", "/metadata/finalizers", finalizer, true))
                : patch(resource, operation("add", "/metadata/finalizers/-", finalizer, false));
    }

    @Override
    public final <T extends HasMetadata> T removeFinalizer(T resource, String finalizer) {
        List<String> finalizers = resource.getFinalizers();
        int index = finalizers.indexOf(finalizer);
        if (index < 0) {
            return resource;
        }
        guard.check();
        try {
            return patch(resource, operation("remove", "/metadata/finalizers/" + index, null, false));
        } catch (KubernetesClientException e) {
            if (e.getCode() == HTTP_NOT_FOUND) {
                return null;
            }
            throw e;
        }
    }

    /** The test of resourceVersion makes the server refuse when positions in the list have changed since. */
    private <T extends HasMetadata> T patch(T resource, ObjectNode operation) {
        ArrayNode patch = JsonNodeFactory.instance.arrayNode();
        patch.add(operation(
                "test", "/metadata/resourceVersion", resource.getMetadata().getResourceVersion(), false));
        patch.add(operation);
        return client.resource(resource).patch(PatchContext.of(PatchType.JSON), patch.toString());
    }

    private static ObjectNode operation(String name, String path, String value, boolean list) {
        ObjectNode operation =
                JsonNodeFactory.instance.objectNode().put("op", name).put("path", path);
        if (list) {
            operation.putArray("value").add(value);
        } else if (value != null) {
            operation.put("value", value);
        }
        return operation;
    }

    static boolean isConflict(KubernetesClientException e) {
        return e.getCode() == HTTP_CONFLICT;
    }
}
