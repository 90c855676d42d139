package dev.diskcryptnet.device;

import java.util.Optional;

/** Looks into block devices, and holds them. What is not possible throws an unchecked exception that says why. */
public interface BlockDevices {
    /**
     * What is on a device that is not ours: file system, partition table, RAID or LVM signature, unknown data.
     *
     * @param path for example /dev/nvme0n1
     * @return a sentence; empty when it is empty or carries a volume of ours
     */
    Optional<String> foreignData(String path);

    /**
     * Holds a device so that nobody can mount it, swap on it or build anything from it.
     *
     * @return empty when somebody has it already, in whatever namespace
     */
    Optional<AutoCloseable> claim(String path);
}
