package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A namespace behind an NVMe virtual function (base specification 2.0, 8.26: secondary controllers) is a disk. */
@Tag("guest")
class NvmeVirtualFunctionGuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Path MODEL = Path.of("../dataplane-agent/target/native/disk_model_test");

    /** Gives the secondary controller 1 three queue pairs beside its admin queue and their interrupts, and sets it online. */
    private static final String ONLINE = """
            set -e
            card=/sys/bus/pci/devices/%s
            controller=/dev/$(basename $card/nvme/nvme*)
            echo 0 >$card/sriov_drivers_autoprobe
            echo 1 >$card/sriov_numvfs
            nvme virt-mgmt $controller --cntlid=1 --rt=0 --act=8 --nr=4
            nvme virt-mgmt $controller --cntlid=1 --rt=1 --act=8 --nr=4
            function=$(basename $(readlink $card/virtfn0))
            echo 1 >/sys/bus/pci/devices/$function/reset
            nvme virt-mgmt $controller --cntlid=1 --act=9
            echo vfio-pci >/sys/bus/pci/devices/$function/driver_override
            echo $function >/sys/bus/pci/drivers_probe
            """;

    @Test
    void shouldReadWhatItWroteThroughVirtualFunction() throws Exception {
        try (Guest guest = Guest.with(
                        GuestHardware.bare().nvme(NvmeDrive.of("parted", 64).withVirtualFunctions(2)))
                .boot()) {
            guest.write("/root/model", Files.readAllBytes(MODEL));
            guest.check("chmod +x /root/model");
            String card = guest.pciAddress("parted");
            guest.check(ONLINE.formatted(card), LIMIT);
            String function = guest.check("basename $(readlink /sys/bus/pci/devices/" + card + "/virtfn0)");
            String found = guest.check("/root/model vfio:" + function + " 7 2000 4", LIMIT);
            assertTrue(found.contains("mode=\"VFIO queue-pairs=3 "), found);
            assertTrue(found.contains("serial=parted"), found);
        }
    }
}
