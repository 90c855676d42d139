package dev.diskcryptnet.device;

import java.util.Optional;

/**
 * What a virtual function may do, as its physical function's driver keeps it. A virtual function's own driver takes its
 * address when it starts: it is let go of before a change of address, and bound again after it.
 *
 * @param physicalFunction PCI address
 * @param identity vendor and device: another device at that address is not ours
 * @param index number of the virtual function
 * @param driver of the virtual function, which it has before and after; empty for none
 * @param before what to go back to
 * @param after what the agent sets
 */
public record VirtualFunctionAttributes(
        String physicalFunction,
        String identity,
        int index,
        String driver,
        FunctionSettings before,
        FunctionSettings after)
        implements HostChange {

    @Override
    public String device() {
        return "pci=" + physicalFunction + " vf=" + index;
    }

    @Override
    public String summary() {
        return before + " -> " + after;
    }

    @Override
    public String target() {
        return physicalFunction + "/vf" + index;
    }

    @Override
    public boolean changesNothing() {
        return before.equals(after);
    }

    @Override
    public Observation observe(Host host) {
        var physical = new PciFunction(host.files(), physicalFunction);
        if (!physical.exists()) {
            return new Observation(State.GONE, "there is no such device");
        }
        if (!physical.identity().equals(identity)) {
            return new Observation(State.GONE, "another device is there now, " + physical.identity());
        }
        Optional<PciFunction> function = function(physical);
        if (function.isEmpty()) {
            return new Observation(State.GONE, "there is no such virtual function any more");
        }
        FunctionSettings found = host.links().function(interfaceOf(physical), index);
        String boundTo = function.get().driver();
        boolean bound = driver.isEmpty() || boundTo.equals(driver);
        String text = found + (bound ? "" : " without driver " + driver);
        if (bound && isBefore(found)) {
            return new Observation(State.BEFORE, text);
        }
        return new Observation(bound && found.equals(after) ? State.AFTER : State.OTHER, text);
    }

    /** Without an address of its own the virtual function's driver makes one up, another each time. */
    private boolean isBefore(FunctionSettings found) {
        return found.equals(before)
                || before.macAddress().equals(FunctionSettings.NO_MAC)
                        && !found.macAddress().equals(after.macAddress())
                        && found.equalsButForAddress(before);
    }

    @Override
    public void apply(Host host) {
        set(host, after);
    }

    @Override
    public void undo(Host host) {
        set(host, before);
    }

    private void set(Host host, FunctionSettings wanted) {
        var physical = new PciFunction(host.files(), physicalFunction);
        PciFunction function = function(physical)
                .orElseThrow(() -> new HostException(device() + " is not there any more; see " + physical.path()));
        String name = interfaceOf(physical);
        if (!before.macAddress().equals(after.macAddress())) {
            Drivers.refuseWhileOpen(function);
            Drivers.unbind(function);
        }
        // Looked at now: a function whose driver lets go of it may forget what that driver had set.
        FunctionSettings found = host.links().function(name, index);
        if (!found.equals(wanted)) {
            host.links().setFunction(name, index, found, wanted);
        }
        Drivers.bind(function, driver);
    }

    private Optional<PciFunction> function(PciFunction physical) {
        return physical.virtualFunction(index).map(address -> new PciFunction(physical.files(), address));
    }

    private String interfaceOf(PciFunction physical) {
        return physical.ownInterface()
                .orElseThrow(() -> new HostException(physical.device()
                        + " has no network interface in this network namespace, by which its virtual functions are set;"
                        + " run this on the machine itself (hostNetwork: true), with the function's driver loaded"));
    }
}
