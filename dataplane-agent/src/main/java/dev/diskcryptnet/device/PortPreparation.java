package dev.diskcryptnet.device;

import static dev.diskcryptnet.device.LinkAttribute.Name.DISABLE_IPV6;
import static dev.diskcryptnet.device.LinkAttribute.Name.MTU;
import static dev.diskcryptnet.device.LinkAttribute.Name.UP;

import dev.diskcryptnet.device.Refusal.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Virtual functions of network cards. */
final class PortPreparation {
    /** udev loads the driver of a new function when it hears of it. */
    private static final Duration DRIVER_WAIT = Duration.ofSeconds(3);

    private static final Duration INTERFACE_WAIT = Duration.ofSeconds(10);
    /** udev gives new interfaces their names; until it has, the first one is not what people will see. */
    private static final Duration NAME_CALM = Duration.ofMillis(300);

    private static final Duration NAME_WAIT = Duration.ofSeconds(5);

    private final HostChanges changes;
    private final MachineFiles files;
    private final Links links;
    private final Patience patience;

    PortPreparation(HostChanges changes, Patience patience) {
        this.changes = changes;
        this.patience = patience;
        this.files = changes.host().files();
        this.links = changes.host().links();
    }

    void check(PortRequest request) {
        var physical = new PciFunction(files, request.physicalFunction());
        String device = "port=" + request.physicalFunction();
        checkThatItHasFunctions(physical, device, request);
        if (physical.virtualFunctionCount().orElse(0) == 0) {
            checkThatTheyCanBeMade(physical, device, request);
        } else {
            checkThatItIsFree(physical, device, request);
        }
    }

    PreparedPort prepare(PortRequest request) {
        check(request);
        var physical = new PciFunction(files, request.physicalFunction());
        bringUp(physical);
        if (physical.virtualFunctionCount().orElse(0) == 0) {
            changes.apply(VirtualFunctionCount.to(request.functions(), physical));
        }
        PciFunction function = function(physical, request);
        set(physical, function, request);
        if (function.driver().isEmpty()) {
            changes.apply(DriverBinding.toAny(function));
        }
        String name = interfaceOf(function);
        // Before it is up: the kernel would give it an address, and answer in our place.
        change(DISABLE_IPV6, 1, name);
        if (request.mtu() != 0) {
            change(MTU, request.mtu(), name);
        }
        change(UP, 1, name);
        return new PreparedPort(function.address(), name);
    }

    private void change(LinkAttribute.Name attribute, long value, String interfaceName) {
        changes.apply(LinkAttribute.to(value, attribute, interfaceName, links));
    }

    private static void checkThatItHasFunctions(PciFunction physical, String device, PortRequest request) {
        String address = physical.address();
        if (!physical.exists()) {
            throw new RefusedException(
                    device,
                    Rule.MISSING,
                    "there is no PCI device " + address + " on this machine",
                    "see dcn-agent devices for those that there are");
        }
        if (!physical.isNetwork()) {
            throw new RefusedException(
                    device,
                    Rule.WRONG_CLASS,
                    address + " is no network card",
                    "see dcn-agent devices for the machine's network functions");
        }
        physical.physicalFunction().ifPresent(parent -> {
            throw new RefusedException(
                    device,
                    Rule.NOT_PHYSICAL,
                    address + " is a virtual function of " + parent,
                    "write physicalFunction: \"" + parent + "\" and its number as virtualFunction");
        });
        int total = physical.totalVirtualFunctions().orElse(0);
        if (total == 0) {
            throw new RefusedException(
                    device,
                    Rule.NO_SRIOV,
                    address + " has no SR-IOV, or it is off",
                    "switch it on in the firmware and in the card's own settings, or name an interface by interfaceName");
        }
        if (total < request.functions()) {
            throw tooFew(device, address + " can have " + total + " virtual functions", request, "use a lower number");
        }
    }

    private static RefusedException tooFew(String device, String found, PortRequest request, String remedy) {
        return new RefusedException(
                device,
                Rule.TOO_FEW_FUNCTIONS,
                found + ", and virtualFunction " + (request.functions() - 1) + " is wanted",
                remedy);
    }

    private void checkThatTheyCanBeMade(PciFunction physical, String device, PortRequest request) {
        for (String name : physical.interfaces()) {
            if (InterfaceUse.hasDefaultRoute(name, files)) {
                throw new RefusedException(
                        device,
                        Rule.DEFAULT_ROUTE,
                        "interface=" + name
                                + " of the physical function carries the machine's default route, and making "
                                + "virtual functions resets it",
                        "make them when the machine starts (echo " + request.functions() + " > "
                                + physical.path("sriov_numvfs") + "), or name another card");
            }
        }
    }

    /** What was there is used as it is, unless somebody else uses it. */
    private void checkThatItIsFree(PciFunction physical, String device, PortRequest request) {
        int count = physical.virtualFunctionCount().orElse(0);
        if (count < request.functions()) {
            throw tooFew(
                    device,
                    physical.address() + " has " + count + " virtual functions, made by somebody else",
                    request,
                    "use a lower number; or, when nobody has them, run: echo 0 > " + physical.path("sriov_numvfs")
                            + ", and the agent makes its own");
        }
        PciFunction function = function(physical, request);
        if (!function.driver().isEmpty()) {
            patience.until(DRIVER_WAIT, () -> !function.interfaces().isEmpty());
        }
        List<Refusal> uses = FunctionUse.of(function, links);
        if (!uses.isEmpty()) {
            throw new RefusedException(device, uses);
        }
    }

    /** A virtual function has a link only while its physical function is up. */
    private void bringUp(PciFunction physical) {
        physical.ownInterface().ifPresent(name -> change(UP, 1, name));
    }

    private PciFunction function(PciFunction physical, PortRequest request) {
        var function = new PciFunction(
                files,
                physical.virtualFunction(request.virtualFunction())
                        .orElseThrow(() -> new HostException(physical.device() + " has no virtual function "
                                + request.virtualFunction() + " although sriov_numvfs says so; see dmesg")));
        if (function.address().equals(physical.address())
                || !function.physicalFunction()
                        .filter(physical.address()::equals)
                        .isPresent()) {
            throw new HostException(
                    function.device() + " is no virtual function of " + physical.address() + "; nothing is done to it");
        }
        if (files.read(physical.path("sriov_drivers_autoprobe")).orElse("1").equals("1")) {
            patience.until(DRIVER_WAIT, () -> !function.driver().isEmpty());
        }
        return function;
    }

    private void set(PciFunction physical, PciFunction function, PortRequest request) {
        boolean asked = request.macAddress() != null || request.vlan() != 0;
        if (!asked && physical.ownInterface().isEmpty()) {
            return;
        }
        String name = physical.ownInterface()
                .orElseThrow(() -> new HostException(physical.device()
                        + " has no network interface here, by which its virtual functions are set; load its driver, and "
                        + "run on the machine's own network (hostNetwork: true)"));
        FunctionSettings before = links.function(name, request.virtualFunction());
        FunctionSettings after = before.withVlan(request.vlan());
        if (request.macAddress() != null) {
            after = after.withMacAddress(request.macAddress().toLowerCase(Locale.ROOT));
            // Nothing leaves but with that address, whatever the agent does.
            after = Boolean.FALSE.equals(before.spoofCheck()) ? after.withSpoofCheck(true) : after;
        }
        changes.apply(new VirtualFunctionAttributes(
                physical.address(), physical.identity(), request.virtualFunction(), function.driver(), before, after));
    }

    private String interfaceOf(PciFunction function) {
        if (!patience.until(INTERFACE_WAIT, () -> !function.interfaces().isEmpty())) {
            throw new HostException(function.device() + " has driver=" + function.driver()
                    + " and no network interface appears here; run on the machine's own network (hostNetwork: true), and"
                    + " see dmesg");
        }
        return patience.settled(NAME_CALM, NAME_WAIT, () -> function.interfaces().stream()
                .findFirst()
                .orElse(""));
    }
}
