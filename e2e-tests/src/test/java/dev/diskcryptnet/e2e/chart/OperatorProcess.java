package dev.diskcryptnet.e2e.chart;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The operator as a process of its own, with the environment that a release gives it. */
final class OperatorProcess implements AutoCloseable {
    private static final Path PROGRAM = Chart.ROOT.resolve("operator/target/quarkus-app/quarkus-run.jar");
    private static final int END_LIMIT_S = 20;

    private final Process process;
    private final Path log;
    private final int port;

    /** @param directory a place for its files */
    OperatorProcess(Chart.Release release, String apiServer, Path directory) throws IOException {
        if (!Files.exists(PROGRAM)) {
            throw new AssertionError(PROGRAM + " is missing: run ./dcn build");
        }
        log = directory.resolve("operator.log");
        port = freePort();
        Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), ApiServer.kubeConfig(apiServer));
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-jar",
                PROGRAM.toString());
        Map<String, String> environment = builder.environment();
        environment.putAll(OperatorEnvironment.of(release));
        // What the kubelet fills in.
        environment.put("POD_NAMESPACE", Chart.NAMESPACE);
        environment.put("POD_NAME", "operator-0");
        environment.put("KUBECONFIG", kubeconfig.toString());
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
        process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it answers with status 200; empty when it does not. */
    String get(String path) {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response =
                    client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200 ? response.body() : "";
        } catch (ConnectException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As the kubelet does: SIGTERM, and time to end. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(END_LIMIT_S, TimeUnit.SECONDS)) {
            throw new AssertionError("the operator does not end within " + END_LIMIT_S + " s:\n" + log());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
