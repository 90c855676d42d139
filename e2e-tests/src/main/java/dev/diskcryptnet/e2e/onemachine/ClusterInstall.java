package dev.diskcryptnet.e2e.onemachine;

import com.marcnuri.helm.Helm;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import dev.diskcryptnet.e2e.onemachine.api.Clients;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** {@code dcn up --cluster}: the chart on a cluster that is there already, and a sample that does no harm. */
public final class ClusterInstall {
    /** Of the release, and its namespace. */
    public static final String RELEASE = "diskcryptnet";

    private static final String FIELD_MANAGER = "dcn";

    private ClusterInstall() {}

    /** Installs the chart in its usual namespace, or upgrades the release that is there. */
    public static void chart(Path chart, Path kubeconfig, Map<String, String> values) {
        chart(chart, kubeconfig, RELEASE, values);
    }

    /** Installs the chart, or upgrades the release that is there. Values are as those of {@code helm --set}. */
    public static void chart(Path chart, Path kubeconfig, String namespace, Map<String, String> values) {
        boolean installed = Helm.list().withKubeConfig(kubeconfig).withNamespace(namespace).call().stream()
                .anyMatch(release -> release.getName().equals(RELEASE));
        // The API server itself validates what it is sent; Helm's own validation wants the whole OpenAPI document
        // first.
        if (installed) {
            var upgrade = new Helm(chart)
                    .upgrade()
                    .withName(RELEASE)
                    .withNamespace(namespace)
                    .disableOpenApiValidation()
                    .withKubeConfig(kubeconfig);
            values.forEach(upgrade::set);
            upgrade.call();
        } else {
            createNamespace(kubeconfig, namespace);
            var install = new Helm(chart)
                    .install()
                    .withName(RELEASE)
                    .withNamespace(namespace)
                    .disableOpenApiValidation()
                    .withKubeConfig(kubeconfig);
            values.forEach(install::set);
            install.call();
        }
    }

    private static void createNamespace(Path kubeconfig, String name) {
        try (KubernetesClient client = Clients.of(kubeconfig)) {
            var namespace = client.namespaces().withName(name);
            if (namespace.get() == null) {
                client.resource(new NamespaceBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .endMetadata()
                                .build())
                        .create();
            }
        }
    }

    /**
     * Applies what a file declares, in the release's namespace, which is the one that the operator looks after.
     *
     * @return what was done, a line for each object
     */
    static String sample(Path file, Path kubeconfig) throws IOException {
        StringBuilder done = new StringBuilder();
        try (KubernetesClient client = Clients.of(kubeconfig);
                InputStream in = Files.newInputStream(file)) {
            ApiProfile profile = ApiProfile.of(client);
            for (HasMetadata object : client.load(in).items()) {
                object.getMetadata().setNamespace(RELEASE);
                done.append("%s/%s %s%n"
                        .formatted(
                                object.getKind().toLowerCase(java.util.Locale.ROOT),
                                object.getMetadata().getName(),
                                profile.apply(client, object, FIELD_MANAGER)));
            }
        }
        return done.toString().strip();
    }
}
