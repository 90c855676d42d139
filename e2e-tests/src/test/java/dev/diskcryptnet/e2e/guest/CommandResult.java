package dev.diskcryptnet.e2e.guest;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How a command in the guest ended.
 *
 * @param command as it was given to the guest's bash
 * @param exitCode its exit status; 124 or 137 when it ran out of its time
 * @param output bytes of its standard output
 * @param errorOutput bytes of its standard error
 */
public record CommandResult(String command, int exitCode, byte[] output, byte[] errorOutput) {
    /** Whether it exited with 0. */
    public boolean ok() {
        return exitCode == 0;
    }

    /** Standard output as text, without blank space at its ends. */
    public String stdout() {
        return new String(output, StandardCharsets.UTF_8).strip();
    }

    /** Standard error as text, without blank space at its ends. */
    public String stderr() {
        return new String(errorOutput, StandardCharsets.UTF_8).strip();
    }

    /**
     * Itself, when it exited with 0.
     *
     * @throws AssertionError with what it printed, when it did not
     */
    public CommandResult checked() {
        if (!ok()) {
            throw new AssertionError(this);
        }
        return this;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CommandResult that
                && command.equals(that.command)
                && exitCode == that.exitCode
                && Arrays.equals(output, that.output)
                && Arrays.equals(errorOutput, that.errorOutput);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(output) * 31 + exitCode;
    }

    @Override
    public String toString() {
        return "guest$ " + command.strip() + "\nexitCode=" + exitCode + "\n" + stdout() + "\n" + stderr();
    }
}
