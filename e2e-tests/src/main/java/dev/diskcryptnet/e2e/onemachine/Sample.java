package dev.diskcryptnet.e2e.onemachine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** The sample StreamingNode with what it needs: its Secret, and objects to stream. */
final class Sample {
    static final ResourceDefinitionContext STREAMING_NODES = new ResourceDefinitionContext.Builder()
            .withGroup("diskcryptnet.dev")
            .withVersion("v1alpha1")
            .withKind("StreamingNode")
            .withPlural("streamingnodes")
            .withNamespaced(true)
            .build();

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FIELD_MANAGER = "dcn";
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(30);
    private static final Duration TOKEN_LIMIT = Duration.ofSeconds(5);

    private final Site site;
    private final KubernetesClient client;
    private final ApiProfile profile;

    Sample(Site site, KubernetesClient client, ApiProfile profile) {
        this.site = site;
        this.client = client;
        this.profile = profile;
    }

    void apply() throws IOException {
        profile.apply(client, certificate(), FIELD_MANAGER);
        try (InputStream in = Files.newInputStream(site.sample())) {
            HasMetadata sample = client.load(in).items().getFirst();
            sample.getMetadata().setNamespace(Site.sampleNamespace());
            profile.apply(client, sample, FIELD_MANAGER);
        }
    }

    private static Secret certificate() throws IOException {
        Base64.Encoder encoder = Base64.getEncoder();
        return new SecretBuilder()
                .withNewMetadata()
                .withName(Site.TLS_SECRET)
                .withNamespace(Site.sampleNamespace())
                .endMetadata()
                .withType("kubernetes.io/tls")
                .addToData("tls.crt", encoder.encodeToString(Files.readAllBytes(Site.CERTIFICATE)))
                .addToData("tls.key", encoder.encodeToString(Files.readAllBytes(Site.KEY)))
                .build();
    }

    /** The resource as it is; null when there is none. */
    JsonNode read() {
        return read(client);
    }

    static JsonNode read(KubernetesClient client) {
        GenericKubernetesResource found = client.genericKubernetesResources(STREAMING_NODES)
                .inNamespace(Site.sampleNamespace())
                .withName(Site.SAMPLE_NAME)
                .get();
        return found == null ? null : JSON.valueToTree(found);
    }

    /** The condition of a type; a missing node when it is not there. */
    static JsonNode condition(JsonNode resource, String type) {
        if (resource != null) {
            for (JsonNode condition : resource.at("/status/conditions")) {
                if (condition.path("type").asText().equals(type)) {
                    return condition;
                }
            }
        }
        return JSON.missingNode();
    }

    static boolean isReady(JsonNode resource) {
        return condition(resource, "Ready").path("status").asText().equals("True");
    }

    /** Puts the sample video on the volume, through the agent's admin endpoint; returns the number of objects. */
    int ingest() throws IOException, InterruptedException {
        String token = token();
        Files.createFile(
                Site.TOKEN, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(Site.TOKEN, token + "\n");
        List<Path> files;
        try (Stream<Path> walk = Files.walk(site.content())) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (Path file : files) {
                put(http, token, file);
            }
        }
        return files.size();
    }

    private void put(HttpClient http, String token, Path file)
            throws IOException, InterruptedException, FileNotFoundException {
        String url = Site.adminUrl() + "/v1/objects/" + site.content().relativize(file);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(REQUEST_LIMIT)
                .header("Authorization", "Bearer " + token)
                .PUT(HttpRequest.BodyPublishers.ofFile(file))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new OneMachineException(
                    "PUT " + url + " was answered with status=" + answer.statusCode() + ": " + answer.body());
        }
    }

    /** What the operator made for the agent's admin endpoint. */
    private String token() throws InterruptedException {
        long deadlineNs = System.nanoTime() + TOKEN_LIMIT.toNanos();
        String name = Site.SAMPLE_NAME + "-agent-admin";
        while (true) {
            Secret secret = client.secrets()
                    .inNamespace(Site.sampleNamespace())
                    .withName(name)
                    .get();
            if (secret != null && secret.getData().containsKey("token")) {
                return new String(Base64.getDecoder().decode(secret.getData().get("token"))).strip();
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new OneMachineException("secret=" + name + " with a token was not made by the operator");
            }
            Thread.sleep(50);
        }
    }
}
