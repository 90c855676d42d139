package dev.diskcryptnet.memory;

/** A source that this machine does not have, or does not give; the message says why and what would help. */
public final class SourceException extends Exception {
    SourceException(String message) {
        super(message);
    }
}
