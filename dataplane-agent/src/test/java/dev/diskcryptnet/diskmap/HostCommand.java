package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Programs of the machine that tests make devices with. */
final class HostCommand {
    private HostCommand() {}

    /**
     * Runs a program to its end. The test is skipped when the machine lacks it, or the right to do what it does.
     *
     * @return what it printed, without white space around it
     */
    static String run(String... command) throws IOException, InterruptedException {
        String program = command[0];
        assumeTrue(
                Files.isExecutable(Path.of("/usr/sbin", program)) || Files.isExecutable(Path.of("/usr/bin", program)),
                program + " is not installed");
        Outcome outcome = start(command);
        assumeTrue(outcome.status() == 0, String.join(" ", command) + ": " + outcome.output());
        return outcome.output();
    }

    /** Runs a program that takes away what {@link #run} made; the test fails when it does. */
    static void undo(String... command) throws IOException, InterruptedException {
        Outcome outcome = start(command);
        assertEquals(0, outcome.status(), String.join(" ", command) + ": " + outcome.output());
    }

    private record Outcome(int status, String output) {}

    private static Outcome start(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output.strip());
    }
}
