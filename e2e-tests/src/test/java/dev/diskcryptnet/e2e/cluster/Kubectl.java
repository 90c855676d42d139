package dev.diskcryptnet.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.kernel.Launcher;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The kubectl that comes with the API server, else the one on the PATH, as the cluster's administrator. */
final class Kubectl {
    private static final Path KUBECONFIG = Path.of("/run/diskcryptnet/up/kubeconfig");

    private Kubectl() {}

    static Run.Result run(String... arguments) {
        String assets = System.getenv("KUBEBUILDER_ASSETS");
        Path beside = Path.of(assets == null ? "" : assets, "kubectl");
        List<String> command = new ArrayList<>();
        command.add(assets != null && Files.isExecutable(beside) ? beside.toString() : "kubectl");
        command.add("--kubeconfig=" + KUBECONFIG);
        command.addAll(List.of(arguments));
        return Run.quietly(command);
    }

    /** What it printed; it must succeed. */
    static String checked(String... arguments) {
        Run.Result result = run(arguments);
        if (!result.ok()) {
            throw new AssertionError(String.join(" ", arguments) + ": " + result.output());
        }
        return result.output();
    }

    static JsonNode json(String... arguments) throws IOException {
        List<String> whole = new ArrayList<>(List.of(arguments));
        whole.addAll(List.of("-o", "json"));
        return new ObjectMapper().readTree(checked(whole.toArray(String[]::new)));
    }

    /** The namespace of the sample. */
    static String namespace() {
        return checked("config", "view", "--minify", "-o", "jsonpath={..namespace}")
                .strip();
    }

    /** The namespace of the operator. */
    static String operatorNamespace() {
        return Cluster.isGiven() ? namespace() : "diskcryptnet";
    }

    static Path definitions() {
        return Launcher.ROOT.resolve("crds");
    }
}
