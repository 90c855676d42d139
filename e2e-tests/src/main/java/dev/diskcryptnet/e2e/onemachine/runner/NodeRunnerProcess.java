package dev.diskcryptnet.e2e.onemachine.runner;

import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import dev.diskcryptnet.e2e.onemachine.api.Clients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The node runner as a process: runs until it is killed. What it started goes on without it. */
@Command(name = "node-runner")
public final class NodeRunnerProcess implements Callable<Integer> {
    @Option(names = "--kubeconfig", required = true)
    Path kubeconfig;

    @Option(names = "--directory", required = true, description = "For logs, and for what pods are given as files.")
    Path directory;

    @Option(names = "--machine", required = true, description = "NAME,NETNS,ADDRESS,STATE")
    List<String> machines;

    @Option(names = "--image", description = "WORD=DIRECTORY|ENTRYPOINT|...")
    List<String> images;

    @Option(names = "--pod-netns", required = true, description = "Where pods without host network run.")
    String podNetns;

    @Option(names = "--pod-address", required = true)
    String podAddress;

    @Option(names = "--authority", description = "The certificate that the API server's is checked against.")
    Path authority;

    @Option(names = "--namespace", description = "The only one that is looked at; all when not given.")
    String namespace;

    @Option(names = "--play", description = "The controllers that the cluster has not, as a list; all by default.")
    String played;

    @Option(names = "--targets", description = "A file to write for Prometheus: where the pods' metrics are.")
    Path targets;

    private static final Duration API_LIMIT = Duration.ofSeconds(90);

    private NodeRunnerProcess() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new NodeRunnerProcess()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var settings = new NodeRunner.Settings(
                directory,
                machines.stream().map(Machine::parse).toList(),
                images,
                podNetns,
                podAddress,
                authority,
                namespace,
                played == null ? EnumSet.allOf(Played.class) : Played.parse(played),
                targets);
        // Started beside the API server, so that its classes are loaded meanwhile.
        long deadlineNs = System.nanoTime() + API_LIMIT.toNanos();
        while (!Files.exists(kubeconfig)) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IOException("no API server: kubeconfig=" + kubeconfig + " was not written");
            }
            Thread.sleep(20);
        }
        try (var client = Clients.of(kubeconfig);
                var runner = new NodeRunner(client, ApiProfile.of(client), settings)) {
            runner.run();
        }
        return 0;
    }
}
