package dev.diskcryptnet.device;

/**
 * The driver of a PCI function (Documentation/ABI/testing/sysfs-bus-pci). Texts are empty for none.
 *
 * @param pciAddress {@code 0000:3b:00.0}
 * @param identity vendor and device: another device at that address is not ours
 * @param driverBefore that it had
 * @param overrideBefore the only driver that it might have
 * @param driverAfter that the agent gives it, or {@link #ANY} for what the kernel finds
 * @param overrideAfter the only one that it may have then
 */
public record DriverBinding(
        String pciAddress,
        String identity,
        String driverBefore,
        String overrideBefore,
        String driverAfter,
        String overrideAfter)
        implements HostChange {
    /** Whichever driver wants the function. No driver has such a name. */
    public static final String ANY = "*";

    /** The function goes to {@code driver}, and to no other. */
    static DriverBinding to(String driver, PciFunction function) {
        return of(function, driver, driver);
    }

    /** The function gets the driver that the kernel finds for it. */
    static DriverBinding toAny(PciFunction function) {
        return of(function, ANY, function.driverOverride());
    }

    private static DriverBinding of(PciFunction function, String driver, String override) {
        return new DriverBinding(
                function.address(),
                function.identity(),
                function.driver(),
                function.driverOverride(),
                driver,
                override);
    }

    @Override
    public String device() {
        return "pci=" + pciAddress;
    }

    @Override
    public String summary() {
        return "driver " + text(driverBefore, overrideBefore) + " -> " + text(driverAfter, overrideAfter);
    }

    private static String text(String driver, String override) {
        String name = driver.isEmpty() ? "none" : driver.equals(ANY) ? "any" : driver;
        return override.isEmpty() || override.equals(driver) ? name : name + " (override " + override + ")";
    }

    @Override
    public String target() {
        return pciAddress + "/driver";
    }

    /** The override alone is worth a change: it keeps others from binding the function. */
    @Override
    public boolean changesNothing() {
        return driverBefore.equals(driverAfter) && overrideBefore.equals(overrideAfter);
    }

    @Override
    public Observation observe(Host host) {
        var function = new PciFunction(host.files(), pciAddress);
        if (!function.exists()) {
            return new Observation(State.GONE, "there is no such device");
        }
        if (!function.identity().equals(identity)) {
            return new Observation(State.GONE, "another device is there now, " + function.identity());
        }
        String driver = function.driver();
        String override = function.driverOverride();
        boolean after = driverAfter.equals(ANY) ? !driver.isEmpty() : driver.equals(driverAfter);
        State state = driver.equals(driverBefore) && override.equals(overrideBefore)
                ? State.BEFORE
                : after && override.equals(overrideAfter) ? State.AFTER : State.OTHER;
        return new Observation(state, "driver " + found(driver, override));
    }

    /** An override is worth a word wherever the driver is another. */
    private static String found(String driver, String override) {
        return text(driver, override) + (override.equals(driver) && !driver.isEmpty() ? " by override" : "");
    }

    @Override
    public void apply(Host host) {
        var function = new PciFunction(host.files(), pciAddress);
        if (driverAfter.equals(ANY)) {
            Drivers.bindToAny(function);
        } else {
            Drivers.override(function, overrideAfter);
            Drivers.bind(function, driverAfter);
        }
    }

    @Override
    public void undo(Host host) {
        var function = new PciFunction(host.files(), pciAddress);
        String driver = function.driver();
        if (!driver.equals(driverBefore)) {
            Drivers.refuseWhileOpen(function);
        }
        Drivers.override(function, overrideBefore);
        Drivers.bind(function, driverBefore);
    }
}
