package dev.diskcryptnet.device;

import dev.diskcryptnet.device.Refusal.Rule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An NVMe controller as the kernel shows it at the moment of each call. */
public final class NvmeController {
    private static final Pattern NAMESPACE = Pattern.compile("nvme(\\d+)(?:c\\d+)?n(\\d+)");
    private static final String BLOCKS = "/sys/class/block/";
    private static final int SECTOR_BYTES = 512;
    private static final String KERNEL_DRIVER = "nvme";

    private final PciFunction function;

    NvmeController(PciFunction function) {
        this.function = function;
    }

    /**
     * A namespace with its device nodes.
     *
     * @param id as in NVMe commands
     * @param blockDevice /dev/nvme0n1
     * @param genericDevice /dev/ng0n1; null where the kernel (before 5.13) has none
     */
    public record Namespace(int id, String blockDevice, String genericDevice, long capacityBytes) {
        String blockName() {
            return blockDevice.substring(blockDevice.lastIndexOf('/') + 1);
        }
    }

    PciFunction function() {
        return function;
    }

    /** As {@code disk=0000:3b:00.0}. */
    String device() {
        return "disk=" + function.address();
    }

    /** Of the controller, for example nvme0; empty unless the kernel's driver has it. */
    Optional<String> name() {
        return function.files().list(function.path("nvme")).stream().findFirst();
    }

    Optional<String> text(String attribute) {
        return name().flatMap(name -> function.files().read(function.path("nvme/" + name + "/" + attribute)));
    }

    /** Namespaces that the kernel has block devices for, by number. */
    List<Namespace> namespaces() {
        List<Namespace> found = new ArrayList<>();
        name().ifPresent(name -> function.files()
                .list(function.path("nvme/" + name))
                .forEach(entry -> {
                    Matcher matcher = NAMESPACE.matcher(entry);
                    if (matcher.matches()) {
                        // Where several controllers lead to a namespace (nvme0c1n1 is one's way), it has one device for
                        // all.
                        namespace(matcher.group(1) + "n" + matcher.group(2)).ifPresent(found::add);
                    }
                }));
        found.sort(Comparator.comparingInt(Namespace::id));
        return found;
    }

    private Optional<Namespace> namespace(String numbers) {
        MachineFiles files = function.files();
        String block = "nvme" + numbers;
        if (!files.exists(BLOCKS + block)) {
            return Optional.empty();
        }
        String generic = "ng" + numbers;
        long sectors = files.read(BLOCKS + block + "/size").map(Long::parseLong).orElse(0L);
        return Optional.of(new Namespace(
                files.read(BLOCKS + block + "/nsid").map(Integer::parseInt).orElse(1),
                "/dev/" + block,
                files.exists("/dev/" + generic) ? "/dev/" + generic : null,
                sectors * SECTOR_BYTES));
    }

    /** What speaks against taking it, whatever the driver; what is on it is not looked at. */
    List<Refusal> refusals() {
        List<Refusal> found = new ArrayList<>();
        int functions = function.virtualFunctionCount().orElse(0);
        if (functions > 0) {
            found.add(new Refusal(
                    Rule.HAS_VIRTUAL_FUNCTIONS,
                    "it is a physical function with " + functions + " virtual functions, whose disks would go with it",
                    "name one of those, for example "
                            + function.virtualFunction(0).orElse("virtfn0")
                            + "; or, when nobody has them, run: echo 0 > " + function.path("sriov_numvfs")));
        }
        String driver = function.driver();
        if (!driver.isEmpty() && !driver.equals(KERNEL_DRIVER) && !driver.equals(PciFunction.VFIO)) {
            found.add(new Refusal(
                    Rule.OTHER_DRIVER,
                    "driver=" + driver + " has it",
                    "stop what uses it, and give it back to the kernel's nvme driver"));
        }
        for (Namespace namespace : namespaces()) {
            found.addAll(BlockUse.of(function.files(), namespace.blockName()));
        }
        if (driver.equals(PciFunction.VFIO)) {
            function.iommuGroup()
                    .flatMap(group -> function.files().processHolding("/dev/vfio/" + group))
                    .ifPresent(process -> found.add(new Refusal(
                            Rule.OPEN, "it is open in " + process + " through vfio-pci", "stop that first")));
        }
        return found;
    }

    /** What speaks against VFIO in particular. */
    List<Refusal> refusalsOfVfio() {
        Optional<String> group = function.iommuGroup();
        if (group.isEmpty()) {
            return List.of(new Refusal(
                    Rule.NO_IOMMU,
                    "the IOMMU is off, so nothing would keep the device within the agent's buffers",
                    "switch it on in the firmware (VT-d, AMD-Vi) and on the kernel's command line (intel_iommu=on "
                            + "iommu=pt; AMD: iommu=pt), or use driver: passthru"));
        }
        List<String> strangers = function.iommuGroupMembers().stream()
                .filter(address -> !address.equals(function.address()))
                .filter(address -> !new PciFunction(function.files(), address).isBridge())
                .toList();
        if (!strangers.isEmpty()) {
            return List.of(new Refusal(
                    Rule.SHARED_GROUP,
                    "it shares IOMMU group " + group.get() + " with " + String.join(", ", strangers)
                            + ", which would have to be taken from the machine as well",
                    "put it into another slot, or use driver: passthru"));
        }
        return List.of();
    }
}
