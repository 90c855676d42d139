package dev.diskcryptnet.ffi;

/** A call of libdcn, or of the kernel below it, failed. The message names the call, the device and the errno. */
public final class NativeException extends RuntimeException {
    private final int errno;

    /**
     * @param message what was tried, on which device, and what to do about it where that is known
     * @param errno positive error number of the kernel
     */
    public NativeException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /** Positive error number. */
    public int errno() {
        return errno;
    }
}
