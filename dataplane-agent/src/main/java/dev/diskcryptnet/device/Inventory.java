package dev.diskcryptnet.device;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.diskcryptnet.device.Refusal.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The machine's NVMe controllers and network functions, what uses them, and whether they can be taken. Null is what the
 * machine does not tell.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Inventory(List<Disk> disks, List<Port> ports) {

    /**
     * An NVMe controller.
     *
     * @param physicalFunction that it is a virtual function of
     * @param model and {@code serial}: known while the kernel's driver has it
     * @param capacityBytes of all namespaces
     * @param numaNode -1 for none
     * @param iommuGroup null without an IOMMU
     * @param iommuNeighbours other functions of the group, bridges too
     * @param drivers with which it can be taken now: vfio, passthru
     * @param refusals why not with the others
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Disk(
            String pciAddress,
            String physicalFunction,
            String driver,
            String model,
            String serial,
            long capacityBytes,
            List<NvmeController.Namespace> namespaces,
            int numaNode,
            String iommuGroup,
            List<String> iommuNeighbours,
            List<String> drivers,
            List<Refusal> refusals) {}

    /**
     * A network function.
     *
     * @param physicalFunction that it is virtual function number {@code virtualFunction} of
     * @param virtualFunctions how many it has, of {@code totalVirtualFunctions}; null without SR-IOV
     * @param canBeTaken whether it, or a virtual function of it, can be a port
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Port(
            String pciAddress,
            String physicalFunction,
            Integer virtualFunction,
            Integer virtualFunctions,
            Integer totalVirtualFunctions,
            String driver,
            String vendorDevice,
            List<Interface> interfaces,
            int numaNode,
            String iommuGroup,
            boolean canBeTaken,
            List<Refusal> refusals) {}

    /**
     * A network interface.
     *
     * @param state as the kernel has it: up, down, ...
     * @param speedMbitPerSecond null when there is no link
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Interface(String name, String macAddress, Integer mtu, String state, Integer speedMbitPerSecond) {}

    /** Looks at the machine. Disks that seem free are looked into, and held for that moment. */
    public static Inventory of(MachineFiles files, Links links, BlockDevices blockDevices) {
        List<Disk> disks = new ArrayList<>();
        List<Port> ports = new ArrayList<>();
        for (String address : PciFunction.all(files)) {
            var function = new PciFunction(files, address);
            if (function.isNvme()) {
                disks.add(disk(new NvmeController(function), blockDevices));
            } else if (function.isNetwork()) {
                ports.add(port(function, links));
            }
        }
        return new Inventory(disks, ports);
    }

    private static Disk disk(NvmeController controller, BlockDevices blockDevices) {
        PciFunction function = controller.function();
        List<NvmeController.Namespace> namespaces = controller.namespaces();
        List<Refusal> refusals = new ArrayList<>(controller.refusals());
        if (refusals.isEmpty()) {
            for (NvmeController.Namespace namespace : namespaces) {
                content(namespace, blockDevices).ifPresent(refusals::add);
            }
        }
        List<String> drivers = new ArrayList<>();
        if (refusals.isEmpty()) {
            refusals.addAll(controller.refusalsOfVfio());
            if (refusals.isEmpty()) {
                drivers.add("vfio");
            }
            if (!namespaces.isEmpty() && namespaces.getFirst().genericDevice() != null) {
                drivers.add("passthru");
            }
        }
        List<String> neighbours = function.iommuGroupMembers().stream()
                .filter(member -> !member.equals(function.address()))
                .toList();
        return new Disk(
                function.address(),
                function.physicalFunction().orElse(null),
                orNull(function.driver()),
                controller.text("model").orElse(null),
                controller.text("serial").orElse(null),
                namespaces.stream()
                        .mapToLong(NvmeController.Namespace::capacityBytes)
                        .sum(),
                namespaces,
                function.numaNode(),
                function.iommuGroup().orElse(null),
                neighbours,
                drivers,
                refusals);
    }

    private static Optional<Refusal> content(NvmeController.Namespace namespace, BlockDevices blockDevices) {
        String path = namespace.blockDevice();
        Optional<AutoCloseable> claim = blockDevices.claim(path);
        if (claim.isEmpty()) {
            return Optional.of(new Refusal(
                    Rule.OPEN,
                    path + " is in use",
                    "stop what has it; on the machine: lsblk " + path + ", fuser -v " + path));
        }
        try {
            return blockDevices
                    .foreignData(path)
                    .map(found ->
                            new Refusal(Rule.FOREIGN_DATA, found, "wipe it if it is not needed: wipefs --all " + path));
        } finally {
            DiskPreparation.letGo(claim.get());
        }
    }

    private static Port port(PciFunction function, Links links) {
        Optional<String> parent = function.physicalFunction();
        List<Refusal> refusals = new ArrayList<>();
        if (parent.isPresent()) {
            refusals.addAll(FunctionUse.of(function, links));
        } else {
            refusals.addAll(physicalRefusals(function));
        }
        return new Port(
                function.address(),
                parent.orElse(null),
                parent.map(physical -> numberOf(function, physical)).orElse(null),
                boxed(function.virtualFunctionCount()),
                boxed(function.totalVirtualFunctions()),
                orNull(function.driver()),
                function.identity(),
                function.interfaces().stream()
                        .map(name -> netdev(function.files(), name))
                        .toList(),
                function.numaNode(),
                function.iommuGroup().orElse(null),
                refusals.isEmpty(),
                refusals);
    }

    /** A physical function stays the machine's, addresses and all; only virtual ones are taken. */
    private static List<Refusal> physicalRefusals(PciFunction function) {
        if (function.totalVirtualFunctions().orElse(0) == 0) {
            return List.of(new Refusal(
                    Rule.NO_SRIOV,
                    "it has no SR-IOV, or it is off",
                    "switch it on in the firmware, or name the interface by interfaceName"));
        }
        boolean wouldBeReset = function.virtualFunctionCount().orElse(0) == 0
                && function.interfaces().stream()
                        .anyMatch(name -> InterfaceUse.hasDefaultRoute(name, function.files()));
        return wouldBeReset
                ? List.of(new Refusal(
                        Rule.DEFAULT_ROUTE,
                        "it carries the machine's default route, and making virtual functions resets it",
                        "make them when the machine starts: echo 1 > " + function.path("sriov_numvfs")))
                : List.of();
    }

    private static Integer numberOf(PciFunction function, String physical) {
        var parent = new PciFunction(function.files(), physical);
        for (int i = 0; i < parent.virtualFunctionCount().orElse(0); i++) {
            if (parent.virtualFunction(i).filter(function.address()::equals).isPresent()) {
                return i;
            }
        }
        return null;
    }

    private static Interface netdev(MachineFiles files, String name) {
        String path = "/sys/class/net/" + name + "/";
        return new Interface(
                name,
                files.read(path + "address").orElse(null),
                files.read(path + "mtu").map(Integer::valueOf).orElse(null),
                files.read(path + "operstate")
                        .map(state -> state.toLowerCase(Locale.ROOT))
                        .orElse(null),
                files.read(path + "speed")
                        .map(Integer::valueOf)
                        .filter(speed -> speed > 0)
                        .orElse(null));
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static Integer boxed(java.util.OptionalInt number) {
        return number.isPresent() ? number.getAsInt() : null;
    }
}
