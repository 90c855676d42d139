package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Finds out which controllers a cluster has, by objects that each of them would do something about at once: a
 * StatefulSet and a Deployment without replicas are observed, a suspended Job says so, a pod that fits nowhere is called
 * unschedulable, and a ConfigMap of an owner that never was is deleted. Names and leases tell less: distributions have
 * them elsewhere, and a lease outlives its holder.
 */
public final class Evidence {
    /** Until the first sign of anything: a bare API server gives none. */
    private static final Duration FIRST_SIGN = Duration.ofSeconds(5);
    /** From then on, for all the others. */
    private static final Duration ALL_SIGNS = Duration.ofSeconds(30);

    private static final String NAME = "dcn-evidence";

    private static final String WORKLOAD = """
            apiVersion: apps/v1
            kind: %s
            metadata: {name: dcn-evidence}
            spec:
              replicas: 0
              selector: {matchLabels: {app: dcn-evidence}}
              template:
                metadata: {labels: {app: dcn-evidence}}
                spec: {containers: [{name: none, image: none}]}
            """;

    private static final String JOB = """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: dcn-evidence}
            spec:
              suspend: true
              template: {spec: {restartPolicy: Never, containers: [{name: none, image: none}]}}
            """;

    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata: {name: dcn-evidence}
            spec:
              serviceAccountName: dcn-evidence
              automountServiceAccountToken: false
              nodeSelector: {diskcryptnet.dev/one-machine: nowhere}
              containers: [{name: none, image: none}]
            """;

    private final KubernetesClient client;
    private final String namespace;
    private final Map<Played, Predicate<HasMetadata>> signs = new EnumMap<>(Played.class);
    private final Map<Played, HasMetadata> probes = new EnumMap<>(Played.class);

    private Evidence(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    /**
     * Asks, and takes the probes away.
     *
     * @param namespace one that may be written to and in which nothing else is called {@code dcn-evidence}
     * @return the controllers that are there
     */
    public static Set<Played> of(KubernetesClient client, String namespace) throws InterruptedException {
        return new Evidence(client, namespace).gather();
    }

    private Set<Played> gather() throws InterruptedException {
        HasMetadata account =
                create("{apiVersion: v1, kind: ServiceAccount, metadata: {name: dcn-evidence}}", HasMetadata.class);
        try {
            probe(
                    Played.STATEFUL_SETS,
                    create(WORKLOAD.formatted("StatefulSet"), StatefulSet.class),
                    set -> ((StatefulSet) set).getStatus() != null
                            && ((StatefulSet) set).getStatus().getObservedGeneration() != null);
            probe(
                    Played.DEPLOYMENTS,
                    create(WORKLOAD.formatted("Deployment"), Deployment.class),
                    deployment -> ((Deployment) deployment).getStatus() != null
                            && ((Deployment) deployment).getStatus().getObservedGeneration() != null);
            probe(
                    Played.JOBS,
                    create(JOB, Job.class),
                    job -> ((Job) job).getStatus() != null
                            && !((Job) job).getStatus().getConditions().isEmpty());
            probe(
                    Played.SCHEDULER,
                    create(POD, Pod.class),
                    pod -> !((Pod) pod).getStatus().getConditions().isEmpty());
            probe(Played.GARBAGE_COLLECTOR, ownerless(), gone -> gone == null);
            return await();
        } finally {
            probes.values().forEach(this::delete);
            delete(account);
        }
    }

    private void probe(Played controller, HasMetadata probe, Predicate<HasMetadata> sign) {
        probes.put(controller, probe);
        signs.put(controller, sign);
    }

    private <T extends HasMetadata> T create(String yaml, Class<T> type) {
        HasMetadata wanted = Serialization.unmarshal("---\n" + yaml);
        wanted.getMetadata().setNamespace(namespace);
        return type.cast(client.resource(wanted).create());
    }

    private HasMetadata ownerless() {
        return client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .withNamespace(namespace)
                        .withOwnerReferences(new OwnerReferenceBuilder()
                                .withApiVersion("v1")
                                .withKind("ConfigMap")
                                .withName("dcn-evidence-owner")
                                .withUid(UUID.randomUUID().toString())
                                .build())
                        .endMetadata()
                        .build())
                .create();
    }

    private Set<Played> await() throws InterruptedException {
        Set<Played> found = EnumSet.noneOf(Played.class);
        long startNs = System.nanoTime();
        while (found.size() < signs.size()) {
            probes.forEach((controller, probe) -> {
                HasMetadata now = client.resource(probe).get();
                boolean mayBeGone = controller == Played.GARBAGE_COLLECTOR;
                if ((now != null || mayBeGone) && signs.get(controller).test(now)) {
                    found.add(controller);
                }
            });
            Duration limit = found.isEmpty() ? FIRST_SIGN : ALL_SIGNS;
            if (System.nanoTime() - startNs > limit.toNanos()) {
                break;
            }
            Thread.sleep(100);
        }
        return found;
    }

    private void delete(HasMetadata probe) {
        try {
            client.resource(probe).withGracePeriod(0).delete();
        } catch (KubernetesClientException e) {
            // The namespace is ours and goes as a whole.
            System.err.println("dcn: " + probe.getKind() + " " + NAME + " is not deleted: " + e.getMessage());
        }
    }
}
