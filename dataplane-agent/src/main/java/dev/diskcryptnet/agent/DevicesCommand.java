package dev.diskcryptnet.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.diskcryptnet.device.BlockDevices;
import dev.diskcryptnet.device.Host;
import dev.diskcryptnet.device.Inventory;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dcn-agent devices}: what there is on this machine, and what of it a StreamingNode can have. */
@Command(
        name = "devices",
        description = {
            "Lists the NVMe controllers and network functions of this machine: where they are, what they are, what uses "
                    + "them, and whether they can be taken. Changes nothing. Disks that nobody uses are held for a moment "
                    + "to look at what is on them. In a container, mounts of the machine show as \"in use\" only.",
            "",
            "JSON (-o json), absent where the machine does not tell:",
            "  disks[]: pciAddress, physicalFunction, driver, model, serial, capacityBytes, namespaces[] {id, "
                    + "blockDevice, genericDevice, capacityBytes}, numaNode (-1: none), iommuGroup, iommuNeighbours[], "
                    + "drivers[] (with which it can be taken now: vfio, passthru), refusals[] {rule, found, remedy}",
            "  ports[]: pciAddress, physicalFunction, virtualFunction, virtualFunctions, totalVirtualFunctions, driver, "
                    + "vendorDevice, interfaces[] {name, macAddress, mtu, state, speedMbitPerSecond}, numaNode, iommuGroup, "
                    + "canBeTaken, refusals[]"
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dcn-agent devices",
            "  dcn-agent devices -o json | jq -r '.disks[] | select(.drivers | index(\"vfio\")) | .pciAddress'"
        })
public final class DevicesCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** How the list is written. */
    enum Format {
        TABLE,
        WIDE,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table, wide (with serial numbers, namespaces, IOMMU groups and remedies) or json; "
                    + "${DEFAULT-VALUE} when not given.")
    Format format;

    @Spec
    CommandSpec spec;

    private final Host host;
    private final BlockDevices blockDevices;

    public DevicesCommand() {
        this(KernelLinks.host(), new KernelBlockDevices());
    }

    DevicesCommand(Host host, BlockDevices blockDevices) {
        this.host = host;
        this.blockDevices = blockDevices;
    }

    @Override
    public Integer call() throws IOException {
        Inventory found = Inventory.of(host.files(), host.links(), blockDevices);
        PrintWriter out = spec.commandLine().getOut();
        if (format == Format.JSON) {
            out.println(JSON.writeValueAsString(found));
        } else {
            new DevicesTable(out, format == Format.WIDE).print(found);
        }
        return ExitCode.OK;
    }
}
