package dev.diskcryptnet.e2e.onemachine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Runs other programs to their end. */
public final class Run {
    /** How a program ended, and what it printed on both outputs. */
    public record Result(int exitCode, String output) {
        /** Whether it exited with 0. */
        public boolean ok() {
            return exitCode == 0;
        }
    }

    private Run() {}

    /** Runs a program and returns how it ended. */
    public static Result quietly(String... command) {
        return quietly(Arrays.asList(command));
    }

    /** Runs a program and returns how it ended. */
    public static Result quietly(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run command=" + String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in command=" + String.join(" ", command), e);
        }
    }

    /**
     * Runs a program that must succeed.
     *
     * @return what it printed
     * @throws OneMachineException with its output when it fails
     */
    public static String checked(String... command) {
        Result result = quietly(command);
        if (!result.ok()) {
            throw new OneMachineException("command=" + String.join(" ", command) + " ended with exitCode="
                    + result.exitCode() + ": " + result.output().strip());
        }
        return result.output();
    }
}
