package dev.diskcryptnet.admin;

/** Why the {@link ObjectStore} did not do what it was asked to. The message names the object and the remedy. */
public final class StoreException extends RuntimeException {
    /** What stood in the way, and the status that says so. */
    public enum Reason {
        /** The path or the media type is malformed. */
        BAD_NAME(400),
        /** The path is taken and was to be free. */
        EXISTS(412),
        /** The volume takes no writes. */
        READ_ONLY(503),
        /** The object does not fit (RFC 4918 11.5). */
        NO_SPACE(507),
        /** The device or the volume failed. */
        FAILED(500);

        private final int status;

        Reason(int status) {
            this.status = status;
        }
    }

    private final Reason reason;

    public StoreException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** What stood in the way. */
    public Reason reason() {
        return reason;
    }

    /** HTTP status. */
    int status() {
        return reason.status;
    }
}
