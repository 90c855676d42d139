package dev.diskcryptnet.e2e.onemachine.client;

import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import dev.diskcryptnet.e2e.onemachine.api.Clients;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A command that speaks to an API server: the one of this machine when it is up, else that of {@code KUBECONFIG}. */
abstract class ClientCommand implements Callable<Integer> {
    /** Names us in what a server keeps on who set which field. */
    static final String FIELD_MANAGER = "dcn";

    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "Another API server than this machine's.")
    Path kubeconfig;

    @Option(names = "--one-machine-kubeconfig", hidden = true, defaultValue = "/run/diskcryptnet/up/kubeconfig")
    Path ofThisMachine;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "That of the kubeconfig when not given, else default.")
    String namespace;

    /** Does it. */
    abstract int run(KubernetesClient client, ApiProfile profile) throws IOException, InterruptedException;

    @Override
    public final Integer call() throws IOException, InterruptedException {
        try (KubernetesClient client = Clients.of(server())) {
            if (namespace == null) {
                namespace = Objects.requireNonNullElse(client.getNamespace(), "default");
            }
            return run(client, ApiProfile.of(client));
        } catch (KubernetesClientException e) {
            throw new OneMachineException(refusal(e));
        }
    }

    private Path server() {
        if (kubeconfig != null) {
            return kubeconfig;
        }
        if (Files.exists(ofThisMachine)) {
            return ofThisMachine;
        }
        String named = System.getenv("KUBECONFIG");
        if (named == null || named.isEmpty()) {
            throw new OneMachineException("no API server: start one by ./dcn up, or set KUBECONFIG to a cluster's");
        }
        return Path.of(named);
    }

    /** As kubectl says it. */
    private static String refusal(KubernetesClientException e) {
        Status status = e.getStatus();
        if (status == null || status.getMessage() == null) {
            return e.getCause() == null ? e.getMessage() : e.getMessage() + ": " + e.getCause();
        }
        String reason = status.getReason() == null ? "status " + e.getCode() : status.getReason();
        return "Error from server (" + reason + "): " + status.getMessage();
    }

    /**
     * All objects of a file's documents; {@code -} is standard input. Namespaced ones get the namespace if they have
     * none.
     */
    List<HasMetadata> read(KubernetesClient client, Kinds kinds, String file) throws IOException {
        byte[] content = file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
        List<HasMetadata> objects;
        try (InputStream in = new ByteArrayInputStream(content)) {
            objects = new ArrayList<>(client.load(in).items());
        } catch (KubernetesClientException | IllegalArgumentException e) {
            throw new OneMachineException(
                    "file=" + file + " is not YAML or JSON of Kubernetes objects: " + rootMessage(e));
        }
        for (HasMetadata object : objects) {
            if (object == null || object.getMetadata() == null || object.getKind() == null) {
                throw new OneMachineException("file=" + file + " has a document without kind or metadata");
            }
            Kind kind = kinds.of(object.getApiVersion(), object.getKind());
            if ((kind == null || kind.namespaced()) && object.getMetadata().getNamespace() == null) {
                object.getMetadata().setNamespace(namespace);
            }
        }
        return objects;
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage();
    }

    static String titled(Kinds kinds, HasMetadata object) {
        Kind kind = kinds.of(object.getApiVersion(), object.getKind());
        String name = object.getMetadata().getName();
        return kind == null ? object.getKind().toLowerCase(java.util.Locale.ROOT) + "/" + name : kind.titled(name);
    }
}
