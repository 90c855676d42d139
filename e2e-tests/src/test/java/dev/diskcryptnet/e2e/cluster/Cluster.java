package dev.diskcryptnet.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.kernel.Launcher;
import dev.diskcryptnet.e2e.onemachine.Run;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The one-machine cluster as a person sees it: by {@code ./dcn} and nothing else. */
final class Cluster {
    /** Room for a machine that does other things as well. */
    static final Duration LIMIT = Duration.ofSeconds(120);

    private static final ObjectMapper JSON = new ObjectMapper();

    private Cluster() {}

    /** Whether this test has the API server of {@code KUBECONFIG}: who runs the cluster tier with it set means that. */
    static boolean isGiven() {
        return isSet("KUBECONFIG");
    }

    /** Whether the API server is, for certain, a real one. */
    static boolean isReal() {
        return isGiven() || isSet("KUBEBUILDER_ASSETS");
    }

    private static boolean isSet(String variable) {
        String value = System.getenv(variable);
        return value != null && !value.isEmpty();
    }

    /** Starts one with so many machines, on the API server that the environment names, else the one {@code up} finds. */
    static void up(int machines, String... options) {
        List<String> arguments = new ArrayList<>(List.of("up", "--detach", "--nodes", Integer.toString(machines)));
        arguments.addAll(List.of(options));
        if (isGiven()) {
            arguments.addAll(List.of("--api", "kubeconfig"));
        }
        Launcher.checked(arguments.toArray(String[]::new));
    }

    /** What differs between the API servers. */
    static ApiProfile profile() throws IOException {
        String id = Launcher.status().at("/api/profile").asText();
        return id.equals(ApiProfile.SERVER.id()) ? ApiProfile.SERVER : ApiProfile.IN_MEMORY;
    }

    static Run.Result apply(Path directory, String yaml) throws IOException {
        Path file = directory.resolve("apply.yaml");
        Files.writeString(file, yaml);
        return Launcher.run("apply", "-f", file.toString());
    }

    static void applied(Path directory, String yaml) throws IOException {
        Run.Result result = apply(directory, yaml);
        if (!result.ok()) {
            throw new AssertionError(result.output());
        }
    }

    /** An object; a missing node when there is none. */
    static JsonNode get(String target) throws IOException {
        Run.Result found = Launcher.run("get", target, "-o", "json");
        return found.ok() ? JSON.readTree(found.output()) : JSON.missingNode();
    }

    static JsonNode condition(JsonNode resource, String type) {
        for (JsonNode condition : resource.at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        return JSON.missingNode();
    }

    static boolean isReady(JsonNode resource) {
        return condition(resource, "Ready").path("status").asText().equals("True")
                && resource.at("/status/observedGeneration").asLong()
                        == resource.at("/metadata/generation").asLong();
    }

    /** Waits until an object is as wanted, and returns it. */
    static JsonNode await(String target, String what, Predicate<JsonNode> wanted)
            throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            JsonNode found = get(target);
            if (wanted.test(found)) {
                return found;
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError(target + " not within " + LIMIT + ": " + what + "\n" + found.toPrettyString()
                        + "\n" + Launcher.run("get", "all", "-A").output() + logs());
            }
            Thread.sleep(200);
        }
    }

    private static String logs() throws IOException {
        StringBuilder text = new StringBuilder();
        try (var files = Files.list(Path.of("/run/diskcryptnet/up/logs"))) {
            for (Path file : files.toList()) {
                text.append("\n== ").append(file.getFileName()).append('\n').append(Files.readString(file));
            }
        }
        return text.toString();
    }

    /** Fetches and throws away; returns the number of bytes, or -1 when it was refused. */
    static long fetch(String url) {
        Run.Result got = Run.quietly("curl", "-sSf", "-m", "20", "-o", "/dev/null", "-w", "%{size_download}", url);
        return got.ok() ? Long.parseLong(got.output().strip()) : -1;
    }
}
