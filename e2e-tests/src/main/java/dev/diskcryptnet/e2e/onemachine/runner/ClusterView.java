package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the API server held a moment ago, of the kinds that are played here. It may be late: whoever acts on it names
 * what it acts on by uid or resource version, so that a late view leads to a refusal and another look, never to harm.
 */
final class ClusterView implements AutoCloseable {
    private final Map<Class<?>, SharedIndexInformer<? extends HasMetadata>> typed = new LinkedHashMap<>();
    private final List<SharedIndexInformer<? extends HasMetadata>> all = new ArrayList<>();
    private final Set<String> followed = new HashSet<>();
    private final SharedIndexInformer<CustomResourceDefinition> definitions;
    private final KubernetesClient client;
    private final String namespace;
    private final Runnable changed;

    /**
     * Reads everything, and follows it from then on.
     *
     * @param namespace the only one that is read; null for all
     * @param changed called on any change, from another thread
     */
    ClusterView(KubernetesClient client, String namespace, Runnable changed) {
        this.client = client;
        this.namespace = namespace;
        this.changed = changed;
        follow(Node.class);
        follow(Pod.class);
        follow(StatefulSet.class);
        follow(Deployment.class);
        follow(Job.class);
        follow(ConfigMap.class);
        follow(Secret.class);
        follow(Service.class);
        follow(ServiceAccount.class);
        definitions = client.apiextensions().v1().customResourceDefinitions().inform(handler());
    }

    private <T extends HasMetadata> void follow(Class<T> type) {
        var everywhere = client.resources(type);
        SharedIndexInformer<T> informer = namespace == null || type == Node.class
                ? everywhere.inAnyNamespace().inform(handler())
                : everywhere.inNamespace(namespace).inform(handler());
        typed.put(type, informer);
        all.add(informer);
    }

    /** Follows custom resources too, as soon as they are defined: they own objects of other kinds. */
    void followCustomResources() {
        for (CustomResourceDefinition definition : definitions.getStore().list()) {
            String name = definition.getMetadata().getName();
            if (!followed.contains(name)) {
                var everywhere = client.genericKubernetesResources(CustomResourceDefinitionContext.fromCrd(definition));
                boolean here = namespace != null
                        && "Namespaced".equals(definition.getSpec().getScope());
                all.add((here ? everywhere.inNamespace(namespace) : everywhere.inAnyNamespace()).inform(handler()));
                // Not before: a server that has just been told of a kind may not serve it yet.
                followed.add(name);
            }
        }
    }

    private <T> ResourceEventHandler<T> handler() {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(T resource) {
                changed.run();
            }

            @Override
            public void onUpdate(T before, T resource) {
                changed.run();
            }

            @Override
            public void onDelete(T resource, boolean lastStateUnknown) {
                changed.run();
            }
        };
    }

    /** All objects of a kind, in any order. Not to be changed. */
    <T extends HasMetadata> List<T> all(Class<T> type) {
        return typed.get(type).getStore().list().stream().map(type::cast).toList();
    }

    /** One object, or null. Not to be changed. */
    <T extends HasMetadata> T get(Class<T> type, String namespace, String name) {
        return type.cast(typed.get(type).getStore().getByKey(namespace + "/" + name));
    }

    /** Objects of every kind but Node. */
    Stream<HasMetadata> everything() {
        return all.stream().flatMap(informer -> informer.getStore().list().stream());
    }

    /** The pods that an object controls. */
    List<Pod> podsOf(HasMetadata controller) {
        String uid = controller.getMetadata().getUid();
        return all(Pod.class).stream()
                .filter(pod -> pod.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner -> isController(owner) && owner.getUid().equals(uid)))
                .toList();
    }

    private static boolean isController(OwnerReference owner) {
        return Boolean.TRUE.equals(owner.getController());
    }

    @Override
    public void close() {
        all.forEach(SharedIndexInformer::close);
        definitions.close();
    }
}
