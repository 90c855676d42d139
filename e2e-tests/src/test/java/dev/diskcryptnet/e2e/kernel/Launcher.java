package dev.diskcryptnet.e2e.kernel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/** {@code ./dcn} as a person runs it, and what it leaves on this machine. */
public final class Launcher {
    public static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final String DCN = ROOT.resolve("dcn").toString();
    /** In the operator's command line; the node runner's names the file too. */
    public static final String OPERATOR = "-jar " + ROOT + "/operator/target/quarkus-app/quarkus-run.jar";

    private static final List<String> PLACES = List.of("/run/diskcryptnet", "/var/lib/diskcryptnet", "/run/netns");

    private Launcher() {}

    public static Run.Result run(String... arguments) {
        return Run.quietly(command(arguments));
    }

    /** Runs it; it must succeed. */
    public static String checked(String... arguments) {
        return Run.checked(command(arguments).toArray(String[]::new));
    }

    private static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(DCN));
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * Starts {@code ./dcn up} in the foreground of a process group of its own, whose id is the process's, with the signals
     * of a terminal's: tests that run in the background of a script are born deaf to interrupts.
     */
    public static Process foreground(Path log) throws IOException {
        return new ProcessBuilder("setsid", "env", "--default-signal=INT", DCN, "up")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    public static void awaitLine(Path log, String text, Duration limit) throws IOException, InterruptedException {
        long deadlineNs = System.nanoTime() + limit.toNanos();
        while (!Files.readString(log).contains(text)) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("no \"" + text + "\" within " + limit + " in:\n" + Files.readString(log));
            }
            Thread.sleep(50);
        }
    }

    public static JsonNode status() throws IOException {
        return new ObjectMapper().readTree(checked("status", "-o", "json"));
    }

    /** The agent's process. */
    public static long agent() throws IOException {
        String namespace = status().get("namespace").asText();
        return Long.parseLong(Run.checked("ip", "netns", "pids", namespace).strip());
    }

    /** A process of the control plane, by a part of its command line. */
    public static long control(String part) {
        return Run.checked("ip", "netns", "pids", "dcn-up-control")
                .lines()
                .filter(pid -> commandLine(Path.of("/proc", pid)).contains(part))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    public static void kill(String signal, long pid) {
        Run.checked("kill", "-s", signal, "--", Long.toString(pid));
    }

    /** Links, namespaces, mounts, files and processes of this machine that could be of the launcher's making. */
    public static TreeSet<String> traces() throws IOException {
        var traces = new TreeSet<String>();
        Run.checked("ip", "-o", "link", "show").lines().forEach(line -> traces.add("link " + line.split(": ")[1]));
        Run.checked("ip", "-o", "address", "show")
                .lines()
                .forEach(line -> traces.add("address " + line.split("\\s+")[3]));
        Run.checked("ip", "netns", "list").lines().forEach(line -> traces.add("namespace " + line));
        Files.readAllLines(Path.of("/proc/mounts")).forEach(line -> traces.add("mount " + line));
        Run.checked("losetup", "-a").lines().forEach(line -> traces.add("loop " + line));
        for (String place : PLACES) {
            if (Files.exists(Path.of(place))) {
                try (Stream<Path> files = Files.walk(Path.of(place))) {
                    files.forEach(file -> traces.add("file " + file));
                }
            }
        }
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            processes
                    .filter(path -> path.getFileName().toString().matches("\\d+"))
                    .map(Launcher::commandLine)
                    .filter(line -> line.contains(ROOT + "/dataplane-agent/")
                            || line.contains(ROOT + "/operator/")
                            || line.contains(ROOT + "/e2e-tests/") && line.contains("onemachine."))
                    .forEach(line -> traces.add("process " + line));
        }
        return traces;
    }

    private static String commandLine(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8)
                    .replace('\0', ' ');
        } catch (IOException e) {
            return "";
        }
    }
}
