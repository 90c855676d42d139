package dev.diskcryptnet.device;

/** The host did not do, or tell, what it was asked. The message names the device and the remedy. */
public final class HostException extends RuntimeException {
    public HostException(String message) {
        super(message);
    }

    public HostException(String message, Throwable cause) {
        super(message, cause);
    }
}
