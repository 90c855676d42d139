package dev.diskcryptnet.agent;

import dev.diskcryptnet.device.BlockDevices;
import dev.diskcryptnet.device.HostException;
import dev.diskcryptnet.diskmap.ForeignData;
import dev.diskcryptnet.ffi.DiskLibrary;
import dev.diskcryptnet.ffi.NativeErrors;
import java.nio.file.Path;
import java.util.Optional;

/** This machine's block devices. */
final class KernelBlockDevices implements BlockDevices {
    private static final int EBUSY = 16;

    @Override
    public Optional<String> foreignData(String path) {
        return VolumeSetup.carriesVolume("uring:" + path) ? Optional.empty() : ForeignData.describe(Path.of(path));
    }

    @Override
    public Optional<AutoCloseable> claim(String path) {
        int claim = DiskLibrary.get().dcn_disk_claim(path);
        if (claim == -EBUSY) {
            return Optional.empty();
        }
        if (claim < 0) {
            throw new HostException("device=" + path + " cannot be held: " + NativeErrors.describe(-claim)
                    + "; the machine's /dev must be seen here, and opened (privileged: true)");
        }
        return Optional.of(() -> DiskLibrary.get().dcn_disk_unclaim(claim));
    }
}
