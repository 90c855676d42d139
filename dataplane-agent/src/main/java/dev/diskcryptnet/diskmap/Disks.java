package dev.diskcryptnet.diskmap;

/** Opens disks by URI; the scheme names the driver. */
public final class Disks {
    private Disks() {}

    /**
     * Opens a disk.
     *
     * @param uri {@code uring:/dev/nvme0n1}, {@code uring:/srv/volume.img}, {@code uring:/path?direct=0}, {@code
     *     passthru:/dev/ng0n1}, {@code vfio:0000:01:00.0}, {@code vfio:0000:01:00.0?namespace=2}, or {@code mem:1G},
     *     {@code mem:1G?seed=7} and {@code mem:1G?direct=0} for tests
     * @throws IllegalArgumentException when the URI names no driver or has a wrong option
     * @throws dev.diskcryptnet.ffi.NativeException when the device cannot be had; the message says who holds it where
     *     that can be found out
     */
    public static Disk open(String uri, OpenMode mode) {
        int colon = uri.indexOf(':');
        String scheme = colon < 0 ? "" : uri.substring(0, colon);
        return switch (scheme) {
            case "uring", "passthru", "vfio" -> NativeDisk.open(uri, mode);
            case "mem" -> MemDisk.open(uri, mode);
            default ->
                throw new IllegalArgumentException("uri=" + uri
                        + " names no disk driver; write uring:/dev/NAME, uring:/PATH, passthru:/dev/ngXnY,"
                        + " vfio:PCI-ADDRESS or mem:SIZE");
        };
    }
}
