package dev.diskcryptnet.e2e.guest;

/** The guest did not do what it was told: it does not boot, does not answer, or ended. */
public final class GuestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GuestException(String message) {
        super(message);
    }

    GuestException(String message, Throwable cause) {
        super(message, cause);
    }
}
