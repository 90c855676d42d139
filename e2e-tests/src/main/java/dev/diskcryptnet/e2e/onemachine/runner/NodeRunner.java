package dev.diskcryptnet.e2e.onemachine.runner;

import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Plays what is between an API server and processes, as far as the cluster does not do it: see the package. One thread runs all controllers, whenever
 * something changed and at least every second; each pod has a thread of its own.
 */
public final class NodeRunner implements Runnable, AutoCloseable {
    private static final long LONGEST_PAUSE_MS = 1_000;

    /**
     * What it is told.
     *
     * @param directory for what it writes
     * @param podNetns where pods without host network run
     * @param podAddress the address of that namespace
     * @param authority certificates that the API server's is checked against; null for one without TLS, or with a
     *     certificate that everybody trusts
     * @param namespace the only one that is looked at; null for all
     * @param played the controllers that the cluster does not have itself
     * @param targets where a Prometheus looks for what it is to read; null when there is none
     */
    public record Settings(
            Path directory,
            List<Machine> machines,
            List<String> images,
            String podNetns,
            String podAddress,
            Path authority,
            String namespace,
            Set<Played> played,
            Path targets) {}

    private final Semaphore changes = new Semaphore(1);
    private final ClusterView view;
    private final Pods pods;
    private final List<Controller> controllers;
    private final KubernetesClient client;
    private final Heartbeat heartbeat;

    /** Registers the machines and begins to follow the API server. */
    public NodeRunner(KubernetesClient client, ApiProfile profile, Settings settings) throws IOException {
        this.client = client;
        var writer = new ApiWriter(client);
        var nodes = new Nodes(writer, settings.namespace());
        settings.machines().forEach(nodes::register);
        heartbeat = profile == ApiProfile.SERVER ? new Heartbeat(client, settings.machines()) : null;
        view = new ClusterView(client, settings.namespace(), changes::release);
        pods = new Pods(view, writer, contexts(settings, writer, profile));
        controllers = new ArrayList<>();
        for (Played one : settings.played()) {
            controllers.add(controller(one, writer, profile));
        }
        controllers.add(pods);
        if (settings.targets() != null) {
            controllers.add(new Targets(view, settings.targets()));
        }
    }

    private Controller controller(Played one, ApiWriter writer, ApiProfile profile) {
        return switch (one) {
            case STATEFUL_SETS -> new StatefulSets(view, writer);
            case DEPLOYMENTS -> new Deployments(view, writer);
            case JOBS -> new Jobs(view, writer);
            case SCHEDULER -> new Scheduler(view, writer, profile);
            case GARBAGE_COLLECTOR -> new GarbageCollector(view, writer);
        };
    }

    private Map<String, PodContext> contexts(Settings settings, ApiWriter writer, ApiProfile profile)
            throws IOException {
        Path logs = Files.createDirectories(settings.directory().resolve("logs"));
        Path directory = Files.createDirectories(settings.directory().resolve("pods"));
        Images images = Images.parse(settings.images());
        Volumes.TokenSource tokens = profile == ApiProfile.IN_MEMORY
                ? (namespace, account) -> null
                : new TokenFiles(client, settings.authority());
        Map<String, PodContext> contexts = new HashMap<>();
        for (Machine machine : settings.machines()) {
            Files.createDirectories(machine.state());
            contexts.put(
                    machine.name(),
                    new PodContext(
                            machine,
                            view,
                            writer,
                            images,
                            tokens,
                            directory,
                            logs,
                            settings.podNetns(),
                            settings.podAddress(),
                            apiEnvironment(profile)));
        }
        return contexts;
    }

    /** Where a client in a pod finds the API server. */
    private Map<String, String> apiEnvironment(ApiProfile profile) {
        var url = client.getMasterUrl();
        if (profile == ApiProfile.IN_MEMORY) {
            return Map.of("KUBERNETES_MASTER", url.toString());
        }
        return Map.of(
                "KUBERNETES_SERVICE_HOST", url.getHost(), "KUBERNETES_SERVICE_PORT", Integer.toString(url.getPort()));
    }

    /** Runs until its thread is interrupted. */
    @Override
    public void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                changes.tryAcquire(LONGEST_PAUSE_MS, TimeUnit.MILLISECONDS);
                changes.drainPermits();
                reconcile(view::followCustomResources);
                for (Controller controller : controllers) {
                    reconcile(controller);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void reconcile(Controller controller) {
        try {
            controller.reconcile();
        } catch (KubernetesClientException e) {
            // The next round looks again.
            System.out.println(Instant.now() + " " + controller.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    /** Ends all pods' processes, with little grace, and stops to follow. */
    @Override
    public void close() throws InterruptedException {
        if (heartbeat != null) {
            heartbeat.close();
        }
        pods.close();
        view.close();
    }
}
