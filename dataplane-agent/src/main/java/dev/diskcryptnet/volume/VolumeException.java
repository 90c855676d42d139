package dev.diskcryptnet.volume;

/** A volume operation that did not happen. The message names the thing concerned and the remedy. */
public final class VolumeException extends RuntimeException {
    /** What stood in the way. */
    public enum Reason {
        /** The free space of the disk chosen does not hold the object. */
        NO_SPACE,
        /** The path is not absolute and normalised, or too long. */
        BAD_PATH,
        /** The volume, or the member concerned, takes no writes. */
        READ_ONLY,
        /** The device refused a read, a write or a flush. */
        DEVICE,
        /** The device carries something that a format would destroy. */
        OCCUPIED,
        /** The device carries no volume of ours. */
        NOT_A_VOLUME,
        /** The volume was written by another version of the format. */
        VERSION,
        /** The devices given do not make one volume. */
        MEMBERS,
        /** A structure of the volume is not what was written. */
        DAMAGED,
        /** The call does not fit the state of the object it was made on. */
        MISUSE
    }

    private final Reason reason;

    public VolumeException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public VolumeException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** What stood in the way. */
    public Reason reason() {
        return reason;
    }
}
