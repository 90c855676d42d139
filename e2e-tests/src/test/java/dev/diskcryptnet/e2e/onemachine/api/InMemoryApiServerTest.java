package dev.diskcryptnet.e2e.onemachine.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InMemoryApiServerTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private InMemoryApiServer server;
    private KubernetesClient client;

    @BeforeEach
    void start() throws IOException {
        server = new InMemoryApiServer("127.0.0.1", 0);
        client = Clients.of(server.url());
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private static ConfigMap configMap(String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName("c")
                .withNamespace("default")
                .endMetadata()
                .withData(Map.of("key", value))
                .build();
    }

    private String apply(HasMetadata object) {
        return ApiProfile.IN_MEMORY.apply(client, object, "test");
    }

    @Test
    void shouldSayWhatItIs() {
        assertEquals(ApiProfile.IN_MEMORY, ApiProfile.of(client));
    }

    @Test
    void shouldCreateThenConfigureThenLeaveAlone() {
        assertEquals("created", apply(configMap("a")));
        assertEquals("configured", apply(configMap("b")));
        assertEquals("unchanged", apply(configMap("b")));
        assertEquals(
                "b",
                client.configMaps()
                        .inNamespace("default")
                        .withName("c")
                        .get()
                        .getData()
                        .get("key"));
    }

    @Test
    void shouldNotDeleteAnObjectOfTheSameNameThatIsAnother() {
        apply(configMap("a"));
        HasMetadata other = configMap("a");
        other.getMetadata().setUid("another");
        KubernetesClientException refusal = assertThrows(KubernetesClientException.class, () -> {
            var options = "{\"preconditions\": {\"uid\": \"another\"}}";
            client.raw(
                    "/api/v1/namespaces/default/configmaps/c", "DELETE", Serialization.unmarshal(options, Map.class));
        });
        assertEquals(409, refusal.getCode());
        assertEquals(
                "c",
                client.configMaps()
                        .inNamespace("default")
                        .withName("c")
                        .get()
                        .getMetadata()
                        .getName());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            driver: uring              | driver: floppy          | spec.disks[0].driver: Unsupported value
            - port: 80                 | - port: 70000           | spec.listeners[0].port: Invalid value: 70000
            [198.18.0.2/24, "2001:2::2/64"] | 198.18.0.2 | spec.ports[0].addresses: Invalid value
            drainTimeout: 3s           | drainTimeout: soon      | spec.drainTimeout: Invalid value: "soon"
            nodeName: localhost        | format: IfEmpty         | spec.nodeName: Required value
            drainTimeout: 3s           | drainTimout: 3s         | spec.drainTimout: unknown field
            """)
    void shouldRefuseWhatBreaksTheSchemaOfItsKind(String right, String wrong, String message) throws IOException {
        define();
        String yaml = Files.readString(ROOT.resolve("deploy/samples/one-machine.yaml"));
        HasMetadata spoilt = load(yaml.replace("  format: IfEmpty\n", "").replace(right, wrong));
        KubernetesClientException refusal = assertThrows(KubernetesClientException.class, () -> apply(spoilt));
        assertEquals(422, refusal.getCode());
        assertTrue(
                refusal.getStatus().getMessage().contains(message),
                refusal.getStatus().getMessage());
        assertNull(client.resource(spoilt).get());
        assertEquals("created", apply(load(yaml)));
    }

    private HasMetadata load(String yaml) {
        HasMetadata loaded = Serialization.unmarshal("---\n" + yaml);
        loaded.getMetadata().setNamespace("default");
        return loaded;
    }

    private void define() throws IOException {
        for (String name : new String[] {"streamingnodes", "streamingnodepools"}) {
            HasMetadata definition =
                    Serialization.unmarshal(Files.readString(ROOT.resolve("crds/" + name + ".diskcryptnet.dev.yaml")));
            apply(definition);
        }
    }
}
