package dev.diskcryptnet.tls;

/** A certificate or key that cannot be used. The message names the file, what is wrong with it, and the remedy. */
public final class TlsConfigException extends RuntimeException {
    TlsConfigException(String message) {
        super(message);
    }

    TlsConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
