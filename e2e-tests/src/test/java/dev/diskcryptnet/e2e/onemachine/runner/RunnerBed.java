package dev.diskcryptnet.e2e.onemachine.runner;

import dev.diskcryptnet.e2e.onemachine.Run;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import dev.diskcryptnet.e2e.onemachine.api.Clients;
import dev.diskcryptnet.e2e.onemachine.api.InMemoryApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BooleanSupplier;

/** An API server in memory and a node runner with two machines, in this process. */
final class RunnerBed implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    final KubernetesClient client;
    final Path directory;
    private final InMemoryApiServer server;
    private final NodeRunner runner;
    private final Thread thread;

    RunnerBed(Path directory) throws IOException {
        this.directory = directory;
        server = new InMemoryApiServer("127.0.0.1", 0);
        client = Clients.of(server.url());
        List<Machine> machines = List.of(machine("one"), machine("two"));
        runner = new NodeRunner(
                client,
                ApiProfile.of(client),
                new NodeRunner.Settings(
                        directory,
                        machines,
                        List.of("shell=/bin|sh|-c"),
                        machines.getFirst().netns(),
                        "127.0.0.1",
                        null,
                        null,
                        EnumSet.allOf(Played.class),
                        null));
        thread = Thread.ofPlatform().name("node-runner").start(runner);
    }

    private Machine machine(String name) {
        String netns = "dcn-runner-" + name;
        Run.quietly("ip", "netns", "delete", netns);
        Run.checked("ip", "netns", "add", netns);
        Run.checked("ip", "-n", netns, "link", "set", "lo", "up");
        return new Machine(
                name, netns, "127.0.0.1", directory.resolve("machines").resolve(name));
    }

    /** What runs in the namespace of a machine. */
    static List<String> processes(String machine) {
        return Run.checked("ip", "netns", "pids", "dcn-runner-" + machine)
                .lines()
                .toList();
    }

    /** Waits until as many run there: a container's process begins as the shell that makes its sandbox. */
    void awaitProcesses(String machine, int count) throws InterruptedException {
        await(count + " processes on " + machine, () -> processes(machine).size() == count);
    }

    @SuppressWarnings("unchecked")
    <T extends HasMetadata> T apply(String yaml) {
        HasMetadata wanted = Serialization.unmarshal("---\n" + yaml);
        if (wanted.getMetadata().getNamespace() == null) {
            wanted.getMetadata().setNamespace("default");
        }
        ApiProfile.of(client).apply(client, wanted, "test");
        return (T) wanted;
    }

    Pod pod(String name) {
        return client.pods().inNamespace("default").withName(name).get();
    }

    boolean isReady(String pod) {
        Pod found = pod(pod);
        return found != null
                && PodTemplates.isReady(found)
                && found.getMetadata().getDeletionTimestamp() == null;
    }

    String phase(String pod) {
        Pod found = pod(pod);
        return found == null ? "absent" : PodTemplates.phase(found);
    }

    String log(String pod, String container) throws IOException {
        Path log = directory.resolve("logs").resolve("default." + pod + "." + container + ".log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                StringBuilder state = new StringBuilder();
                client.pods().inAnyNamespace().list().getItems().forEach(pod -> state.append(pod)
                        .append('\n'));
                throw new AssertionError("not within " + LIMIT + ": " + what + "\n" + state);
            }
            Thread.sleep(50);
        }
    }

    @Override
    public void close() throws Exception {
        thread.interrupt();
        thread.join();
        runner.close();
        client.close();
        server.close();
        for (String name : List.of("one", "two")) {
            Run.checked("ip", "netns", "delete", "dcn-runner-" + name);
        }
    }
}
