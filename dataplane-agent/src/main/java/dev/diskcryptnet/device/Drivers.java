package dev.diskcryptnet.device;

import java.util.Optional;

/** Gives PCI functions their drivers, by sysfs. Each step leads on from wherever a crash has left the function. */
final class Drivers {
    private static final String PROBE = "/sys/bus/pci/drivers_probe";

    private Drivers() {}

    /** Sets the only driver that a function may have. @param driver empty for any */
    static void override(PciFunction function, String driver) {
        if (!function.driverOverride().equals(driver)) {
            // An empty line takes the override away; an empty write would not reach the driver core.
            function.files().write(function.path("driver_override"), driver + "\n");
        }
    }

    /**
     * Takes a function from its driver and gives it to another.
     *
     * @param driver empty for none
     * @throws HostException when it does not become that driver's
     */
    static void bind(PciFunction function, String driver) {
        if (function.driver().equals(driver)) {
            return;
        }
        unbind(function);
        if (driver.isEmpty()) {
            return;
        }
        String directory = PciFunction.DRIVERS + driver;
        if (!function.files().exists(directory)) {
            String problem = function.files().loadModule(driver).orElse("it has no such driver");
            if (!function.files().exists(directory)) {
                throw new HostException(function.device() + " cannot have driver=" + driver + ": the kernel has none ("
                        + problem + "); run on the machine: modprobe " + driver);
            }
        }
        // Loading a module binds what it finds.
        if (!function.driver().equals(driver)) {
            function.files().write(directory + "/bind", function.address());
        }
        if (!function.driver().equals(driver)) {
            String found = function.driver();
            throw new HostException(function.device() + " has driver=" + (found.isEmpty() ? "none" : found)
                    + " although " + driver + " was asked for; see dmesg for why it did not take the device");
        }
    }

    static void unbind(PciFunction function) {
        String driver = function.driver();
        if (!driver.isEmpty()) {
            function.files().write(PciFunction.DRIVERS + driver + "/unbind", function.address());
        }
    }

    /** Gives a function without driver the one that the kernel finds for it. @throws HostException when there is none */
    static void bindToAny(PciFunction function) {
        probe(function);
        if (function.driver().isEmpty()) {
            Optional<String> problem = function.files()
                    .loadModule(function.files().read(function.path("modalias")).orElse(""));
            probe(function);
            if (function.driver().isEmpty()) {
                throw new HostException(function.device() + " has no driver, and none of the kernel wants it"
                        + problem.map(text -> " (" + text + ")").orElse("")
                        + "; load the module of its driver on the machine (for example modprobe igbvf)");
            }
        }
    }

    private static void probe(PciFunction function) {
        if (function.driver().isEmpty()) {
            function.files().write(PROBE, function.address());
        }
    }

    /**
     * Taking a function from VFIO waits for whoever has it open, for as long as that takes.
     *
     * @throws HostException naming the process
     */
    static void refuseWhileOpen(PciFunction function) {
        if (function.driver().equals(PciFunction.VFIO)) {
            function.iommuGroup()
                    .flatMap(group -> function.files().processHolding("/dev/vfio/" + group))
                    .ifPresent(process -> {
                        throw new HostException(
                                function.device() + " is open in " + process + " through vfio-pci; stop that first");
                    });
        }
    }
}
