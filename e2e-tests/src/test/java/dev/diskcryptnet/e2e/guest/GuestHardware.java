package dev.diskcryptnet.e2e.guest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a guest is made of: an IOMMU, drives and network cards behind PCIe root ports of their own, and what every guest
 * has: processors, memory, and the disks and ports that the runner itself needs. Everything is emulated, processors too.
 */
public final class GuestHardware {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FIRST_SLOT = 0x10;
    private static final int LAST_SLOT = 0x1e;

    private final List<NvmeDrive> drives = new ArrayList<>();
    private final List<Map<String, Object>> cards = new ArrayList<>();
    private final List<String> freePorts = new ArrayList<>();
    private final Map<String, Integer> groupSlots = new HashMap<>();
    private final Map<String, Integer> groupSizes = new HashMap<>();
    private List<String> modules = List.of("nvme", "igb", "igbvf", "vfio-pci", "vfio_iommu_type1");
    private String kernelArguments = "";
    private int memoryMiB = 1536;
    private int processors = 2;
    private int hugepages = 64;
    private int nextSlot = FIRST_SLOT;

    private GuestHardware() {}

    /** A guest without drives and network cards. */
    public static GuestHardware bare() {
        return new GuestHardware();
    }

    public GuestHardware nvme(String id, int sizeMiB) {
        return nvme(NvmeDrive.of(id, sizeMiB));
    }

    public GuestHardware nvme(NvmeDrive drive) {
        drives.add(drive);
        return this;
    }

    /** An Intel 82576 with id {@code nic0} and up to 7 virtual functions; its wire is the tap of the client's namespace. */
    public GuestHardware igb() {
        return card("igb", "nic0", "link0");
    }

    /** An igb of that id whose wire leads nowhere: for tests that count and change functions. */
    public GuestHardware unpluggedIgb(String id) {
        return card("igb", id, null);
    }

    private GuestHardware card(String driver, String id, String netdev) {
        Map<String, Object> card = new LinkedHashMap<>();
        card.put("driver", driver);
        card.put("id", id);
        card.put("mac", "52:54:00:08:00:%02x".formatted(0x10 + 0x10 * cards.size()));
        if (netdev != null) {
            card.put("netdev", netdev);
        }
        cards.add(card);
        return this;
    }

    /** Root ports without a device: {@link Guest#plug} puts drives there. */
    public GuestHardware freePort(String name) {
        freePorts.add(name);
        return this;
    }

    /** Kernel modules that are loaded at boot, instead of nvme, igb, igbvf, vfio-pci and vfio_iommu_type1. */
    public GuestHardware modules(String... names) {
        modules = List.of(names);
        return this;
    }

    /** More words of the kernel's command line, for example {@code nvme.poll_queues=2}. */
    public GuestHardware kernel(String arguments) {
        kernelArguments = arguments;
        return this;
    }

    public GuestHardware memoryMiB(int size) {
        memoryMiB = size;
        return this;
    }

    public GuestHardware processors(int count) {
        processors = count;
        return this;
    }

    /** Huge pages of 2 MiB that are there from boot on; 64 when not given. */
    public GuestHardware hugepages(int count) {
        hugepages = count;
        return this;
    }

    List<NvmeDrive> drives() {
        return List.copyOf(drives);
    }

    /** QEMU's arguments; {@code directory} holds the drives' files and gets the sockets. */
    List<String> arguments(GuestFiles files, Path directory, Path console) {
        List<String> arguments = new ArrayList<>(List.of(
                files.qemu().toString(),
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-machine",
                "q35,kernel-irqchip=split",
                "-accel",
                "tcg,thread=multi",
                "-cpu",
                "max",
                "-smp",
                Integer.toString(processors),
                "-m",
                memoryMiB + "M",
                "-device",
                "intel-iommu,intremap=on,caching-mode=on",
                "-kernel",
                files.kernel().toString(),
                "-initrd",
                files.initramfs().toString(),
                "-append",
                "console=ttyS0 panic=1 no_timer_check intel_iommu=on hugepages=" + hugepages + " guest.modules="
                        + String.join(",", modules) + " " + kernelArguments,
                "-serial",
                "file:" + console,
                "-qmp",
                "unix:" + directory.resolve("qmp") + ",server=on,wait=off",
                "-chardev",
                "socket,id=commands,path=" + directory.resolve("commands") + ",server=on,wait=off",
                "-device",
                "virtio-serial-pci",
                "-device",
                "virtserialport,chardev=commands,name=commands"));
        addOwnDisk(arguments, "system", files.system(), true);
        addOwnDisk(arguments, "java", files.java(), true);
        addOwnDisk(arguments, "agent", files.agent(), true);
        addOwnDisk(arguments, "state", directory.resolve("state"), false);
        addDevices(arguments, directory);
        return arguments;
    }

    private static void addOwnDisk(List<String> arguments, String name, Path file, boolean readOnly) {
        arguments.add("-blockdev");
        arguments.add(json(Map.of(
                "driver",
                "raw",
                "node-name",
                name,
                "read-only",
                readOnly,
                "cache",
                Map.of("no-flush", true),
                "file",
                Map.of("driver", "file", "filename", file.toString()))));
        arguments.add("-device");
        arguments.add("virtio-blk-pci,drive=" + name + ",serial=" + name);
    }

    private void addDevices(List<String> arguments, Path directory) {
        nextSlot = FIRST_SLOT;
        groupSlots.clear();
        groupSizes.clear();
        for (NvmeDrive drive : drives) {
            addRootPort(arguments, drive.id(), drive.group());
            arguments.add("-blockdev");
            arguments.add(json(drive.block(directory.resolve(drive.id()).toString())));
            drive.devices(rootPort(drive.id())).forEach(device -> addDevice(arguments, device));
        }
        if (cards.stream().anyMatch(card -> card.containsKey("netdev"))) {
            arguments.add("-netdev");
            arguments.add("tap,id=link0,ifname=link0,script=no,downscript=no");
        }
        for (Map<String, Object> card : cards) {
            String id = card.get("id").toString();
            addRootPort(arguments, id, null);
            Map<String, Object> plugged = new LinkedHashMap<>(card);
            plugged.put("bus", rootPort(id));
            addDevice(arguments, plugged);
        }
        freePorts.forEach(name -> addRootPort(arguments, name, null));
    }

    /** Name of the root port that a device is behind. */
    static String rootPort(String id) {
        return "port-" + id;
    }

    /** Functions of one slot that cannot keep their traffic apart (no ACS) are one IOMMU group, and so what is behind. */
    private void addRootPort(List<String> arguments, String id, String group) {
        int slot = group == null ? nextSlot : groupSlots.computeIfAbsent(group, name -> nextSlot);
        int function = group == null ? 0 : groupSizes.merge(group, 1, Integer::sum) - 1;
        if (slot == nextSlot) {
            nextSlot++;
        }
        if (slot > LAST_SLOT) {
            throw new IllegalArgumentException("device=" + id + " finds all root ports taken; give the guest fewer");
        }
        Map<String, Object> port = new LinkedHashMap<>();
        port.put("driver", "pcie-root-port");
        port.put("id", rootPort(id));
        port.put("bus", "pcie.0");
        port.put("addr", "%x.%x".formatted(slot, function));
        port.put("chassis", slot);
        port.put("slot", function);
        if (group != null) {
            port.put("multifunction", true);
            port.put("disable-acs", true);
        }
        addDevice(arguments, port);
    }

    private static void addDevice(List<String> arguments, Map<String, Object> device) {
        arguments.add("-device");
        arguments.add(json(device));
    }

    static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
