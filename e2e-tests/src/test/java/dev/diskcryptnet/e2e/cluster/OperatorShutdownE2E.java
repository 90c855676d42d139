package dev.diskcryptnet.e2e.cluster;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.kernel.Launcher;
import dev.diskcryptnet.e2e.onemachine.api.InMemoryApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM ends the operator within seconds, whatever the API server does, or does not. */
@Tag("cluster")
class OperatorShutdownE2E {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final int END_LIMIT_S = 8;

    @TempDir
    Path directory;

    private Process operator;

    @AfterEach
    void end() {
        if (operator != null) {
            operator.destroyForcibly();
        }
    }

    private void start(String apiServer) throws IOException {
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-jar",
                Launcher.ROOT + "/operator/target/quarkus-app/quarkus-run.jar");
        builder.environment()
                .putAll(Map.of(
                        "KUBERNETES_MASTER", apiServer,
                        "KUBERNETES_AUTH_TRYKUBECONFIG", "false",
                        "DCN_API_PROFILE", "in-memory",
                        "DCN_LEADER_ELECTION", "true",
                        "POD_NAME", "operator-0",
                        "POD_NAMESPACE", "default",
                        "QUARKUS_HTTP_HOST", "127.0.0.1",
                        "QUARKUS_HTTP_PORT", "0"));
        builder.environment().remove("KUBECONFIG");
        operator = builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    private void awaitLine(String text) throws Exception {
        Launcher.awaitLine(directory.resolve("log"), text, START_LIMIT);
    }

    private void assertEndsSoon() throws Exception {
        operator.destroy();
        assertTrue(operator.waitFor(END_LIMIT_S, TimeUnit.SECONDS), log());
    }

    @Test
    void shouldEndWhenNobodyListens() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            taken.close();
            start("http://127.0.0.1:" + port);
            awaitLine("waiting for lease");
            Thread.sleep(1_000);
            assertEndsSoon();
        }
    }

    @Test
    void shouldEndWhenNobodyAnswers() throws Exception {
        try (var silent = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
            start("http://127.0.0.1:" + silent.getLocalPort());
            awaitLine("waiting for lease");
            Thread.sleep(1_000);
            assertEndsSoon();
        }
    }

    /** It leads, has watches and a lease, and the server falls silent. */
    @Test
    void shouldEndWhenTheServerThatItWorkedWithFellSilent() throws Exception {
        try (var server = new InMemoryApiServer("127.0.0.1", 0);
                var line = new FreezableLine(URI.create(server.url()).getPort())) {
            define(server);
            start("http://127.0.0.1:" + line.port());
            awaitLine("started; api=");
            Thread.sleep(1_000);
            line.freeze();
            Thread.sleep(1_000);
            assertEndsSoon();
        }
    }

    @Test
    void shouldGiveTheLeaseBackWhenTheServerAnswers() throws Exception {
        try (var server = new InMemoryApiServer("127.0.0.1", 0)) {
            define(server);
            start(server.url());
            awaitLine("started; api=");
            operator.destroy();
            assertTrue(operator.waitFor(END_LIMIT_S, TimeUnit.SECONDS), log());
            assertFalse(log().contains("this process ends without it"), log());
            try (KubernetesClient client = client(server)) {
                String holder = client.leases()
                        .inNamespace("default")
                        .withName("diskcryptnet-operator")
                        .get()
                        .getSpec()
                        .getHolderIdentity();
                assertTrue(holder == null || holder.isEmpty(), "holder=" + holder);
            }
        }
    }

    private static KubernetesClient client(InMemoryApiServer server) {
        return new KubernetesClientBuilder()
                .withConfig(new io.fabric8.kubernetes.client.ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                        .withMasterUrl(server.url())
                        .build())
                .build();
    }

    private static void define(InMemoryApiServer server) throws IOException {
        try (KubernetesClient client = client(server)) {
            for (String name : new String[] {"streamingnodes", "streamingnodepools"}) {
                client.resource((io.fabric8.kubernetes.api.model.HasMetadata) Serialization.unmarshal(
                                Files.readString(Launcher.ROOT.resolve("crds/" + name + ".diskcryptnet.dev.yaml"))))
                        .create();
            }
        }
    }

    /** Leads connections to a port until it is frozen; then nothing comes through, and nothing ends. */
    private static final class FreezableLine implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        private volatile boolean frozen;

        FreezableLine(int target) throws IOException {
            Thread.ofPlatform().daemon().start(() -> accept(target));
        }

        int port() {
            return listener.getLocalPort();
        }

        void freeze() {
            frozen = true;
        }

        private void accept(int target) {
            try {
                while (true) {
                    Socket client = listener.accept();
                    if (frozen) {
                        continue;
                    }
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                    Thread.ofPlatform().daemon().start(() -> copy(client, server));
                    Thread.ofPlatform().daemon().start(() -> copy(server, client));
                }
            } catch (IOException e) {
                // Closed: the test is over.
                return;
            }
        }

        private void copy(Socket from, Socket to) {
            byte[] buffer = new byte[8192];
            try {
                int length = from.getInputStream().read(buffer);
                while (length >= 0) {
                    if (frozen) {
                        Thread.sleep(Duration.ofMinutes(5));
                    }
                    to.getOutputStream().write(buffer, 0, length);
                    length = from.getInputStream().read(buffer);
                }
                to.shutdownOutput();
            } catch (IOException e) {
                // Either end may be closed by the test.
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
