package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A namespace behind a virtual function of an NVMe drive, which an administrator has given queues and brought online. */
@Tag("guest")
@ExtendWith(Consoles.class)
class NvmeFunctionGuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(180);
    private static final Path MODEL = Path.of("../dataplane-agent/target/native/disk_model_test");

    private static Guest guest;
    private static String function;

    @BeforeAll
    static void boot() throws Exception {
        guest = Guest.with(GuestHardware.bare()
                        // A namespace that two functions reach is one block device otherwise.
                        .kernel("nvme_core.multipath=N")
                        .nvme(NvmeDrive.of("shared", 64).withVirtualFunctions(2)))
                .boot();
        guest.write("/root/model", Files.readAllBytes(MODEL));
        String physical = guest.pciAddress("shared");
        // NVMe base specification, Virtualization Management: queues (-r 0) and vectors (-r 1) are taken from the
        // primary
        // controller (-a 1), which a reset makes true, and given to secondary controller 1 (-a 8), which goes online
        // (-a 9).
        function = guest.check("""
                chmod +x /root/model
                exec 4>&1 >&2
                set -e
                cd /sys/bus/pci/devices/%s
                manage() { nvme virt-mgmt /dev/nvme0 "$@"; }
                manage -c 0 -r 1 -a 1 -n 0
                manage -c 0 -r 0 -a 1 -n 0
                echo 1 >reset
                echo 0 >sriov_drivers_autoprobe
                echo 2 >sriov_numvfs
                manage -c 1 -r 1 -a 8 -n 4
                manage -c 1 -r 0 -a 8 -n 4
                manage -c 1 -r 0 -a 9 -n 0
                echo 1 >sriov_drivers_autoprobe
                basename $(readlink virtfn0) >&4
                """.formatted(physical), LIMIT);
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    private static String model(String uri) {
        return guest.check("/root/model '" + uri + "' 7 2000 3", LIMIT);
    }

    @Test
    void shouldBeDiskThroughVfioAndThroughTheKernelsDriver() throws InterruptedException {
        guest.check("cd /sys/bus/pci; echo vfio-pci >devices/" + function + "/driver_override; echo " + function
                + " >drivers_probe");
        String vfio = model("vfio:" + function);
        assertTrue(vfio.contains("serial=shared"), vfio);
        guest.check("cd /sys/bus/pci; echo " + function + " >drivers/vfio-pci/unbind; echo >devices/" + function
                + "/driver_override; echo " + function + " >drivers_probe");
        String node = guest.await("basename /sys/bus/pci/devices/" + function + "/nvme/nvme*/ng*n1", LIMIT);
        String passthru = model("passthru:/dev/" + node);
        assertTrue(passthru.contains("serial=shared"), passthru);
    }
}
