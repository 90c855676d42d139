package dev.diskcryptnet.diskmap;

import java.nio.file.Path;
import java.util.Optional;

/** The block device or file under which the kernel knows a disk. */
public final class KernelDevice {
    private KernelDevice() {}

    /**
     * What others would mount, hold or have written to, whichever driver we use.
     *
     * @param uri as of {@link Disks#open}
     * @return {@code /dev/nvme0n1} for {@code passthru:/dev/ng0n1}, whose own device node is another; empty for a driver under
     *     which the kernel has no device
     */
    public static Optional<Path> of(String uri) {
        return node(uri)
                .map(path -> uri.startsWith("passthru:")
                        ? path.resolveSibling(path.getFileName().toString().replaceFirst("^ng", "nvme"))
                        : path);
    }

    /** The device node or file that the driver opens; empty for a driver that opens none. */
    public static Optional<Path> node(String uri) {
        if (!uri.startsWith("uring:") && !uri.startsWith("passthru:")) {
            return Optional.empty();
        }
        int query = uri.indexOf('?');
        return Optional.of(Path.of(uri.substring(uri.indexOf(':') + 1, query < 0 ? uri.length() : query)));
    }
}
