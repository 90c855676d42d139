package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatus;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatusBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * StatefulSets: pods NAME-0 to NAME-(replicas - 1), made in order and each once the one before is ready, taken away from
 * the last, replaced one at a time when the template changes. Never two pods of one name, so at most one process of it.
 * Not played: volume claims, partitions, {@code OnDelete}.
 */
final class StatefulSets implements Controller {
    static final String REVISION_LABEL = "controller-revision-hash";
    private static final String POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";

    private final ClusterView view;
    private final ApiWriter writer;

    StatefulSets(ClusterView view, ApiWriter writer) {
        this.view = view;
        this.writer = writer;
    }

    @Override
    public void reconcile() {
        for (StatefulSet set : view.all(StatefulSet.class)) {
            if (!PodTemplates.isDeleting(set)) {
                reconcile(set);
            }
        }
    }

    private void reconcile(StatefulSet set) {
        String revision = set.getMetadata().getName() + "-"
                + PodTemplates.revision(set.getSpec().getTemplate());
        List<Pod> pods = view.podsOf(set);
        int replicas = replicas(set);
        if (!shrink(set, pods, replicas) && !replaceEnded(pods) && !grow(set, pods, replicas, revision)) {
            roll(set, pods, replicas, revision);
        }
        writer.updateStatus(set, present -> {
            StatefulSetStatus status = status(present, pods, replicas, revision);
            boolean differs = !status.equals(present.getStatus());
            present.setStatus(status);
            return differs;
        });
    }

    private static int replicas(StatefulSet set) {
        return Objects.requireNonNullElse(set.getSpec().getReplicas(), 1);
    }

    private static String podName(StatefulSet set, int ordinal) {
        return set.getMetadata().getName() + "-" + ordinal;
    }

    private static Pod find(List<Pod> pods, String name) {
        return pods.stream()
                .filter(pod -> pod.getMetadata().getName().equals(name))
                .findFirst()
                .orElse(null);
    }

    private static int ordinal(Pod pod) {
        String name = pod.getMetadata().getName();
        return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
    }

    private boolean shrink(StatefulSet set, List<Pod> pods, int replicas) {
        Pod last = pods.stream()
                .filter(pod -> ordinal(pod) >= replicas)
                .reduce((one, other) -> ordinal(one) > ordinal(other) ? one : other)
                .orElse(null);
        if (last == null) {
            return false;
        }
        deleteOnce(last);
        return true;
    }

    private boolean replaceEnded(List<Pod> pods) {
        List<Pod> ended = pods.stream().filter(PodTemplates::hasEnded).toList();
        ended.forEach(this::deleteOnce);
        return !ended.isEmpty();
    }

    private boolean grow(StatefulSet set, List<Pod> pods, int replicas, String revision) {
        for (int i = 0; i < replicas; i++) {
            String name = podName(set, i);
            Pod pod = find(pods, name);
            if (pod == null) {
                Map<String, String> labels = Map.of(REVISION_LABEL, revision, POD_NAME_LABEL, name);
                Pod wanted = PodTemplates.pod(set, set.getSpec().getTemplate(), name, labels);
                wanted.getSpec().setHostname(name);
                wanted.getSpec().setSubdomain(set.getSpec().getServiceName());
                writer.create(wanted);
                return true;
            }
            boolean inParallel = "Parallel".equals(set.getSpec().getPodManagementPolicy());
            // One that cannot become ready as it is must not keep its own replacement from being made.
            if (!PodTemplates.isReady(pod) && !inParallel && isCurrent(pod, revision)) {
                return true;
            }
        }
        return false;
    }

    private void roll(StatefulSet set, List<Pod> pods, int replicas, String revision) {
        for (int i = replicas - 1; i >= 0; i--) {
            Pod pod = find(pods, podName(set, i));
            if (pod != null && !isCurrent(pod, revision)) {
                deleteOnce(pod);
                return;
            }
        }
    }

    private static boolean isCurrent(Pod pod, String revision) {
        return revision.equals(pod.getMetadata().getLabels().get(REVISION_LABEL));
    }

    private void deleteOnce(Pod pod) {
        if (!PodTemplates.isDeleting(pod)) {
            writer.delete(pod, DeletionPropagation.BACKGROUND);
        }
    }

    private static StatefulSetStatus status(StatefulSet set, List<Pod> pods, int replicas, String revision) {
        int ready = (int) pods.stream().filter(PodTemplates::isReady).count();
        int updated =
                (int) pods.stream().filter(pod -> isCurrent(pod, revision)).count();
        String before = set.getStatus() == null ? null : set.getStatus().getCurrentRevision();
        boolean allUpdated = updated == replicas && pods.size() == replicas;
        return new StatefulSetStatusBuilder()
                .withObservedGeneration(set.getMetadata().getGeneration())
                .withReplicas(pods.size())
                .withReadyReplicas(ready)
                .withAvailableReplicas(ready)
                .withUpdatedReplicas(updated)
                .withCurrentReplicas(allUpdated ? updated : pods.size() - updated)
                .withUpdateRevision(revision)
                .withCurrentRevision(allUpdated || before == null ? revision : before)
                .withCollisionCount(0)
                .build();
    }
}
