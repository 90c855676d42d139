package dev.diskcryptnet.e2e.onemachine.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both halves of the way to a given API server; another loopback address stands in for the other namespace. */
class RelayProcessTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final List<Process> processes = new ArrayList<>();
    private InMemoryApiServer server;
    private Path kubeconfig;

    @BeforeEach
    void start() throws Exception {
        server = new InMemoryApiServer("127.0.0.1", 0);
        int port = URI.create(server.url()).getPort();
        Path socket = directory.resolve("way.sock");
        Path given = Files.writeString(directory.resolve("given"), KubeConfigFile.plain("http://127.0.0.2:" + port));
        kubeconfig = directory.resolve("kubeconfig");
        run(RelayProcess.class, "--socket=" + socket, "--target-host=127.0.0.1", "--target-port=" + port);
        run(
                ApiServerProcess.class,
                "--given=" + given,
                "--socket=" + socket,
                "--address=127.0.0.2",
                "--port=" + port,
                "--kubeconfig=" + kubeconfig);
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!Files.exists(kubeconfig)) {
            assertTrue(System.nanoTime() - deadlineNs < 0, log());
            Thread.sleep(20);
        }
    }

    @AfterEach
    void stop() {
        processes.forEach(Process::destroyForcibly);
        server.close();
    }

    private void run(Class<?> program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile()))
                .start());
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    @Test
    void shouldLeadRequestsAndWatchesThere() throws Exception {
        ConfigMap large = new ConfigMapBuilder()
                .withNewMetadata()
                .withName("c")
                .withNamespace("default")
                .endMetadata()
                .withData(Map.of("key", "x".repeat(500_000)))
                .build();
        var seen = new CountDownLatch(1);
        try (KubernetesClient client = Clients.of(kubeconfig)) {
            client.configMaps()
                    .inNamespace("default")
                    .inform(new io.fabric8.kubernetes.client.informers.ResourceEventHandler<ConfigMap>() {
                        @Override
                        public void onAdd(ConfigMap added) {
                            seen.countDown();
                        }

                        @Override
                        public void onUpdate(ConfigMap before, ConfigMap now) {
                            // Not made here.
                        }

                        @Override
                        public void onDelete(ConfigMap gone, boolean unknown) {
                            // Not made here.
                        }
                    });
            client.resource(large).create();
            assertTrue(seen.await(10, TimeUnit.SECONDS), log());
            assertEquals(large.getData(), client.resource(large).get().getData());
        }
    }

    @Test
    void shouldEndOutsideWhenItsHalfInsideEnds() throws Exception {
        processes.getLast().destroyForcibly();
        assertTrue(processes.getFirst().waitFor(5, TimeUnit.SECONDS), log());
    }

    @Test
    void shouldEndInsideWhenItsHalfOutsideEnds() throws Exception {
        processes.getFirst().destroyForcibly();
        assertTrue(processes.getLast().waitFor(5, TimeUnit.SECONDS), log());
        assertEquals(1, processes.getLast().exitValue());
    }
}
