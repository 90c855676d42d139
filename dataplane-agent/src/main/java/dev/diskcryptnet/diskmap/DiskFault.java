package dev.diskcryptnet.diskmap;

/** What the result of a command that failed says of the disk: see {@code nvme_errno} and the kernel's block layer. */
public enum DiskFault {
    /** The device answers, and what it has there cannot be read: it has tried, and another try changes nothing. */
    MEDIUM,
    /** The device is not there any more. */
    GONE,
    /** Anything else, such as a controller that is being reset: it may pass. */
    TRANSIENT;

    private static final int ENXIO = 6;
    private static final int ENODEV = 19;
    private static final int ENODATA = 61;
    private static final int EILSEQ = 84;

    /** @param result of a command that failed, or that moved fewer bytes than asked for */
    public static DiskFault of(int result) {
        return switch (-result) {
            case ENODEV, ENXIO -> GONE;
            case ENODATA, EILSEQ -> MEDIUM;
            // A kernel ends reads of a device that went, and of a file that was cut off, as at the end of a file.
            default -> result >= 0 ? GONE : TRANSIENT;
        };
    }
}
