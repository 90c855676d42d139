package dev.diskcryptnet.e2e.guest;

/** A drive that is driven by our own driver. */
class VfioFaultsGuestE2E extends DiskFaults {
    VfioFaultsGuestE2E() {
        super("vfio", "vfio:0000:");
    }
}
