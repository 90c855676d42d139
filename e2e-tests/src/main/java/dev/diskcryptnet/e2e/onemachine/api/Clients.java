package dev.diskcryptnet.e2e.onemachine.api;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.io.File;
import java.nio.file.Path;

/** Makes clients of either API server. */
public final class Clients {
    private static final int REQUEST_TIMEOUT_MS = 15_000;

    private Clients() {}

    /** A client of the server that a kubeconfig file names. */
    public static KubernetesClient of(Path kubeconfig) {
        return of(Config.fromKubeconfig(new File(kubeconfig.toString())));
    }

    /** A client of a server that asks nobody for a name. */
    public static KubernetesClient of(String url) {
        return of(new ConfigBuilder(Config.empty())
                .withMasterUrl(url)
                .withNamespace("default")
                .build());
    }

    private static KubernetesClient of(Config config) {
        // HTTP/2 without TLS would be asked for by an upgrade in every request.
        config.setHttp2Disable(true);
        config.setRequestTimeout(REQUEST_TIMEOUT_MS);
        // What to do about a failure is said here, not by a retry that nobody sees.
        config.setRequestRetryBackoffLimit(0);
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build();
    }
}
