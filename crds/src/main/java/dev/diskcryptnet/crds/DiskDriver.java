package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a disk is driven. */
public enum DiskDriver {
    /** io_uring with direct I/O, on any block device or file. */
    @JsonProperty("uring")
    URING,
    /** NVMe commands through io_uring on the generic character device. */
    @JsonProperty("passthru")
    PASSTHRU,
    /** The project's own NVMe driver over VFIO. */
    @JsonProperty("vfio")
    VFIO
}
