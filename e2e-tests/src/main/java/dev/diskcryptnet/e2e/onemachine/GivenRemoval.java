package dev.diskcryptnet.e2e.onemachine;

import com.marcnuri.helm.Helm;
import dev.diskcryptnet.e2e.onemachine.api.Clients;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * Takes away what {@link GivenCluster} and those after it made on a given API server, in the order in which it lets go:
 * resources while the operator is there to release their devices, the chart, the definitions if they came with it and
 * nobody else uses them, the namespace, the nodes. Where the cluster has nobody who empties a namespace, that is done
 * here.
 */
final class GivenRemoval {
    private static final int ATTEMPTS = 5;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration RELEASE_LIMIT = Duration.ofSeconds(45);
    private static final Duration POD_LIMIT = Duration.ofSeconds(45);
    /** A namespace controller begins at once. */
    private static final Duration NAMESPACE_SIGN = Duration.ofSeconds(3);

    private static final Duration NAMESPACE_LIMIT = Duration.ofSeconds(60);
    private static final String GROUP = "diskcryptnet.dev";
    private static final List<String> OURS = List.of("streamingnodepools", "streamingnodes");

    private final KubernetesClient client;
    private final String namespace;

    private GivenRemoval(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    /** Does nothing on an API server of our own. What cannot be taken away is said. */
    static void run() {
        String namespace = Site.givenNamespace();
        if (namespace == null) {
            return;
        }
        KubernetesClientException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (KubernetesClient client = Clients.of(Site.GIVEN_KUBECONFIG)) {
                new GivenRemoval(client, namespace).remove();
                return;
            } catch (KubernetesClientException e) {
                // Kinds that come and go make a server answer that it is not ready for them.
                last = e;
                awaitOrGoOn(PAUSE, () -> false);
            }
        }
        if (last != null) {
            System.err.println("dcn: the API server of KUBECONFIG was not cleared: " + last.getMessage()
                    + "; delete there, when it answers: namespace " + namespace + ", and what has label "
                    + GivenCluster.LABEL + "=" + namespace + " of kind Node");
        }
    }

    private void remove() {
        if (client.namespaces().withName(namespace).get() != null) {
            for (String plural : OURS) {
                deleteResources(plural);
            }
            uninstall();
            awaitOrGoOn(
                    POD_LIMIT,
                    () -> client.pods().inNamespace(namespace).list().getItems().isEmpty());
            deleteDefinitions();
            deleteNamespace();
        }
        client.nodes()
                .withLabel(GivenCluster.LABEL, namespace)
                .list()
                .getItems()
                .forEach(node -> {
                    client.resource(node).delete();
                    client.leases()
                            .inNamespace("kube-node-lease")
                            .withName(node.getMetadata().getName())
                            .delete();
                });
    }

    private List<GenericKubernetesResource> resources(String plural, String where) {
        var context = new ResourceDefinitionContext.Builder()
                .withGroup(GROUP)
                .withVersion("v1alpha1")
                .withPlural(plural)
                .withNamespaced(true)
                .build();
        try {
            var all = client.genericKubernetesResources(context);
            return (where == null ? all.inAnyNamespace() : all.inNamespace(where))
                    .list()
                    .getItems();
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) {
                return List.of();
            }
            throw e;
        }
    }

    /** The operator gives their devices back. Where it is gone, this machine's journals are worked off later. */
    private void deleteResources(String plural) {
        resources(plural, namespace).forEach(one -> client.resource(one).delete());
        awaitOrGoOn(RELEASE_LIMIT, () -> resources(plural, namespace).isEmpty());
        resources(plural, namespace).forEach(this::letGo);
    }

    private void letGo(HasMetadata held) {
        held.getMetadata().setFinalizers(new ArrayList<>());
        client.resource(held).update();
    }

    private void uninstall() {
        boolean installed = Helm.list().withKubeConfig(Site.GIVEN_KUBECONFIG).withNamespace(namespace).call().stream()
                .anyMatch(release -> release.getName().equals(ClusterInstall.RELEASE));
        if (installed) {
            Helm.uninstall(ClusterInstall.RELEASE)
                    .withKubeConfig(Site.GIVEN_KUBECONFIG)
                    .withNamespace(namespace)
                    .call();
        }
    }

    private void deleteDefinitions() {
        for (CustomResourceDefinition definition :
                client.apiextensions().v1().customResourceDefinitions().list().getItems()) {
            Map<String, String> annotations =
                    Objects.requireNonNullElse(definition.getMetadata().getAnnotations(), Map.of());
            boolean ofThisRelease = definition.getSpec().getGroup().equals(GROUP)
                    && namespace.equals(annotations.get("meta.helm.sh/release-namespace"));
            if (!ofThisRelease) {
                continue;
            }
            if (resources(definition.getSpec().getNames().getPlural(), null).isEmpty()) {
                client.resource(definition).delete();
            } else {
                System.err.println("dcn: customresourcedefinition="
                        + definition.getMetadata().getName() + " stays: other namespaces have resources of it");
            }
        }
    }

    private void deleteNamespace() {
        var resource = client.namespaces().withName(namespace);
        resource.delete();
        if (awaitOrGoOn(NAMESPACE_SIGN, () -> resource.get() == null || isBegun(resource.get()))) {
            awaitOrGoOn(NAMESPACE_LIMIT, () -> resource.get() == null);
        } else {
            empty();
            Namespace left = resource.get();
            left.getSpec().setFinalizers(List.of());
            client.raw("/api/v1/namespaces/" + namespace + "/finalize", "PUT", left);
        }
        if (resource.get() != null) {
            System.err.println("dcn: namespace=" + namespace + " is still there; see its status for what holds it");
        }
    }

    /** Who empties namespaces writes down how far that is. */
    private static boolean isBegun(Namespace namespace) {
        return namespace.getStatus() != null
                && !namespace.getStatus().getConditions().isEmpty();
    }

    private void empty() {
        for (var group : client.getApiGroups().getGroups()) {
            delete(
                    "/apis/" + group.getPreferredVersion().getGroupVersion(),
                    group.getPreferredVersion().getGroupVersion());
        }
        delete("/api/v1", "v1");
    }

    private void delete(String prefix, String groupVersion) {
        for (APIResource kind : client.getApiResources(groupVersion).getResources()) {
            boolean deletable = kind.getNamespaced() && kind.getVerbs().contains("deletecollection");
            if (deletable) {
                client.raw(prefix + "/namespaces/" + namespace + "/" + kind.getName(), "DELETE", Map.of());
            }
        }
    }

    /** @return whether it came to be in time */
    private static boolean awaitOrGoOn(Duration limit, BooleanSupplier wanted) {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (!wanted.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
