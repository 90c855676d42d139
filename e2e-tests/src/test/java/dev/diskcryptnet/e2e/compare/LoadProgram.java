package dev.diskcryptnet.e2e.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The load generator, built into a directory, and what it says about {@link #OBJECTS} objects on loopback. */
record LoadProgram(Path directory) {
    static final int OBJECTS = 100;

    /** Exit status and report of one run. */
    record Outcome(int status, JsonNode report) {
        long kind(String name) {
            return report.get("errorKinds").get(name).asLong();
        }

        long count(String name) {
            return report.get(name).asLong();
        }
    }

    static LoadProgram build(Path directory) throws Exception {
        Process make = new ProcessBuilder("make", "-s", "-C", "compare/load", "OUT=" + directory)
                .inheritIO()
                .start();
        assertEquals(0, make.waitFor());
        return new LoadProgram(directory);
    }

    Outcome run(int port, int objectBytes, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                directory.resolve("load").toString(),
                "--server=127.0.0.1:" + port,
                "--prefix=/bench/",
                "--objects=" + OBJECTS,
                "--object-bytes=" + objectBytes,
                "--stall=1"));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        JsonNode report = new ObjectMapper().readTree(process.getInputStream());
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        return new Outcome(process.exitValue(), report);
    }

    /** Each object once. */
    Outcome pass(int port, int objectBytes, String... more) throws Exception {
        List<String> options = new ArrayList<>(List.of("--once", "--connections=8", "--shuffle=1"));
        options.addAll(List.of(more));
        return run(port, objectBytes, options.toArray(String[]::new));
    }
}
