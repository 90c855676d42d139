package dev.diskcryptnet.device;

import dev.diskcryptnet.device.Refusal.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What uses a network function: its interfaces, or whoever has it through VFIO or in a namespace of its own. */
final class FunctionUse {
    private FunctionUse() {}

    /** All uses; empty when it is free. */
    static List<Refusal> of(PciFunction function, Links links) {
        List<Refusal> found = new ArrayList<>();
        String driver = function.driver();
        if (driver.equals(PciFunction.VFIO)) {
            found.add(boundToVfio(function));
        } else if (!driver.isEmpty() && function.interfaces().isEmpty()) {
            found.add(new Refusal(
                    Rule.ELSEWHERE,
                    function.device() + " has driver=" + driver
                            + " and no interface here: it is in another network namespace, most likely a pod's",
                    "name another function, or stop what has it"));
        }
        function.interfaces().forEach(name -> found.addAll(InterfaceUse.of(name, function.files(), links)));
        return found;
    }

    private static Refusal boundToVfio(PciFunction function) {
        Optional<String> process =
                function.iommuGroup().flatMap(group -> function.files().processHolding("/dev/vfio/" + group));
        return new Refusal(
                Rule.OTHER_DRIVER,
                function.device() + " is bound to vfio-pci"
                        + process.map(name -> ", open in " + name).orElse(""),
                "it is for a virtual machine or a device plugin; name another function, or bind it to its own driver");
    }
}
