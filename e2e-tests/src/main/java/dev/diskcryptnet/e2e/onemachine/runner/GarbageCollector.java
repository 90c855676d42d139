package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.Pluralize;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Garbage collection by ownerReferences: an object whose owners are all gone is deleted; an owner that is deleted in the
 * foreground stays until its dependents that block it are gone; one that is orphaned leaves its dependents behind.
 */
final class GarbageCollector implements Controller {
    private static final String FOREGROUND = "foregroundDeletion";
    private static final String ORPHAN = "orphan";

    private final ClusterView view;
    private final ApiWriter writer;

    GarbageCollector(ClusterView view, ApiWriter writer) {
        this.view = view;
        this.writer = writer;
    }

    @Override
    public void reconcile() {
        List<HasMetadata> all = view.everything().toList();
        Set<String> uids = new HashSet<>();
        Map<String, List<HasMetadata>> dependents = new HashMap<>();
        for (HasMetadata one : all) {
            uids.add(one.getMetadata().getUid());
            for (OwnerReference owner : one.getMetadata().getOwnerReferences()) {
                dependents
                        .computeIfAbsent(owner.getUid(), uid -> new ArrayList<>())
                        .add(one);
            }
        }
        for (HasMetadata one : all) {
            List<HasMetadata> ownedByIt =
                    dependents.getOrDefault(one.getMetadata().getUid(), List.of());
            if (!PodTemplates.isDeleting(one)) {
                deleteWhenOwnerless(one, uids);
            } else if (one.getMetadata().getFinalizers().contains(FOREGROUND)) {
                deleteInForeground(one, ownedByIt);
            } else if (one.getMetadata().getFinalizers().contains(ORPHAN)) {
                orphan(one, ownedByIt);
            }
        }
    }

    private void deleteWhenOwnerless(HasMetadata one, Set<String> uids) {
        List<OwnerReference> owners = one.getMetadata().getOwnerReferences();
        if (owners.isEmpty() || owners.stream().anyMatch(owner -> uids.contains(owner.getUid()))) {
            return;
        }
        // The view may be behind, or may not follow the owner's kind: the server has the last word.
        if (owners.stream().noneMatch(owner -> exists(one.getMetadata().getNamespace(), owner))) {
            writer.delete(one, DeletionPropagation.BACKGROUND);
        }
    }

    private boolean exists(String namespace, OwnerReference owner) {
        String[] groupAndVersion = owner.getApiVersion().split("/");
        boolean core = groupAndVersion.length == 1;
        var kind = new ResourceDefinitionContext.Builder()
                .withGroup(core ? "" : groupAndVersion[0])
                .withVersion(core ? groupAndVersion[0] : groupAndVersion[1])
                .withKind(owner.getKind())
                .withPlural(Pluralize.toPlural(owner.getKind().toLowerCase(Locale.ROOT)))
                .withNamespaced(true)
                .build();
        HasMetadata present = writer.client()
                .genericKubernetesResources(kind)
                .inNamespace(namespace)
                .withName(owner.getName())
                .get();
        return present != null && present.getMetadata().getUid().equals(owner.getUid());
    }

    private void deleteInForeground(HasMetadata owner, List<HasMetadata> dependents) {
        for (HasMetadata dependent : dependents) {
            if (!PodTemplates.isDeleting(dependent)) {
                writer.delete(dependent, DeletionPropagation.FOREGROUND);
            }
        }
        boolean blocked = dependents.stream()
                .flatMap(dependent -> dependent.getMetadata().getOwnerReferences().stream())
                .anyMatch(reference ->
                        reference.getUid().equals(owner.getMetadata().getUid())
                                && Boolean.TRUE.equals(reference.getBlockOwnerDeletion()));
        if (!blocked) {
            removeFinalizer(owner, FOREGROUND);
        }
    }

    private void orphan(HasMetadata owner, List<HasMetadata> dependents) {
        for (HasMetadata dependent : dependents) {
            writer.update(dependent, present -> present.getMetadata()
                    .getOwnerReferences()
                    .removeIf(reference ->
                            reference.getUid().equals(owner.getMetadata().getUid())));
        }
        if (dependents.isEmpty()) {
            removeFinalizer(owner, ORPHAN);
        }
    }

    private void removeFinalizer(HasMetadata owner, String finalizer) {
        writer.update(owner, present -> present.getMetadata().getFinalizers().remove(finalizer));
    }
}
