package dev.diskcryptnet.e2e.onemachine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A program of the control plane: a JVM in its namespace, in a session of its own, so that Ctrl-C does not reach it
 * and it outlives whoever started it. It is found by the name of its class.
 */
enum Part {
    API_SERVER("the API server", "dev.diskcryptnet.e2e.onemachine.api.ApiServerProcess", "api-server.log"),
    NODE_RUNNER("the node runner", "dev.diskcryptnet.e2e.onemachine.runner.NodeRunnerProcess", "node-runner.log");

    private static final String HEAP = "-Xmx256m";

    private final String title;
    private final String mainClass;
    private final String logName;

    Part(String title, String mainClass, String logName) {
        this.title = title;
        this.mainClass = mainClass;
        this.logName = logName;
    }

    String title() {
        return title;
    }

    Path log() {
        return Site.LOGS.resolve(logName);
    }

    /** What it wrote, for a person who has to know why it ended. */
    String logged() {
        try {
            return Files.exists(log()) ? Files.readString(log()).strip() : "";
        } catch (IOException e) {
            return "its log cannot be read: " + e.getMessage();
        }
    }

    Process start(List<String> jvmOptions, List<String> arguments) throws IOException {
        Files.createDirectories(Site.LOGS);
        List<String> command = new ArrayList<>(List.of("setsid", "ip", "netns", "exec", Site.CONTROL));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // As the launcher's own JVM: short lives, little memory.
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", HEAP));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .start();
        process.getOutputStream().close();
        return process;
    }

    /** The process, whoever started it. */
    Optional<ProcessHandle> find() {
        return Network.processes(Site.CONTROL).stream()
                .filter(this::isIt)
                .findFirst()
                .flatMap(ProcessHandle::of);
    }

    private boolean isIt(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline")).contains("\0" + mainClass + "\0");
        } catch (IOException e) {
            // It has ended meanwhile.
            return false;
        }
    }
}
