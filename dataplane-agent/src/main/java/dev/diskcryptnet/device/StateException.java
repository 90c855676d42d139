package dev.diskcryptnet.device;

/** The state directory, or the journal in it, cannot be used. The message names the file and the remedy. */
public final class StateException extends RuntimeException {
    /** What is in the way. */
    public enum Reason {
        /** Another process is at work with it. */
        IN_USE,
        /** The journal is not what was written, or a newer agent wrote it. */
        UNREADABLE,
        /** The file system refuses. */
        FAILED,
        /** What the journal has could not be put back. */
        NOT_RESTORED
    }

    private final Reason reason;

    StateException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    StateException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** What is in the way. */
    public Reason reason() {
        return reason;
    }
}
