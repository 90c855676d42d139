package dev.diskcryptnet.device;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One function on the PCI bus, as sysfs shows it at the moment of each call.
 *
 * @param files of the machine
 * @param address {@code domain:bus:device.function}
 */
record PciFunction(MachineFiles files, String address) {
    static final String DEVICES = "/sys/bus/pci/devices/";
    static final String DRIVERS = "/sys/bus/pci/drivers/";
    static final String VFIO = "vfio-pci";

    /** What sysfs shows as driver_override when there is none. */
    private static final String NO_OVERRIDE = "(null)";

    /** Base class and subclass of the PCI Code and ID Assignment Specification: 1.2, 1.7 and 1.9. */
    private static final String CLASS_NVME = "0x0108";

    private static final String CLASS_NETWORK = "0x02";
    private static final String CLASS_BRIDGE = "0x06";

    /** Addresses of all functions. */
    static List<String> all(MachineFiles files) {
        return files.list(DEVICES);
    }

    String path() {
        return DEVICES + address;
    }

    String path(String attribute) {
        return path() + "/" + attribute;
    }

    private Optional<String> read(String attribute) {
        return files.read(path(attribute));
    }

    boolean exists() {
        return files.exists(path());
    }

    boolean isNvme() {
        return read("class").orElse("").startsWith(CLASS_NVME);
    }

    boolean isNetwork() {
        return read("class").orElse("").startsWith(CLASS_NETWORK);
    }

    boolean isBridge() {
        return read("class").orElse("").startsWith(CLASS_BRIDGE);
    }

    /** Vendor and device, {@code 8086:10c9}: another device at this address is not the one that was changed. */
    String identity() {
        return (read("vendor").orElse("?") + ":" + read("device").orElse("?")).replace("0x", "");
    }

    /** Name of the driver, empty for none. */
    String driver() {
        return files.linkName(path("driver")).orElse("");
    }

    /** Name of the only driver that it may have, empty for any. */
    String driverOverride() {
        return read("driver_override").filter(name -> !name.equals(NO_OVERRIDE)).orElse("");
    }

    int numaNode() {
        return read("numa_node").map(Integer::parseInt).orElse(-1);
    }

    /** Number of its IOMMU group; empty without an IOMMU. */
    Optional<String> iommuGroup() {
        return files.linkName(path("iommu_group"));
    }

    /** Addresses of all functions of its IOMMU group, itself too. */
    List<String> iommuGroupMembers() {
        return files.list(path("iommu_group/devices"));
    }

    /** The physical function that it belongs to, when it is a virtual one. */
    Optional<String> physicalFunction() {
        return files.linkName(path("physfn"));
    }

    /** The most virtual functions that it can have; empty without SR-IOV. */
    OptionalInt totalVirtualFunctions() {
        return number("sriov_totalvfs");
    }

    /** How many it has; empty without SR-IOV. */
    OptionalInt virtualFunctionCount() {
        return number("sriov_numvfs");
    }

    private OptionalInt number(String attribute) {
        Optional<String> text = read(attribute);
        return text.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(text.get()));
    }

    /** Address of one of its virtual functions. */
    Optional<String> virtualFunction(int index) {
        return files.linkName(path("virtfn" + index));
    }

    /** Network interfaces in this network namespace; of virtio they lie one level deeper. */
    List<String> interfaces() {
        if (files.exists(path("net"))) {
            return files.list(path("net"));
        }
        return files.list(path()).stream()
                .filter(child -> child.startsWith("virtio"))
                .flatMap(child -> files.list(path(child + "/net")).stream())
                .toList();
    }

    /**
     * The interface of a function that has several: the one that stands for no virtual function (a representor, whose
     * port name is like pf0vf3).
     */
    Optional<String> ownInterface() {
        return interfaces().stream()
                .filter(name -> !files.read(path("net/" + name + "/phys_port_name"))
                        .orElse("")
                        .matches("(c\\d+)?pf\\d+(vf|sf)\\d+"))
                .findFirst();
    }

    /** As {@code pci=0000:3b:00.0}. */
    String device() {
        return "pci=" + address;
    }
}
