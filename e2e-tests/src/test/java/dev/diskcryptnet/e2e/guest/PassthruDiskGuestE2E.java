package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** NVMe commands through io_uring, on drives whose kernel module has polled queues. */
@Tag("guest")
class PassthruDiskGuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Path MODEL = Path.of("../dataplane-agent/target/native/disk_model_test");

    private static Guest guest;

    @BeforeAll
    static void boot() throws Exception {
        guest = Guest.with(GuestHardware.bare()
                        .kernel("nvme.poll_queues=1")
                        .nvme(NvmeDrive.of("small", 64).with("mdts", 5))
                        .nvme(NvmeDrive.of("large", 64).withBlockBytes(4096))
                        .nvme("tagged", 64))
                .boot();
        guest.write("/root/model", Files.readAllBytes(MODEL));
        guest.check("chmod +x /root/model");
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    /** Name of a drive's namespace behind "ng" and "nvme". */
    private static String name(String id) {
        String controller = guest.check("basename /sys/bus/pci/devices/" + guest.pciAddress(id) + "/nvme/nvme*")
                .substring(4);
        return controller + "n1";
    }

    private static String uri(String id) {
        return "passthru:/dev/ng" + name(id);
    }

    private static String model(String uri, int commands, int queues) {
        return guest.check("/root/model '" + uri + "' 7 " + commands + " " + queues, LIMIT);
    }

    @Test
    void shouldReadWhatItWrotePolledWithBlocksOf512Bytes() {
        String found = model(uri("small"), 3000, 3);
        assertTrue(found.contains("mode=\"io_uring defer-taskrun polled\""), found);
        assertTrue(found.contains("model=\"QEMU NVMe Ctrl\" serial=small blockBytes=512"), found);
        assertTrue(found.contains("maxTransferBytes=131072"), found);
        assertTrue(found.contains("capacityBytes=" + (64L << 20)), found);
    }

    @Test
    void shouldReadWhatItWroteByInterruptsWithBlocksOf4096Bytes() {
        String found = model(uri("large") + "?poll=0", 3000, 3);
        assertTrue(found.contains("mode=\"io_uring defer-taskrun interrupts: ?poll=0\""), found);
        assertTrue(found.contains("blockBytes=4096"), found);
    }

    @Test
    void shouldRefuseNamespaceWithMetadata() {
        guest.check("nvme format --force --lbaf=1 /dev/nvme" + name("tagged"));
        CommandResult refused = guest.run("/root/model " + uri("tagged") + " 1 1 1");
        assertNotEquals(0, refused.exitCode());
        assertTrue(refused.stderr().contains("metadata of 8 bytes a block"), refused.stderr());
    }

    @Test
    void shouldKeepOthersOffTheBlockDeviceWhileItIsHeld() throws Exception {
        String block = "/dev/nvme" + name("large");
        var running = guest.start("/root/model " + uri("large") + " 3 20000 1", LIMIT);
        guest.await("test -n \"$(ls -l /proc/[0-9]*/fd 2>/dev/null | grep " + block + ")\"", LIMIT);
        CommandResult made = guest.run("mkfs.ext4 -q " + block);
        assertTrue(made.stderr().contains("in use"), made.stderr());
        CommandResult second = guest.run("/root/model " + uri("large") + " 1 1 1");
        assertTrue(second.stderr().contains("mounted, swapped to, or held by another program"), second.stderr());
        assertEquals(0, running.get().exitCode(), running.get()::stderr);
    }

    @Test
    void shouldNotTouchWhatIsMounted() {
        String block = "/dev/nvme" + name("large");
        guest.check("mkfs.ext4 -qF " + block + " && mount " + block + " /mnt && echo kept >/mnt/file");
        CommandResult refused = guest.run("/root/model " + uri("large") + " 1 1 1");
        assertTrue(refused.stderr().contains(block + " is mounted"), refused.stderr());
        guest.check("umount /mnt");
        CommandResult foreign = guest.run("dcn-agent volume format --disk " + uri("large"), LIMIT);
        assertEquals(3, foreign.exitCode(), foreign.stderr());
        assertTrue(foreign.stderr().contains("ext4 file system"), foreign.stderr());
        assertEquals("kept", guest.check("mount " + block + " /mnt && cat /mnt/file && umount /mnt"));
        guest.check("wipefs -aq " + block);
    }

    @Test
    void shouldHoldVolumeThatOtherDriversRead() {
        String passthru = uri("small");
        String uring = "uring:/dev/nvme" + name("small");
        var content = new byte[3_000_001];
        new Random(5).nextBytes(content);
        guest.write("/root/film.mp4", content);
        guest.check("dd if=/dev/zero of=/dev/nvme" + name("small") + " bs=1M count=17 conv=fsync 2>&1");
        guest.check("dcn-agent volume format --disk " + passthru, LIMIT);
        guest.check("dcn-agent volume put --disk " + passthru + " /root/film.mp4 /film.mp4", LIMIT);
        String sum = guest.check("sha256sum </root/film.mp4");
        assertEquals(sum, guest.check("dcn-agent volume get --disk " + uring + " /film.mp4 | sha256sum", LIMIT));
    }
}
