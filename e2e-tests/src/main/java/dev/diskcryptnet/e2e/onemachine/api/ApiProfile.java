package dev.diskcryptnet.e2e.onemachine.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.List;

/**
 * What differs between the two kinds of API server, all of it. Programs and tests ask here and nowhere else, so that
 * they are the same for both.
 */
public enum ApiProfile {
    /** kube-apiserver, by itself with etcd or of a cluster. */
    SERVER("server", List.of()),
    /** fabric8's CRUD server in memory, with the additions of {@link InMemoryDispatcher}. */
    IN_MEMORY(
            "in-memory",
            List.of(
                    "kubectl (fabric8 clients only: ./dcn get|describe|apply|scale|delete)",
                    "server-side apply and strategic merge patches",
                    "validation by CEL (types and bounds are checked; the rest the operator reports in status)",
                    "defaults",
                    "RBAC, service account tokens and admission",
                    "leader election",
                    "set-based label selectors (in, notin)",
                    "the scale subresource (dcn scale writes spec.replicas)"));

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String id;
    private final List<String> lacks;

    ApiProfile(String id, List<String> lacks) {
        this.id = id;
        this.lacks = lacks;
    }

    /** The value of {@code DCN_API_PROFILE} that the operator runs with. */
    public String id() {
        return id;
    }

    /** What a person may expect of an API server and does not find here. */
    public List<String> lacks() {
        return lacks;
    }

    /**
     * Whether a spec that breaks the CRD's rules in CEL is refused when it is applied. One that breaks its schema is by
     * both.
     */
    public boolean validatesByCel() {
        return this == SERVER;
    }

    /** Whether kubectl works. */
    public boolean servesKubectl() {
        return this == SERVER;
    }

    /** Whether several operators settle by Lease who leads. */
    public boolean electsLeaders() {
        return this == SERVER;
    }

    /** Asks the server which kind it is. */
    public static ApiProfile of(KubernetesClient client) {
        return InMemoryDispatcher.VERSION.equals(client.getKubernetesVersion().getGitVersion()) ? IN_MEMORY : SERVER;
    }

    /**
     * Writes an object as {@code kubectl apply} does: fields that are not named stay as they are where the server can
     * do that; in memory the whole object is replaced, but for its status and what controllers keep in metadata.
     *
     * @return what was done: created, configured or unchanged
     * @throws KubernetesClientException when the server refuses
     */
    public String apply(KubernetesClient client, HasMetadata wanted, String fieldManager) {
        HasMetadata present = client.resource(wanted).get();
        HasMetadata written;
        if (this == SERVER) {
            written = client.resource(wanted)
                    .fieldManager(fieldManager)
                    .forceConflicts()
                    .serverSideApply();
        } else if (present == null) {
            written = client.resource(wanted).create();
        } else {
            written = replace(client, wanted, present);
        }
        if (present == null) {
            return "created";
        }
        String before = present.getMetadata().getResourceVersion();
        return before.equals(written.getMetadata().getResourceVersion()) ? "unchanged" : "configured";
    }

    private static HasMetadata replace(KubernetesClient client, HasMetadata wanted, HasMetadata present) {
        var metadata = wanted.getMetadata();
        var kept = present.getMetadata();
        metadata.setResourceVersion(kept.getResourceVersion());
        metadata.setUid(kept.getUid());
        metadata.setGeneration(kept.getGeneration());
        metadata.setCreationTimestamp(kept.getCreationTimestamp());
        metadata.setDeletionTimestamp(kept.getDeletionTimestamp());
        metadata.setFinalizers(kept.getFinalizers());
        metadata.setOwnerReferences(kept.getOwnerReferences());
        kept.getLabels().forEach(metadata.getLabels()::putIfAbsent);
        kept.getAnnotations().forEach(metadata.getAnnotations()::putIfAbsent);
        if (withoutStatus(wanted).equals(withoutStatus(present))) {
            return present;
        }
        return client.resource(wanted).update();
    }

    private static JsonNode withoutStatus(HasMetadata resource) {
        JsonNode tree = JSON.valueToTree(resource);
        ((com.fasterxml.jackson.databind.node.ObjectNode) tree).remove("status");
        return tree;
    }

    /** Sets the number of replicas. */
    public void scale(Resource<GenericKubernetesResource> resource, int replicas) {
        if (this == SERVER) {
            resource.scale(replicas);
            return;
        }
        resource.patch(
                PatchContext.of(PatchType.JSON),
                "[{\"op\": \"add\", \"path\": \"/spec/replicas\", \"value\": " + replicas + "}]");
    }

    /** Whether a refusal is that of a stale write, which a fresh read and a second try cure. */
    public static boolean isConflict(KubernetesClientException refusal) {
        return refusal.getCode() == HttpURLConnection.HTTP_CONFLICT;
    }
}
