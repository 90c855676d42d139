package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.Reason;

/** Ends a command with an exit status and a message for a person: what happened, to what, and what to do. */
final class CommandException extends RuntimeException {
    private final int exitCode;
    private final Reason reason;
    private final String device;

    /** @param exitCode one of {@link ExitCode} */
    CommandException(int exitCode, String message) {
        this(exitCode, message, null);
    }

    /** @param exitCode one of {@link ExitCode} */
    CommandException(int exitCode, String message, Throwable cause) {
        this(exitCode, null, null, message, cause);
    }

    /**
     * One that an operator is to understand.
     *
     * @param exitCode one of {@link ExitCode}
     * @param reason as a condition would have it; null when none fits
     * @param device the disk's path, the interface's name; null when it is not one device's fault
     */
    CommandException(int exitCode, Reason reason, String device, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.reason = reason;
        this.device = device;
    }

    int exitCode() {
        return exitCode;
    }

    /** Null when none fits. */
    Reason reason() {
        return reason;
    }

    /** Null when it is not one device's fault. */
    String device() {
        return device;
    }
}
