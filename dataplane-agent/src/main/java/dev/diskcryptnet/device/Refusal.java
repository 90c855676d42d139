package dev.diskcryptnet.device;

/**
 * Why a device cannot be taken.
 *
 * @param rule that is broken
 * @param found what was seen, with its name
 * @param remedy what a person can do
 */
public record Refusal(Rule rule, String found, String remedy) {
    /** What a device must not be, or must have. */
    public enum Rule {
        /** No device has the address. */
        MISSING(Kind.MISSING),
        /** It is not an NVMe controller, or not a network card. */
        WRONG_CLASS(Kind.UNFIT),
        /** A virtual function stands where a physical one was asked for. */
        NOT_PHYSICAL(Kind.UNFIT),
        /** Others have virtual functions of it, which would end with it. */
        HAS_VIRTUAL_FUNCTIONS(Kind.BUSY),
        /** The machine runs from it: it carries /, /boot, /usr or the EFI partition. */
        BOOT_DISK(Kind.BUSY),
        /** A file system on it is mounted. */
        MOUNTED(Kind.BUSY),
        /** It is swap space. */
        SWAP(Kind.BUSY),
        /** RAID, LVM or another mapping is built from it. */
        HELD(Kind.BUSY),
        /** Somebody has it open who wants it alone. */
        OPEN(Kind.BUSY),
        /** It holds what is not ours. */
        FOREIGN_DATA(Kind.BUSY),
        /** Another driver than the kernel's own for it has it. */
        OTHER_DRIVER(Kind.BUSY),
        /** The kernel routes through it. */
        DEFAULT_ROUTE(Kind.BUSY),
        /** The kernel has IP addresses on it. */
        HAS_ADDRESS(Kind.BUSY),
        /** It is part of a bridge, a bond or a team, or something is stacked on it. */
        ENSLAVED(Kind.BUSY),
        /** Its interface is in another network namespace, most likely a pod's. */
        ELSEWHERE(Kind.BUSY),
        /** Its IOMMU group has somebody else's device. */
        SHARED_GROUP(Kind.BUSY),
        /** The IOMMU is off. */
        NO_IOMMU(Kind.UNFIT),
        /** The kernel has no vfio-pci. */
        NO_VFIO(Kind.UNFIT),
        /** The kernel has no driver for it. */
        NO_DRIVER(Kind.UNFIT),
        /** The controller shows no namespace, or none of the number. */
        NO_NAMESPACE(Kind.UNFIT),
        /** It has no SR-IOV, or the firmware has it off. */
        NO_SRIOV(Kind.UNFIT),
        /** It has, or can have, fewer virtual functions than are asked for. */
        TOO_FEW_FUNCTIONS(Kind.UNFIT);

        /** What a refusal is to whoever runs the node. */
        public enum Kind {
            /** The device is not there. */
            MISSING,
            /** It is somebody else's. */
            BUSY,
            /** The machine is not set up for it, or the wrong device was named. */
            UNFIT
        }

        private final Kind kind;

        Rule(Kind kind) {
            this.kind = kind;
        }

        /** What it is to whoever runs the node. */
        public Kind kind() {
            return kind;
        }
    }

    /** Both in one sentence. */
    public String text() {
        return found + "; " + remedy;
    }
}
