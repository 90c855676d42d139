package dev.diskcryptnet.device;

import java.util.OptionalInt;

/**
 * How many virtual functions a physical function has. They are made where there are none and taken away again; a number
 * that somebody else has set is never changed, as the functions are theirs.
 *
 * @param pciAddress of the physical function
 * @param identity vendor and device: another device at that address is not ours
 * @param before 0
 * @param after how many are made
 */
public record VirtualFunctionCount(String pciAddress, String identity, int before, int after) implements HostChange {
    static VirtualFunctionCount to(int count, PciFunction function) {
        return new VirtualFunctionCount(
                function.address(),
                function.identity(),
                function.virtualFunctionCount().orElse(0),
                count);
    }

    @Override
    public String device() {
        return "pci=" + pciAddress;
    }

    @Override
    public String summary() {
        return "sriov_numvfs " + before + " -> " + after;
    }

    @Override
    public String target() {
        return pciAddress + "/sriov_numvfs";
    }

    @Override
    public boolean changesNothing() {
        return before == after;
    }

    @Override
    public Observation observe(Host host) {
        var function = new PciFunction(host.files(), pciAddress);
        OptionalInt count = function.virtualFunctionCount();
        if (count.isEmpty()) {
            return new Observation(
                    State.GONE, function.exists() ? "it has no SR-IOV any more" : "there is no such device");
        }
        if (!function.identity().equals(identity)) {
            return new Observation(State.GONE, "another device is there now, " + function.identity());
        }
        int found = count.getAsInt();
        State state = found == before ? State.BEFORE : found == after ? State.AFTER : State.OTHER;
        return new Observation(state, "sriov_numvfs " + found);
    }

    @Override
    public void apply(Host host) {
        host.files().write(new PciFunction(host.files(), pciAddress).path("sriov_numvfs"), Integer.toString(after));
    }

    @Override
    public void undo(Host host) {
        var function = new PciFunction(host.files(), pciAddress);
        int found = function.virtualFunctionCount().orElse(before);
        if (found != after) {
            throw new HostException(device() + " has " + found
                    + " virtual functions, which somebody else has made; they are left alone. When they are not needed, "
                    + "run: echo " + before + " > " + function.path("sriov_numvfs"));
        }
        for (int i = 0; i < found; i++) {
            function.virtualFunction(i)
                    .flatMap(address -> FunctionUse.of(new PciFunction(host.files(), address), host.links()).stream()
                            .findFirst())
                    .ifPresent(use -> {
                        throw new HostException(
                                device() + " keeps its virtual functions: " + use.found() + "; " + use.remedy());
                    });
        }
        host.files().write(function.path("sriov_numvfs"), Integer.toString(before));
    }
}
