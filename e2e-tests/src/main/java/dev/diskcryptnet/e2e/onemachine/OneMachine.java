package dev.diskcryptnet.e2e.onemachine;

import dev.diskcryptnet.e2e.onemachine.api.ApiServerChoice;
import dev.diskcryptnet.e2e.onemachine.client.ApplyCommand;
import dev.diskcryptnet.e2e.onemachine.client.DeleteCommand;
import dev.diskcryptnet.e2e.onemachine.client.DescribeCommand;
import dev.diskcryptnet.e2e.onemachine.client.GetCommand;
import dev.diskcryptnet.e2e.onemachine.client.ScaleCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dcn up}, {@code down} and {@code status}: the whole of it on one machine, without a cluster. */
@Command(
        name = "dcn",
        subcommands = {
            OneMachine.Up.class,
            OneMachine.Down.class,
            OneMachine.Status.class,
            GetCommand.class,
            DescribeCommand.class,
            ApplyCommand.class,
            ScaleCommand.class,
            DeleteCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        description = "Streams a sample video from a raw volume on this machine, declared through a Kubernetes API.",
        mixinStandardHelpOptions = true)
public final class OneMachine {
    private static final int FAILED = 1;
    private static final int STARTUP_END_SECONDS = 10;

    private OneMachine() {}

    /** Entry point of the launcher script. */
    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new OneMachine());
        line.setExecutionExceptionHandler((exception, command, parsed) -> {
            System.err.println(said(message(exception)));
            return FAILED;
        });
        System.exit(line.execute(arguments));
    }

    /** What a server refused is said as kubectl says it, so that scripts for one do for the other. */
    private static String said(String message) {
        return message.startsWith("Error from server") ? message : "dcn: " + message;
    }

    private static String message(Exception exception) {
        return exception instanceof OneMachineException || exception.getMessage() != null
                ? exception.getMessage()
                : exception.toString();
    }

    @Command(
            name = "up",
            description = "Makes machines of network namespaces, an API server, a node runner and the operator, and"
                    + " applies a StreamingNode that streams the sample video.",
            mixinStandardHelpOptions = true)
    static final class Up implements Callable<Integer> {
        @Option(names = "--detach", description = "Return when it streams; ./dcn down ends it.")
        boolean detach;

        @Option(names = "--nodes", paramLabel = "N", description = "Machines; for pools.", defaultValue = "1")
        int machines;

        @Option(
                names = "--api",
                paramLabel = "auto|server|memory|kubeconfig",
                description = "The API server: kube-apiserver when it can be had, only that, the one in memory, or the"
                        + " one of KUBECONFIG, for which the machines are nodes of this computer and the rest is in a"
                        + " namespace of its own.",
                defaultValue = "auto")
        ApiServerChoice.Wish wish;

        @Option(
                names = "--observe",
                description =
                        "Start Debian's Prometheus on the agents and the operator, with the chart's rules, and print"
                                + " its address.")
        boolean observe;

        @Option(
                names = "--cluster",
                description = "Install the chart on the cluster of KUBECONFIG instead, and apply a sample there.")
        boolean cluster;

        @Option(
                names = "--sample",
                paramLabel = "FILE",
                description = "What --cluster applies. Default: deploy/samples/pool.yaml, whose machines are those that"
                        + " carry its label, so none at first.")
        Path sample;

        @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A value of the chart, with --cluster.")
        Map<String, String> values = Map.of();

        @Option(names = "--root", hidden = true, required = true)
        Path root;

        @Override
        public Integer call() throws IOException, InterruptedException {
            return cluster ? onCluster() : onThisMachine();
        }

        private int onCluster() throws IOException {
            if (observe) {
                throw new OneMachineException(
                        "--observe is for this machine's agents; a cluster has a Prometheus of its own,"
                                + " which the chart's PodMonitors and PrometheusRule are for: see helm/diskcryptnet/README.md");
            }
            String named = System.getenv("KUBECONFIG");
            if (named == null || named.isEmpty()) {
                throw new OneMachineException("--cluster needs KUBECONFIG to name the kubeconfig file of a cluster");
            }
            var site = new Site(root);
            Path kubeconfig = Path.of(named).toAbsolutePath();
            ClusterInstall.chart(site.chart(), kubeconfig, values);
            System.out.println("release diskcryptnet in namespace diskcryptnet");
            Path file = sample == null ? site.root().resolve("deploy/samples/pool.yaml") : sample;
            System.out.println(ClusterInstall.sample(file, kubeconfig));
            System.out.println("The images have to be where the cluster finds them: ./dcn images builds them.");
            System.out.println("See ./dcn get diskcryptnet -n diskcryptnet; to undo: helm -n diskcryptnet uninstall"
                    + " diskcryptnet, when its StreamingNodes and pools are deleted.");
            return 0;
        }

        private int onThisMachine() throws IOException, InterruptedException {
            if (machines < 1 || machines > Site.MAX_MACHINES) {
                throw new OneMachineException("nodes=" + machines + " is not within 1.." + Site.MAX_MACHINES);
            }
            if (StatusReport.missing().isEmpty()) {
                throw new OneMachineException("it is running already; ./dcn status shows it, ./dcn down ends it");
            }
            var site = new Site(root);
            var teardown = new Teardown(site);
            Observer observer = observe ? new Observer(site) : null;
            if (teardown.run()) {
                System.out.println("  cleaned    what an earlier run had left");
            }
            var startup = new CountDownLatch(1);
            Thread starter = Thread.currentThread();
            Thread cleaner = new Thread(() -> tearDown(teardown, starter, startup), "teardown");
            Runtime.getRuntime().addShutdownHook(cleaner);
            Map<Part, Process> parts;
            try {
                parts = new Startup(site, machines, wish, observer).run();
            } finally {
                startup.countDown();
            }
            System.out.println(StatusReport.text());
            if (detach) {
                Runtime.getRuntime().removeShutdownHook(cleaner);
                return 0;
            }
            System.out.println("Ctrl-C ends it.");
            awaitEnd(parts);
            return 0;
        }

        private static void awaitEnd(Map<Part, Process> parts) {
            CompletableFuture.anyOf(parts.values().stream().map(Process::onExit).toArray(CompletableFuture[]::new))
                    .join();
            parts.forEach((part, process) -> {
                if (!process.isAlive()) {
                    throw new OneMachineException(
                            part.title() + " ended with exitCode=" + process.exitValue() + ":\n" + part.logged());
                }
            });
        }

        /** A startup that is under way ends first: else it would go on making what is taken away here. */
        private static void tearDown(Teardown teardown, Thread starter, CountDownLatch startup) {
            starter.interrupt();
            try {
                if (!startup.await(STARTUP_END_SECONDS, TimeUnit.SECONDS)) {
                    System.err.println("dcn: the start did not end; run ./dcn down");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            teardown.run();
        }
    }

    @Command(
            name = "down",
            description = "Ends what up started and leaves nothing behind.",
            mixinStandardHelpOptions = true)
    static final class Down implements Callable<Integer> {
        @Option(names = "--root", hidden = true, required = true)
        Path root;

        @Override
        public Integer call() {
            System.out.println(new Teardown(new Site(root)).run() ? "down" : "nothing was up");
            return 0;
        }
    }

    @Command(name = "status", description = "Shows where things are.", mixinStandardHelpOptions = true)
    static final class Status implements Callable<Integer> {
        @Option(names = "-o", paramLabel = "json", description = "Print JSON.")
        String output;

        @Override
        public Integer call() {
            if (output != null && !output.equals("json")) {
                throw new OneMachineException("output=" + output + " is not known; use -o json");
            }
            System.out.println(
                    output == null ? StatusReport.text() : StatusReport.json().toPrettyString());
            return 0;
        }
    }
}
