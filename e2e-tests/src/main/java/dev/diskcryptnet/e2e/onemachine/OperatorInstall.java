package dev.diskcryptnet.e2e.onemachine;

import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Puts CRDs and operator on an API server: a real one gets the chart by Helm, the one in memory just what it can use.
 */
final class OperatorInstall {
    /** The names say which of the locally built programs runs: see the node runner. */
    static final String OPERATOR_IMAGE = "diskcryptnet/operator:local";

    static final String AGENT_IMAGE = "diskcryptnet/agent:local";

    private static final String FIELD_MANAGER = "dcn";
    private static final int PORT = 8080;
    private static final Duration KINDS_LIMIT = Duration.ofSeconds(20);

    private final Site site;
    private final KubernetesClient client;
    private final ApiProfile profile;

    OperatorInstall(Site site, KubernetesClient client, ApiProfile profile) {
        this.site = site;
        this.client = client;
        this.profile = profile;
    }

    void run(Path kubeconfig) throws IOException, InterruptedException {
        if (profile == ApiProfile.SERVER) {
            // A person waits for the status here: asked for more often than on a cluster.
            String given = Site.givenNamespace();
            ClusterInstall.chart(
                    site.chart(),
                    kubeconfig,
                    Site.operatorNamespace(),
                    given == null
                            ? Map.of("clusterWide", "true", "pollInterval", "1s", "statusInterval", "5s")
                            : Map.of("pollInterval", "1s", "statusInterval", "5s"));
            awaitKinds();
            return;
        }
        for (HasMetadata definition : crds()) {
            profile.apply(client, definition, FIELD_MANAGER);
        }
        profile.apply(
                client,
                new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(Site.operatorNamespace())
                        .endMetadata()
                        .build(),
                FIELD_MANAGER);
        profile.apply(client, deployment(), FIELD_MANAGER);
    }

    /** A server serves a kind some moments after it was told of it. */
    private void awaitKinds() throws InterruptedException {
        long deadlineNs = System.nanoTime() + KINDS_LIMIT.toNanos();
        while (true) {
            try {
                client.genericKubernetesResources(Sample.STREAMING_NODES)
                        .inNamespace(Site.sampleNamespace())
                        .list();
                return;
            } catch (KubernetesClientException e) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private List<HasMetadata> crds() throws IOException {
        try (Stream<Path> files = Files.list(site.crds())) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .map(this::read)
                    .toList();
        }
    }

    private HasMetadata read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return client.load(in).items().getFirst();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Deployment deployment() {
        Map<String, String> labels = Map.of("app.kubernetes.io/name", "diskcryptnet-operator");
        return new DeploymentBuilder()
                .withNewMetadata()
                .withName("diskcryptnet-operator")
                .withNamespace(Site.operatorNamespace())
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withReplicas(1)
                .withNewSelector()
                .withMatchLabels(labels)
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withTerminationGracePeriodSeconds(10L)
                .addNewContainer()
                .withName("operator")
                .withImage(OPERATOR_IMAGE)
                .withEnv(
                        new EnvVar("DCN_API_PROFILE", profile.id(), null),
                        new EnvVar("DCN_AGENT_IMAGE", AGENT_IMAGE, null),
                        new EnvVar("DCN_POLL_INTERVAL", "1s", null),
                        new EnvVar("DCN_STATUS_INTERVAL", "5s", null),
                        new EnvVar("POD_NAMESPACE", Site.operatorNamespace(), null))
                .addNewPort()
                .withName("http")
                .withContainerPort(PORT)
                .endPort()
                .withStartupProbe(probe("/q/health/live", 2, 60))
                .withLivenessProbe(probe("/q/health/live", 10, 3))
                .withReadinessProbe(probe("/q/health/ready", 5, 3))
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private static Probe probe(String path, int periodSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort("http")
                .endHttpGet()
                .withPeriodSeconds(periodSeconds)
                .withTimeoutSeconds(5)
                .withFailureThreshold(failures)
                .build();
    }
}
