package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** One disk of the volume: exactly one of {@code pciAddress} and {@code path}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class DiskSpec {
    @JsonPropertyDescription(
            "PCI address of an NVMe controller, domain:bus:device.function, for example 0000:3b:00.0. Needs "
                    + "driver vfio or passthru.")
    public String pciAddress;

    @JsonPropertyDescription(
            "Absolute path of a block device, or of a file that stands in for one. Needs driver uring.")
    public String path;

    @JsonPropertyDescription(
            "How the disk is driven: uring (io_uring, any block device or file), passthru (NVMe commands "
                    + "through io_uring) or vfio "
                    + "(user-space queue pairs behind the IOMMU). uring for a path and vfio for a pciAddress "
                    + "when not given.")
    public DiskDriver driver;

    @JsonProperty(defaultValue = "true")
    @JsonPropertyDescription(
            "Whether reads and writes bypass the kernel's page cache (O_DIRECT). false is for files in tests "
                    + "and comparisons with servers that use the page cache.")
    public Boolean direct;
}
