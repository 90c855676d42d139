package dev.diskcryptnet.device;

import dev.diskcryptnet.device.NvmeController.Namespace;
import dev.diskcryptnet.device.Refusal.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * NVMe controllers. All block devices of the controller that will be used are held exclusively while it is looked at what
 * they hold, and until nobody can take them any more: through VFIO until they are gone; through the generic device until
 * the driver opens it, which holds the block device for as long as it is open.
 */
final class DiskPreparation {
    private static final Duration NODE_WAIT = Duration.ofSeconds(3);

    private final HostChanges changes;
    private final MachineFiles files;
    private final BlockDevices blockDevices;
    private final Patience patience;

    DiskPreparation(HostChanges changes, BlockDevices blockDevices, Patience patience) {
        this.changes = changes;
        this.files = changes.host().files();
        this.blockDevices = blockDevices;
        this.patience = patience;
    }

    void check(DiskRequest request) {
        NvmeController controller = taken(request);
        switch (request.driver()) {
            case VFIO -> hold(controller, controller.namespaces()).forEach(DiskPreparation::letGo);
            case PASSTHRU -> preparePassthru(controller);
        }
    }

    PreparedDisk prepare(DiskRequest request) {
        NvmeController controller = taken(request);
        return switch (request.driver()) {
            case VFIO -> prepareVfio(controller);
            case PASSTHRU -> preparePassthru(controller);
        };
    }

    /** The controller, when nothing speaks against taking it but perhaps what is on it. */
    private NvmeController taken(DiskRequest request) {
        var controller = new NvmeController(new PciFunction(files, request.pciAddress()));
        checkThatItIsOne(controller);
        List<Refusal> refusals = new ArrayList<>(controller.refusals());
        if (request.driver() == DiskRequest.Driver.VFIO) {
            refusals.addAll(controller.refusalsOfVfio());
        }
        if (!refusals.isEmpty()) {
            throw new RefusedException(controller.device(), refusals);
        }
        if (request.driver() == DiskRequest.Driver.VFIO) {
            needVfio(controller);
        }
        return controller;
    }

    private static void checkThatItIsOne(NvmeController controller) {
        PciFunction function = controller.function();
        if (!function.exists()) {
            throw new RefusedException(
                    controller.device(),
                    Rule.MISSING,
                    "there is no PCI device " + function.address() + " on this machine",
                    "see dcn-agent devices for those that there are");
        }
        if (!function.isNvme()) {
            throw new RefusedException(
                    controller.device(),
                    Rule.WRONG_CLASS,
                    function.address() + " is no NVMe controller"
                            + (function.isNetwork() ? ", but a network card" : ""),
                    "see dcn-agent devices for the machine's disks");
        }
    }

    private PreparedDisk prepareVfio(NvmeController controller) {
        PciFunction function = controller.function();
        // Without the kernel's driver there is nothing to look into; what opens the disk must look for itself.
        boolean examined = !function.driver().isEmpty() && !function.driver().equals(PciFunction.VFIO);
        List<AutoCloseable> holds = hold(controller, controller.namespaces());
        try {
            changes.apply(DriverBinding.to(PciFunction.VFIO, function));
        } finally {
            // The block devices are gone with the driver; a hold would only keep their names from coming back.
            holds.forEach(DiskPreparation::letGo);
        }
        String group = function.iommuGroup().orElse("none");
        if (!patience.until(NODE_WAIT, () -> files.exists("/dev/vfio/" + group))) {
            throw new HostException(controller.device() + " is bound to vfio-pci and /dev/vfio/" + group
                    + " does not appear; the machine's /dev must be seen here (hostPath /dev)");
        }
        return new PreparedDisk(function.address(), "vfio:" + function.address(), examined);
    }

    private void needVfio(NvmeController controller) {
        String driver = PciFunction.DRIVERS + PciFunction.VFIO;
        if (files.exists(driver)) {
            return;
        }
        Optional<String> problem = files.loadModule(PciFunction.VFIO);
        if (!files.exists(driver)) {
            throw new RefusedException(
                    controller.device(),
                    Rule.NO_VFIO,
                    "the kernel has no vfio-pci"
                            + problem.map(text -> " (" + text + ")").orElse(""),
                    "run on the machine: modprobe vfio-pci, and put the name into /etc/modules-load.d/vfio.conf");
        }
    }

    private PreparedDisk preparePassthru(NvmeController controller) {
        String driver = controller.function().driver();
        if (driver.equals(PciFunction.VFIO) || driver.isEmpty()) {
            throw new RefusedException(
                    controller.device(),
                    Rule.OTHER_DRIVER,
                    "driver=" + (driver.isEmpty() ? "none" : driver)
                            + " has it, and driver: passthru needs the kernel's",
                    "give it back: echo > " + controller.function().path("driver_override") + "; echo "
                            + controller.function().address()
                            + " > /sys/bus/pci/drivers/nvme/bind, or use driver: vfio");
        }
        List<Namespace> namespaces = controller.namespaces();
        if (namespaces.isEmpty()) {
            throw new RefusedException(
                    controller.device(),
                    Rule.NO_NAMESPACE,
                    "the controller shows no namespace",
                    "make one: nvme create-ns, nvme attach-ns, and nvme ns-rescan");
        }
        Namespace first = namespaces.getFirst();
        if (first.genericDevice() == null) {
            throw new RefusedException(
                    controller.device(),
                    Rule.NO_DRIVER,
                    first.blockDevice() + " has no generic device beside it (/dev/ng...)",
                    "use a kernel of 5.13 or newer and see that the machine's /dev is seen here, or use driver: vfio");
        }
        hold(controller, List.of(first)).forEach(DiskPreparation::letGo);
        return new PreparedDisk(controller.function().address(), "passthru:" + first.genericDevice(), true);
    }

    /** Holds block devices on which there is nothing foreign. */
    private List<AutoCloseable> hold(NvmeController controller, List<Namespace> namespaces) {
        List<AutoCloseable> holds = new ArrayList<>();
        try {
            for (Namespace namespace : namespaces) {
                String path = namespace.blockDevice();
                holds.add(blockDevices.claim(path).orElseThrow(() -> inUse(controller, path)));
                blockDevices.foreignData(path).ifPresent(found -> {
                    throw new RefusedException(
                            controller.device(),
                            Rule.FOREIGN_DATA,
                            found,
                            "it is never overwritten; if it is not needed, stop what uses it and wipe it (wipefs --all "
                                    + path + ", then zero its first MiB)");
                });
            }
            return holds;
        } catch (RuntimeException e) {
            holds.forEach(DiskPreparation::letGo);
            throw e;
        }
    }

    static void letGo(AutoCloseable hold) {
        try {
            hold.close();
        } catch (Exception e) {
            throw new HostException("a block device that was held cannot be let go of: " + e, e);
        }
    }

    private RefusedException inUse(NvmeController controller, String path) {
        String by = files.processHolding(path).map(name -> ", open in " + name).orElse("");
        return new RefusedException(
                controller.device(),
                Rule.OPEN,
                path + " is in use" + by + ": mounted in another namespace, or held by a program",
                "name another disk, or stop what has it; on the machine: lsblk " + path + ", fuser -v " + path);
    }
}
