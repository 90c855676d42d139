package dev.diskcryptnet.device;

/**
 * A disk that is wanted.
 *
 * @param pciAddress of an NVMe controller
 * @param driver how it is to be driven
 */
public record DiskRequest(String pciAddress, Driver driver) {
    /** Drivers that take a controller by its address. */
    public enum Driver {
        /** From the kernel's driver to vfio-pci. */
        VFIO,
        /** By the generic character device of the kernel's driver. */
        PASSTHRU
    }
}
