package dev.diskcryptnet.e2e.onemachine;

/** Something that a person has to know and can act on; the message is all that is shown. */
public final class OneMachineException extends RuntimeException {
    public OneMachineException(String message) {
        super(message);
    }
}
