package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** One disk of the volume: exactly one of {@code pciAddress} and {@code path}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "has(self.pciAddress) != has(self.path)",
        message = "a disk must have exactly one of pciAddress and path; write one and remove the other")
@ValidationRule(
        value = "!has(self.driver) || !has(self.path) || self.driver == 'uring'",
        message = "driver must be uring for a disk given by path; leave driver out, or give the disk's pciAddress")
@ValidationRule(
        value = "!has(self.driver) || !has(self.pciAddress) || self.driver != 'uring'",
        message = "driver must be vfio or passthru for a disk given by pciAddress; leave driver out, or give the block "
                + "device's path")
@ValidationRule(
        value = "!has(self.direct) || self.direct || !has(self.pciAddress)",
        message = "direct: false goes with path only; remove direct, a disk given by pciAddress has no page cache")
public final class DiskSpec {
    @JsonPropertyDescription(
            "PCI address of an NVMe controller, domain:bus:device.function, for example 0000:3b:00.0. Needs "
                    + "driver vfio or passthru.")
    @Size(min = 1, max = Limits.MAX_PCI_ADDRESS_LENGTH)
    @Pattern(Patterns.PCI_ADDRESS)
    @ValidationRule(
            value = "self.matches('" + Patterns.PCI_ADDRESS + "')",
            message =
                    "pciAddress must be domain:bus:device.function in lower case; write it as lspci -D does, for example "
                            + "0000:3b:00.0")
    public String pciAddress;

    @JsonPropertyDescription(
            "Absolute path of a block device, or of a file that stands in for one. Needs driver uring.")
    @Size(min = 1, max = Limits.MAX_PATH_LENGTH)
    @Pattern(Patterns.PATH)
    @ValidationRule(
            value = "self.matches('" + Patterns.PATH + "') && !self.matches('" + Patterns.PATH_STEP_BACK + "')",
            message =
                    "path must be absolute, of letters, digits and - . _ @ + = , : with no empty, . or .. step; write "
                            + "it like /dev/nvme0n1")
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
