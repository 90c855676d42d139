package dev.diskcryptnet.device;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A machine in a directory: a tree of sysfs, procfs and /dev, and what a kernel does when sysfs is written to. A write is
 * a step of its {@link MemoryHost}, which can end the process in front of it.
 */
final class FakeMachine extends MachineFiles implements BlockDevices {
    static final String DISK = "0000:01:00.0";
    static final String CARD = "0000:02:00.0";

    final MemoryHost memory;
    /** Modules that modprobe finds, and the drivers in them. */
    final Map<String, String> modules = new HashMap<>();
    /** What is on block devices that is not ours. */
    final Map<String, String> foreign = new HashMap<>();
    /** Block devices that somebody has. */
    final Set<String> taken = new HashSet<>();

    final List<String> claims = new ArrayList<>();
    /** Device nodes that somebody has open. */
    final Map<String, String> open = new HashMap<>();

    private final Path root;
    private int interfaces;

    FakeMachine(Path root, MemoryHost memory) {
        super(root);
        this.root = root;
        this.memory = memory;
        memory.files = this;
        memory.indexes.clear();
        directory("/sys/bus/pci/devices");
        for (String driver : List.of("nvme", "vfio-pci", "igb", "igbvf")) {
            driver(driver);
        }
        file("/sys/bus/pci/drivers_probe", "");
        file("/proc/self/mountinfo", "25 1 8:1 / / rw - ext4 /dev/sda1 rw");
        file("/proc/swaps", "Filename Type Size Used Priority");
        file("/proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT");
        directory("/dev/vfio");
    }

    /** A machine with a disk and a card, each alone in its IOMMU group. */
    static FakeMachine usual(Path root, MemoryHost memory) {
        var machine = new FakeMachine(root, memory);
        machine.function(DISK, "0x010802", "0x1b36", "0x0010", 11);
        machine.bind(DISK, "nvme");
        machine.card();
        return machine;
    }

    void card() {
        function(CARD, "0x020000", "0x8086", "0x10c9", 12);
        file(device(CARD) + "/sriov_totalvfs", "7");
        file(device(CARD) + "/sriov_numvfs", "0");
        file(device(CARD) + "/sriov_drivers_autoprobe", "1");
        bind(CARD, "igb");
    }

    static String device(String address) {
        return "/sys/bus/pci/devices/" + address;
    }

    void function(String address, String classCode, String vendor, String deviceId, int group) {
        directory(device(address));
        file(device(address) + "/class", classCode);
        file(device(address) + "/vendor", vendor);
        file(device(address) + "/device", deviceId);
        file(device(address) + "/numa_node", "0");
        file(device(address) + "/driver_override", "(null)");
        if (group >= 0) {
            joinGroup(address, group);
        }
    }

    void joinGroup(String address, int group) {
        directory("/sys/kernel/iommu_groups/" + group + "/devices/" + address);
        symlink(device(address) + "/iommu_group", "../../../../kernel/iommu_groups/" + group);
    }

    void driver(String name) {
        directory("/sys/bus/pci/drivers/" + name);
        file("/sys/bus/pci/drivers/" + name + "/bind", "");
        file("/sys/bus/pci/drivers/" + name + "/unbind", "");
    }

    /** A block device that lies in sysfs where the kernel has it. */
    void block(String name, String number, String parent) {
        String path = parent + "/" + name;
        file(path + "/dev", number);
        file(path + "/size", "2048");
        directory(path + "/holders");
        symlink("/sys/class/block/" + name, at(path).toString());
        file("/dev/" + name, "");
    }

    void partition(String disk, String name, String number) {
        block(name, number, real("/sys/class/block/" + disk).orElseThrow());
        file("/sys/class/block/" + name + "/partition", "1");
    }

    void holder(String held, String holder, String number) {
        block(holder, number, "/sys/devices/virtual/block");
        directory("/sys/class/block/" + held + "/holders/" + holder);
    }

    void interfaceOf(String address, String name) {
        directory(device(address) + "/net/" + name);
        directory("/sys/class/net/" + name);
        memory.indexes.put(name, ++interfaces);
    }

    @Override
    public Optional<String> foreignData(String path) {
        return Optional.ofNullable(foreign.get(path));
    }

    @Override
    public Optional<AutoCloseable> claim(String path) {
        if (taken.contains(path)) {
            return Optional.empty();
        }
        claims.add("hold " + path);
        return Optional.of(() -> claims.add("let go " + path + (exists(path) ? "" : ", which is gone")));
    }

    @Override
    public Optional<String> loadModule(String module) {
        String driver = modules.get(module);
        if (driver == null) {
            return Optional.of("modprobe: FATAL: Module " + module + " not found");
        }
        driver(driver);
        return Optional.empty();
    }

    // What the kernel does.

    @Override
    public void write(String path, String value) {
        if (!exists(path)) {
            throw new HostException("file=" + path + ": there is no such file");
        }
        memory.step(path.replace("/sys/bus/pci/", "") + " < " + value.strip());
        String name = path.substring(path.lastIndexOf('/') + 1);
        String address = path.split("/").length > 5 ? path.split("/")[5] : "";
        switch (name) {
            case "driver_override" -> file(path, value.isBlank() ? "(null)" : value.strip());
            case "unbind" -> unbind(value);
            case "bind" -> bindByHand(value, address);
            case "drivers_probe" -> probe(value);
            case "sriov_numvfs" -> setFunctions(address, Integer.parseInt(value));
            default -> throw new AssertionError(path);
        }
    }

    private void bindByHand(String address, String driver) {
        String override = new PciFunction(this, address).driverOverride();
        boolean wants = override.isEmpty() ? driver.equals(natural(address)) : driver.equals(override);
        if (!wants || !new PciFunction(this, address).driver().isEmpty()) {
            throw new HostException(driver + " does not take " + address + ": no such device");
        }
        bind(address, driver);
    }

    private void probe(String address) {
        String override = new PciFunction(this, address).driverOverride();
        String driver = override.isEmpty() ? natural(address) : override;
        if (new PciFunction(this, address).driver().isEmpty() && exists("/sys/bus/pci/drivers/" + driver)) {
            bind(address, driver);
        }
    }

    private String natural(String address) {
        var function = new PciFunction(this, address);
        return function.isNvme() ? "nvme" : function.physicalFunction().isPresent() ? "igbvf" : "igb";
    }

    void bind(String address, String driver) {
        symlink(device(address) + "/driver", "../../drivers/" + driver);
        switch (driver) {
            case "nvme" -> nvme(address, "nvme0");
            case "igb" -> interfaceOf(address, "eth1");
            case "igbvf" -> startFunction(address);
            case "vfio-pci" ->
                file("/dev/vfio/" + new PciFunction(this, address).iommuGroup().orElseThrow(), "");
            default -> {}
        }
    }

    private void nvme(String address, String name) {
        String controller = device(address) + "/nvme/" + name;
        file(controller + "/model", "QEMU NVMe Ctrl");
        file(controller + "/serial", "dcn-1");
        block(name + "n1", "259:0", controller);
        file("/sys/class/block/" + name + "n1/nsid", "1");
        file("/dev/ng" + name.substring("nvme".length()) + "n1", "");
    }

    /** Its driver makes an address up unless the physical function's has one for it. */
    private void startFunction(String address) {
        int index = indexOf(address);
        String name = "eth1v" + index;
        interfaceOf(address, name);
        FunctionSettings settings = memory.functions.get("eth1/" + index);
        if (settings.macAddress().equals(FunctionSettings.NO_MAC)) {
            String random = "fe:00:00:00:%02x:0%d".formatted(++interfaces, index);
            memory.functions.put("eth1/" + index, settings.withMacAddress(random));
        }
    }

    private int indexOf(String address) {
        return Integer.parseInt(address.substring(address.length() - 1));
    }

    void unbind(String address) {
        String driver = new PciFunction(this, address).driver();
        delete(device(address) + "/driver");
        switch (driver) {
            case "nvme" -> {
                list(device(address) + "/nvme").forEach(name -> {
                    delete("/sys/class/block/" + name + "n1");
                    delete("/dev/" + name + "n1");
                });
                delete(device(address) + "/nvme");
            }
            case "vfio-pci" ->
                delete("/dev/vfio/"
                        + new PciFunction(this, address).iommuGroup().orElseThrow());
            default -> endInterfaces(address);
        }
        if (driver.equals("igbvf")) {
            String key = "eth1/" + indexOf(address);
            FunctionSettings settings = memory.functions.get(key);
            if (settings.macAddress().startsWith("fe:")) {
                memory.functions.put(key, settings.withMacAddress(FunctionSettings.NO_MAC));
            }
        }
    }

    private void endInterfaces(String address) {
        list(device(address) + "/net").forEach(name -> {
            memory.forget(name);
            delete("/sys/class/net/" + name);
        });
        delete(device(address) + "/net");
    }

    void setFunctions(String physical, int count) {
        int now = new PciFunction(this, physical).virtualFunctionCount().orElseThrow();
        if (now != 0 && count != 0) {
            throw new HostException("sriov_numvfs: device or resource busy");
        }
        file(device(physical) + "/sriov_numvfs", Integer.toString(count));
        for (int i = 0; i < now; i++) {
            String address = "0000:02:10." + i;
            if (!new PciFunction(this, address).driver().isEmpty()) {
                unbind(address);
            }
            delete(device(physical) + "/virtfn" + i);
            delete(device(address));
            memory.functions.remove("eth1/" + i);
        }
        for (int i = 0; i < count; i++) {
            String address = "0000:02:10." + i;
            memory.functions.put("eth1/" + i, new FunctionSettings(FunctionSettings.NO_MAC, 0, 0, true, false));
            function(address, "0x020000", "0x8086", "0x10ca", 20 + i);
            symlink(device(address) + "/physfn", "../" + physical);
            symlink(device(physical) + "/virtfn" + i, "../" + address);
            if (read(device(physical) + "/sriov_drivers_autoprobe").orElse("1").equals("1")) {
                probe(address);
            }
        }
    }

    // The tree.

    void file(String path, String text) {
        try {
            Files.createDirectories(at(path).getParent());
            Files.writeString(at(path), text + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void directory(String path) {
        try {
            Files.createDirectories(at(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void symlink(String path, String target) {
        try {
            Files.createDirectories(at(path).getParent());
            Files.deleteIfExists(at(path));
            Files.createSymbolicLink(at(path), Path.of(target));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void delete(String path) {
        try {
            if (!Files.exists(at(path), java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            Files.walkFileTree(at(path), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that a person would compare: drivers, overrides, counts, settings and interfaces. */
    String shape() {
        StringBuilder text = new StringBuilder();
        for (String address : list("/sys/bus/pci/devices")) {
            var function = new PciFunction(this, address);
            text.append("%s driver=%s override=%s numvfs=%s%n"
                    .formatted(
                            address,
                            function.driver(),
                            function.driverOverride(),
                            function.virtualFunctionCount().orElse(-1)));
            for (String name : function.interfaces()) {
                for (LinkAttribute.Name attribute : LinkAttribute.Name.values()) {
                    text.append("  %s %s=%d%n".formatted(name, attribute, memory.value(name, attribute)));
                }
            }
        }
        memory.functions.forEach((key, settings) -> text.append("vf " + key + " " + settings + "\n"));
        return text.toString();
    }

    Path root() {
        return root;
    }
}
