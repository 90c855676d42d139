package dev.diskcryptnet.e2e.onemachine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dcn up}, {@code down} and {@code status}: the whole of it on one machine, without a cluster. */
@Command(
        name = "dcn",
        subcommands = {OneMachine.Up.class, OneMachine.Down.class, OneMachine.Status.class},
        synopsisSubcommandLabel = "up|down|status",
        description = "Streams a sample video from a raw volume on this machine.",
        mixinStandardHelpOptions = true)
public final class OneMachine {
    private static final int FAILED = 1;
    private static final int STARTUP_END_SECONDS = 10;

    private OneMachine() {}

    /** Entry point of the launcher script. */
    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new OneMachine());
        line.setExecutionExceptionHandler((exception, command, parsed) -> {
            System.err.println("dcn: " + message(exception));
            return FAILED;
        });
        System.exit(line.execute(arguments));
    }

    private static String message(Exception exception) {
        return exception instanceof OneMachineException || exception.getMessage() != null
                ? exception.getMessage()
                : exception.toString();
    }

    @Command(
            name = "up",
            description = "Makes a namespace, a volume with the sample video, and an agent that streams it.",
            mixinStandardHelpOptions = true)
    static final class Up implements Callable<Integer> {
        @Option(names = "--detach", description = "Return when it streams; ./dcn down ends it.")
        boolean detach;

        @Option(names = "--root", hidden = true, required = true)
        Path root;

        @Override
        public Integer call() throws IOException, InterruptedException {
            if (!Network.processes().isEmpty()) {
                throw new OneMachineException("it is running already; ./dcn status shows it, ./dcn down ends it");
            }
            if (Teardown.run()) {
                System.out.println("  cleaned    what an earlier run had left");
            }
            var startup = new CountDownLatch(1);
            Thread starter = Thread.currentThread();
            Thread cleaner = new Thread(() -> tearDown(starter, startup), "teardown");
            Runtime.getRuntime().addShutdownHook(cleaner);
            Process agent;
            try {
                agent = new Startup(new Site(root)).run();
            } finally {
                startup.countDown();
            }
            System.out.println(StatusReport.text());
            if (detach) {
                Runtime.getRuntime().removeShutdownHook(cleaner);
                return 0;
            }
            System.out.println("Ctrl-C ends it.");
            int exitCode = agent.waitFor();
            if (exitCode != 0) {
                throw new OneMachineException("the agent ended with exitCode=" + exitCode + ":\n"
                        + java.nio.file.Files.readString(Site.LOG).strip());
            }
            return 0;
        }

        /** A startup that is under way ends first: else it would go on making what is taken away here. */
        private static void tearDown(Thread starter, CountDownLatch startup) {
            starter.interrupt();
            try {
                if (!startup.await(STARTUP_END_SECONDS, TimeUnit.SECONDS)) {
                    System.err.println("dcn: the start did not end; run ./dcn down");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Teardown.run();
        }
    }

    @Command(
            name = "down",
            description = "Ends what up started and leaves nothing behind.",
            mixinStandardHelpOptions = true)
    static final class Down implements Callable<Integer> {
        @Override
        public Integer call() {
            System.out.println(Teardown.run() ? "down" : "nothing was up");
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
