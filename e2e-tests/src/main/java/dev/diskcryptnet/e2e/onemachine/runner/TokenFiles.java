package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The files by which a client in a pod knows itself and the API server. */
final class TokenFiles implements Volumes.TokenSource {
    /** Where client libraries look for them. */
    static final Path PLACE = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    /** Longer than anybody leaves one machine running; nothing renews it. */
    private static final long LIFE_SECONDS = 30L * 24 * 3600;

    private final KubernetesClient client;
    private final Path authority;

    /** @param authority certificates that the API server's is checked against; null for what everybody trusts */
    TokenFiles(KubernetesClient client, Path authority) {
        this.client = client;
        this.authority = authority;
    }

    @Override
    public Map<String, byte[]> token(String namespace, String serviceAccount) {
        String token = client.serviceAccounts()
                .inNamespace(namespace)
                .withName(serviceAccount)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(LIFE_SECONDS)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
        Map<String, byte[]> files = new HashMap<>();
        files.put("token", token.getBytes(StandardCharsets.UTF_8));
        files.put("namespace", namespace.getBytes(StandardCharsets.UTF_8));
        try {
            if (authority != null) {
                files.put("ca.crt", Files.readAllBytes(authority));
            }
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
