package dev.diskcryptnet.agent;

/** Ends a command with an exit status and a message for a person: what happened, to what, and what to do. */
final class CommandException extends RuntimeException {
    private final int exitCode;

    /** @param exitCode one of {@link ExitCode} */
    CommandException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** @param exitCode one of {@link ExitCode} */
    CommandException(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
