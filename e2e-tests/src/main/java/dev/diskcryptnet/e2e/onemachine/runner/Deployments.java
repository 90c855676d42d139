package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Deployments, without ReplicaSets in between: pods NAME-REVISION-INDEX. A change takes the old pods away first, as
 * {@code Recreate} does, whatever strategy the spec names.
 */
final class Deployments implements Controller {
    private static final String REVISION_LABEL = "pod-template-hash";

    private final ClusterView view;
    private final ApiWriter writer;

    Deployments(ClusterView view, ApiWriter writer) {
        this.view = view;
        this.writer = writer;
    }

    @Override
    public void reconcile() {
        for (Deployment deployment : view.all(Deployment.class)) {
            if (!PodTemplates.isDeleting(deployment)) {
                reconcile(deployment);
            }
        }
    }

    private void reconcile(Deployment deployment) {
        String revision = PodTemplates.revision(deployment.getSpec().getTemplate());
        int replicas = Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
        List<Pod> pods = view.podsOf(deployment);
        List<Pod> outdated = pods.stream()
                .filter(pod -> PodTemplates.hasEnded(pod) || !wanted(deployment, revision, replicas, pod))
                .toList();
        outdated.stream()
                .filter(pod -> !PodTemplates.isDeleting(pod))
                .forEach(pod -> writer.delete(pod, DeletionPropagation.BACKGROUND));
        for (int i = 0; i < replicas && outdated.isEmpty(); i++) {
            String name = podName(deployment, revision, i);
            if (pods.stream().noneMatch(pod -> pod.getMetadata().getName().equals(name))) {
                writer.create(PodTemplates.pod(
                        deployment, deployment.getSpec().getTemplate(), name, Map.of(REVISION_LABEL, revision)));
            }
        }
        writer.updateStatus(deployment, present -> {
            DeploymentStatus status = status(present, pods, outdated.size(), replicas);
            boolean differs = !status.equals(present.getStatus());
            present.setStatus(status);
            return differs;
        });
    }

    private static String podName(Deployment deployment, String revision, int index) {
        return deployment.getMetadata().getName() + "-" + revision + "-" + index;
    }

    private static boolean wanted(Deployment deployment, String revision, int replicas, Pod pod) {
        for (int i = 0; i < replicas; i++) {
            if (pod.getMetadata().getName().equals(podName(deployment, revision, i))) {
                return true;
            }
        }
        return false;
    }

    private static DeploymentStatus status(Deployment deployment, List<Pod> pods, int outdated, int replicas) {
        int ready = (int) pods.stream().filter(PodTemplates::isReady).count();
        boolean available = ready >= replicas;
        return new DeploymentStatusBuilder()
                .withObservedGeneration(deployment.getMetadata().getGeneration())
                .withReplicas(pods.size())
                .withUpdatedReplicas(pods.size() - outdated)
                .withReadyReplicas(ready)
                .withAvailableReplicas(ready)
                .withUnavailableReplicas(available ? null : replicas - ready)
                .withConditions(new DeploymentConditionBuilder()
                        .withType("Available")
                        .withStatus(available ? "True" : "False")
                        .withReason(available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable")
                        .withMessage(ready + " of " + replicas + " pods are ready")
                        .build())
                .build();
    }
}
