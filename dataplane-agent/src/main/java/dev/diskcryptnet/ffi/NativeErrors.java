package dev.diskcryptnet.ffi;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** Turns what libdcn returns into a named {@link NativeException}, for every caller in one place. */
public final class NativeErrors {
    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(1, "EPERM operation not permitted; run as root or with the capabilities the agent needs"),
            Map.entry(2, "ENOENT no such file or device"),
            Map.entry(4, "EINTR interrupted"),
            Map.entry(5, "EIO input/output error; look at the kernel's log for the device"),
            Map.entry(6, "ENXIO no such device or address"),
            Map.entry(9, "EBADF bad descriptor"),
            Map.entry(11, "EAGAIN try again"),
            Map.entry(
                    12,
                    "ENOMEM out of memory, or of memory that may be locked; raise the memlock limit (ulimit -l) or"
                            + " grant CAP_IPC_LOCK"),
            Map.entry(13, "EACCES permission denied; run as root or open the device to the agent"),
            Map.entry(14, "EFAULT bad address"),
            Map.entry(15, "ENOTBLK block device required"),
            Map.entry(16, "EBUSY in use; stop or unmount what holds it"),
            Map.entry(17, "EEXIST called on another thread than the one that owns the queue"),
            Map.entry(19, "ENODEV no such device"),
            Map.entry(22, "EINVAL invalid argument"),
            Map.entry(24, "EMFILE too many open files; raise the limit (ulimit -n)"),
            Map.entry(27, "EFBIG too large"),
            Map.entry(28, "ENOSPC no space left on the device"),
            Map.entry(30, "EROFS write protected"),
            Map.entry(
                    38,
                    "ENOSYS not in this kernel, or blocked; for io_uring see the sysctl kernel.io_uring_disabled and"
                            + " the container's seccomp profile"),
            Map.entry(42, "ENOMSG nothing but padding in a record"),
            Map.entry(61, "ENODATA no data; the medium could not be read"),
            Map.entry(71, "EPROTO not what the protocol allows"),
            Map.entry(74, "EBADMSG a record's tag does not hold"),
            Map.entry(79, "ELIBACC a shared library is not there; install it"),
            Map.entry(80, "ELIBBAD a shared library is not usable; install another version"),
            Map.entry(84, "EILSEQ checksum of the medium does not hold"),
            Map.entry(90, "EMSGSIZE too long"),
            Map.entry(92, "ENOPROTOOPT option not available"),
            Map.entry(93, "EPROTONOSUPPORT protocol or driver not supported"),
            Map.entry(95, "EOPNOTSUPP not supported here"),
            Map.entry(99, "EADDRNOTAVAIL address not available"),
            Map.entry(100, "ENETDOWN network interface is down; set it up (ip link set dev NAME up)"),
            Map.entry(105, "ENOBUFS no buffer space"),
            Map.entry(110, "ETIMEDOUT timed out"),
            Map.entry(121, "EREMOTEIO the device reported an error"),
            Map.entry(125, "ECANCELED cancelled"));

    private NativeErrors() {}

    /**
     * Returns {@code result} when it is not negative.
     *
     * @param what the call and the thing it was made on, for example {@code "dcn_disk_close disk=nvme0n1"}; a constant
     *     where the call is on a data path
     * @throws NativeException for {@code result = -errno}
     */
    public static int check(int result, String what) {
        if (result < 0) {
            throw failure(result, what);
        }
        return result;
    }

    /** The exception for {@code result}, which is {@code -errno}. */
    public static NativeException failure(int result, String what) {
        return new NativeException(what + ": " + describe(-result), -result);
    }

    /** An error number's name, meaning and, where one is known, the remedy. */
    public static String describe(int errno) {
        String name = NAMES.get(errno);
        return "errno=" + errno + (name == null ? "" : " " + name);
    }

    /** Text of at most {@code lengthBytes} bytes that ends at the first NUL. */
    public static String text(UnsafeBuffer buffer, int offset, int lengthBytes) {
        int length = 0;
        while (length < lengthBytes && buffer.getByte(offset + length) != 0) {
            length++;
        }
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
