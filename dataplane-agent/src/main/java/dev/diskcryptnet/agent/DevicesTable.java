package dev.diskcryptnet.agent;

import dev.diskcryptnet.crds.validation.ByteQuantity;
import dev.diskcryptnet.device.Inventory;
import dev.diskcryptnet.device.NvmeController.Namespace;
import dev.diskcryptnet.device.Refusal;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An inventory as tables for people. */
final class DevicesTable {
    private static final String NONE = "-";

    private final PrintWriter out;
    private final boolean wide;

    /** @param wide whether everything is shown */
    DevicesTable(PrintWriter out, boolean wide) {
        this.out = out;
        this.wide = wide;
    }

    void print(Inventory found) {
        List<List<String>> disks = new ArrayList<>();
        disks.add(columns(
                List.of("DISK", "MODEL", "SIZE", "NUMA", "DRIVER", "CAN BE TAKEN", "WHY NOT"),
                List.of("SERIAL", "DEVICES", "IOMMU GROUP")));
        found.disks().forEach(disk -> disks.add(row(disk)));
        print(disks, "no NVMe controllers");
        out.println();
        List<List<String>> ports = new ArrayList<>();
        ports.add(columns(
                List.of("PORT", "FUNCTION", "NUMA", "DRIVER", "INTERFACE", "STATE", "CAN BE TAKEN", "WHY NOT"),
                List.of("ID", "MAC", "IOMMU GROUP")));
        found.ports().forEach(port -> ports.add(row(port)));
        print(ports, "no network cards on PCI");
    }

    private List<String> row(Inventory.Disk disk) {
        String group = disk.iommuGroup() == null
                ? NONE
                : disk.iommuNeighbours().isEmpty()
                        ? disk.iommuGroup()
                        : disk.iommuGroup() + " with " + String.join(",", disk.iommuNeighbours());
        return columns(
                List.of(
                        disk.pciAddress(),
                        text(disk.model()),
                        disk.capacityBytes() == 0 ? NONE : ByteQuantity.format(disk.capacityBytes()),
                        number(disk.numaNode()),
                        text(disk.driver()),
                        disk.drivers().isEmpty() ? "no" : String.join(",", disk.drivers()),
                        why(disk.refusals())),
                List.of(text(disk.serial()), joined(disk.namespaces().stream().flatMap(DevicesTable::nodes)), group));
    }

    private static Stream<String> nodes(Namespace namespace) {
        return Stream.of(namespace.blockDevice(), namespace.genericDevice()).filter(node -> node != null);
    }

    private List<String> row(Inventory.Port port) {
        String function = port.physicalFunction() != null
                ? "vf " + port.virtualFunction() + " of " + port.physicalFunction()
                : port.totalVirtualFunctions() == null
                        ? "no SR-IOV"
                        : "pf, " + port.virtualFunctions() + " of " + port.totalVirtualFunctions() + " vfs";
        return columns(
                List.of(
                        port.pciAddress(),
                        function,
                        number(port.numaNode()),
                        text(port.driver()),
                        joined(port.interfaces().stream().map(Inventory.Interface::name)),
                        joined(port.interfaces().stream().map(DevicesTable::state)),
                        port.canBeTaken() ? "yes" : "no",
                        why(port.refusals())),
                List.of(
                        port.vendorDevice(),
                        joined(port.interfaces().stream().map(Inventory.Interface::macAddress)),
                        text(port.iommuGroup())));
    }

    private static String state(Inventory.Interface device) {
        return text(device.state())
                + (device.speedMbitPerSecond() == null ? "" : " " + device.speedMbitPerSecond() + " Mbit/s");
    }

    private String why(List<Refusal> refusals) {
        return refusals.isEmpty()
                ? NONE
                : refusals.stream()
                        .map(wide ? Refusal::text : Refusal::found)
                        .distinct()
                        .collect(Collectors.joining(" | "));
    }

    /** What is for wide tables only goes in front of the last column, whose texts have no bounds. */
    private List<String> columns(List<String> usual, List<String> more) {
        List<String> all = new ArrayList<>(usual);
        if (wide) {
            all.addAll(all.size() - 1, more);
        }
        return all;
    }

    private void print(List<List<String>> rows, String whenNone) {
        if (rows.size() == 1) {
            out.println(whenNone);
            return;
        }
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(i == columns - 1 ? row.get(i) : ("%-" + (widths[i] + 2) + "s").formatted(row.get(i)));
            }
            out.println(line);
        }
    }

    private static String joined(Stream<String> texts) {
        String all = texts.filter(text -> text != null).collect(Collectors.joining(","));
        return all.isEmpty() ? NONE : all;
    }

    private static String number(int value) {
        return value < 0 ? NONE : Integer.toString(value);
    }

    private static String text(String value) {
        return value == null ? NONE : value;
    }
}
