package dev.diskcryptnet.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.kernel.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An operator beside the chart's: the same program and settings, and a token of the same service account, in the control
 * plane's network.
 */
final class SecondOperator implements AutoCloseable {
    static final String NAME = "second-operator";

    private final Process process;
    private final Path log;

    SecondOperator(Path directory) throws IOException {
        log = directory.resolve("second.log");
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", "dcn-up-control", "env"));
        command.addAll(environment(directory));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx256m", "-jar"));
        command.add(Launcher.ROOT + "/operator/target/quarkus-app/quarkus-run.jar");
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private static List<String> environment(Path directory) throws IOException {
        String namespace = Kubectl.operatorNamespace();
        List<String> environment = new ArrayList<>();
        JsonNode container = Kubectl.json("-n", namespace, "get", "deployment", "diskcryptnet-operator")
                .at("/spec/template/spec/containers/0");
        for (JsonNode variable : container.path("env")) {
            if (variable.has("value")) {
                environment.add(variable.path("name").asText() + "="
                        + variable.path("value").asText());
            }
        }
        Path authority = directory.resolve("ca.crt");
        String data = Kubectl.checked(
                "config",
                "view",
                "--minify",
                "--raw",
                "--flatten",
                "-o",
                "jsonpath={.clusters[0].cluster.certificate-authority-data}");
        Files.write(authority, java.util.Base64.getDecoder().decode(data.strip()));
        environment.addAll(List.of(
                "POD_NAME=" + NAME,
                "POD_NAMESPACE=" + namespace,
                "QUARKUS_HTTP_PORT=8081",
                "KUBERNETES_AUTH_TRYKUBECONFIG=false",
                "KUBERNETES_AUTH_TRYSERVICEACCOUNT=false",
                "KUBERNETES_CERTS_CA_FILE=" + authority,
                "KUBERNETES_MASTER="
                        + Kubectl.checked("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"),
                "KUBERNETES_AUTH_TOKEN="
                        + Kubectl.checked("-n", namespace, "create", "token", "diskcryptnet-operator")
                                .strip()));
        return environment;
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
