package dev.diskcryptnet.e2e.onemachine.client;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Locale;

/** A kind of object, by what names a person may call it, and how it is listed. */
record Kind(
        String group,
        String version,
        String kind,
        String plural,
        List<String> aliases,
        List<String> categories,
        boolean namespaced,
        List<Column> columns) {
    boolean isCalled(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return plural.equals(lower)
                || kind.toLowerCase(Locale.ROOT).equals(lower)
                || aliases.contains(lower)
                || (plural + "." + group).equals(lower)
                || (kind + "." + group).toLowerCase(Locale.ROOT).equals(lower);
    }

    /** How an object of it is named on its own: {@code pod/NAME}, {@code streamingnode.diskcryptnet.dev/NAME}. */
    String titled(String name) {
        return kind.toLowerCase(Locale.ROOT) + (group.isEmpty() ? "" : "." + group) + "/" + name;
    }

    private MixedOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            operation(KubernetesClient client) {
        return client.genericKubernetesResources(new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(version)
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(namespaced)
                .build());
    }

    /** @param namespace null for all of them */
    List<GenericKubernetesResource> list(KubernetesClient client, String namespace, String selector) {
        var operation = operation(client);
        var scope = !namespaced ? operation : namespace == null ? operation.inAnyNamespace() : null;
        if (scope == null) {
            return selector == null
                    ? operation.inNamespace(namespace).list().getItems()
                    : operation
                            .inNamespace(namespace)
                            .withLabelSelector(selector)
                            .list()
                            .getItems();
        }
        return selector == null
                ? scope.list().getItems()
                : scope.withLabelSelector(selector).list().getItems();
    }

    Resource<GenericKubernetesResource> named(KubernetesClient client, String namespace, String name) {
        NonNamespaceOperation<
                        GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
                scope = namespaced ? operation(client).inNamespace(namespace) : operation(client);
        return scope.withName(name);
    }
}
