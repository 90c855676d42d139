package dev.diskcryptnet.netmap;

import dev.diskcryptnet.ffi.NativeException;

/** Opens ports by URI; the scheme names the driver. */
public final class Ports {
    /** The native library has no driver of that name; its message tells which it has. */
    private static final int EPROTONOSUPPORT = 93;

    private Ports() {}

    /**
     * Opens a network interface.
     *
     * @param uri {@code packet:IFNAME}, with options behind a question mark: {@code slots=N} slots in the
     *     data ring of each queue (a power of two), or {@code memory=BYTES} that they may take (default: 32 MiB, at most
     *     128 slots), {@code huge=0|1} whether from the pool of huge pages (where frames are copied; a ring's memory is the
     *     kernel's), {@code bypass=0|1} whether frames skip the kernel's
     *     queueing discipline (default: when the device segments TCP itself), {@code copy=0|1} whether frames are copied
     *     as they are sent (default: on virtual interfaces), {@code syns=N} SYNs a second that each queue takes (default:
     *     50,000; 0 for all); {@code xdp:IFNAME} or {@code netmap:IFNAME}, with the options
     *     that {@code dcn/net.h} lists
     * @throws NativeException when there is no such interface or the kernel refuses
     * @throws IllegalArgumentException when the scheme names no driver
     */
    public static Port open(String uri) {
        try {
            return NativePort.open(uri);
        } catch (NativeException e) {
            if (e.errno() == EPROTONOSUPPORT) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
            throw e;
        }
    }
}
