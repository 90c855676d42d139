package dev.diskcryptnet.operator.dependent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes over the wire to a real API server: the rights that the operator is given are cut to this. */
class ServerSideApplierTest {
    private final MockWebServer server = new MockWebServer();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private KubernetesClient client;
    private Applier applier;

    @BeforeEach
    void start() {
        server.setDispatcher(new Dispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                requests.add(request.method() + " " + request.getPath() + " " + request.getHeader("Content-Type"));
                bodies.add(request.getUtf8Body());
                return new MockResponse()
                        .setResponseCode(status)
                        .setBody("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"}}");
            }
        });
        server.start();
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://127.0.0.1:" + server.getPort())
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
        applier = new ServerSideApplier(client, WriteGuard.ALWAYS);
    }

    @AfterEach
    void stop() {
        client.close();
        server.shutdown();
    }

    @Test
    void shouldApplyWithOnePatchAndNoRead() {
        applier.apply(map("1"), null);
        assertEquals(1, requests.size(), requests.toString());
        String request = requests.getFirst();
        assertTrue(request.startsWith("PATCH /api/v1/namespaces/x/configmaps/a?"), request);
        assertTrue(request.contains("fieldManager=diskcryptnet-operator"), request);
        assertTrue(request.contains("force=true"), request);
        assertTrue(request.endsWith("application/apply-patch+yaml"), request);
    }

    @Test
    void shouldAskForNothingWhenAllIsAsDesired() {
        ConfigMap actual = new DesiredState(client.getKubernetesSerialization()).stamped(map("1"));
        actual.getMetadata().setResourceVersion("7");
        actual.getMetadata().setLabels(Map.of("of", "somebody else"));
        assertSame(actual, applier.apply(map("1"), actual));
        assertEquals(List.of(), requests);
        applier.apply(map("2"), actual);
        assertEquals(1, requests.size());
    }

    @Test
    void shouldPutTheFinalizerOnUnderTheVersionSeen() {
        ConfigMap seen = map("1");
        seen.getMetadata().setResourceVersion("7");
        applier.addFinalizer(seen, "diskcryptnet.dev/release");
        assertEquals(1, requests.size(), requests.toString());
        assertTrue(requests.getFirst().endsWith("application/json-patch+json"), requests.getFirst());
        assertEquals(
                "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"},"
                        + "{\"op\":\"add\",\"path\":\"/metadata/finalizers\",\"value\":[\"diskcryptnet.dev/release\"]}]",
                bodies.getFirst());
    }

    @Test
    void shouldTakeOffNoFinalizerButItsOwn() {
        ConfigMap seen = map("1");
        seen.getMetadata().setResourceVersion("7");
        seen.getMetadata().setFinalizers(List.of("others", "diskcryptnet.dev/release"));
        applier.removeFinalizer(seen, "diskcryptnet.dev/release");
        assertTrue(
                bodies.getFirst().endsWith("{\"op\":\"remove\",\"path\":\"/metadata/finalizers/1\"}]"),
                bodies.getFirst());
    }

    @Test
    void shouldDeleteAndWriteStatusWithoutReading() {
        ConfigMap seen = map("1");
        seen.getMetadata().setResourceVersion("7");
        seen.getMetadata().setUid("uid-1");
        applier.delete(seen, DeletionPropagation.FOREGROUND);
        assertEquals(1, requests.size(), requests.toString());
        assertTrue(bodies.getFirst().contains("uid-1"), bodies.getFirst());
        assertTrue(bodies.getFirst().contains("Foreground"), bodies.getFirst());
        applier.writeStatus(seen);
        assertEquals(2, requests.size(), requests.toString());
        assertTrue(requests.getLast().startsWith("PUT /api/v1/namespaces/x/configmaps/a/status"), requests.getLast());
        assertTrue(bodies.getLast().contains("\"resourceVersion\":\"7\""), bodies.getLast());
    }

    @Test
    void shouldNotMindThatWhatItDeletesIsGoneAndMindEverythingElse() {
        ConfigMap seen = map("1");
        seen.getMetadata().setUid("uid-1");
        for (int gone : new int[] {404, 409}) {
            status = gone;
            applier.delete(seen, DeletionPropagation.BACKGROUND);
        }
        for (int trouble : new int[] {403, 500}) {
            status = trouble;
            var error = assertThrows(
                    KubernetesClientException.class, () -> applier.delete(seen, DeletionPropagation.BACKGROUND));
            assertEquals(trouble, error.getCode());
        }
    }

    @Test
    void shouldWriteNothingWithoutTheLease() {
        var without = new ServerSideApplier(client, () -> {
            throw new IllegalStateException("not ours");
        });
        ConfigMap seen = map("1");
        seen.getMetadata().setResourceVersion("7");
        assertThrows(IllegalStateException.class, () -> without.apply(seen, null));
        assertThrows(IllegalStateException.class, () -> without.create(seen));
        assertThrows(IllegalStateException.class, () -> without.writeStatus(seen));
        assertThrows(IllegalStateException.class, () -> without.addFinalizer(seen, "x"));
        assertThrows(IllegalStateException.class, () -> without.delete(seen, DeletionPropagation.BACKGROUND));
        assertEquals(List.of(), requests);
    }

    private static ConfigMap map(String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace("x")
                .withName("a")
                .endMetadata()
                .withData(Map.of("key", value))
                .build();
    }
}
