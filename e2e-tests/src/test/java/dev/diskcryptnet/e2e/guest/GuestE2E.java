package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The guest itself: that tests in it can rely on what the runner says of it. */
@Tag("guest")
@ExtendWith(Consoles.class)
class GuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static Guest guest;

    @BeforeAll
    static void boot() throws Exception {
        guest = Guest.with(GuestHardware.bare()
                        .nvme("alpha", 64)
                        .nvme(NvmeDrive.of("beta", 64).withBlockBytes(4096).inGroup("together"))
                        .nvme(NvmeDrive.of("gamma", 64).inGroup("together"))
                        .igb()
                        .freePort("empty"))
                .boot();
        System.out.println("guest booted in " + guest.bootTime().toMillis() + " ms");
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    void shouldRunTheAgent() {
        long startNs = System.nanoTime();
        assertTrue(guest.check("dcn-agent --version").contains("dcn-agent"), guest::console);
        System.out.println("dcn-agent --version in " + (System.nanoTime() - startNs) / 1_000_000 + " ms");
    }

    /** A processor that lets nobody else run is like one that misses timers, to who looks from the other one. */
    @Test
    void shouldWakeProcessorThatMissesTimersAndKeepTheTime() throws Exception {
        guest.check("chrt -f 99 taskset -c 1 bash -c 'while ((SECONDS < 8)); do :; done'");
        assertTrue(guest.console().contains("guest: processor=1 missed a timer, which was set again"), guest::console);
        long seconds = Long.parseLong(guest.check("date +%s"));
        assertEquals(System.currentTimeMillis() / 1000.0, seconds, 60);
    }

    @Test
    void shouldHandBytesThroughAsTheyAre() {
        var bytes = new byte[300_000];
        new Random(1).nextBytes(bytes);
        CommandResult result = guest.run("cat; echo failed >&2\nexit 3", bytes, LIMIT);
        assertArrayEquals(bytes, result.output());
        assertEquals("failed", result.stderr());
        assertEquals(3, result.exitCode());
    }

    @Test
    void shouldRunCommandsBesideEachOther() throws Exception {
        var slow = guest.start("sleep 5; echo slow", LIMIT);
        assertEquals("quick", guest.check("echo quick"));
        assertFalse(slow.isDone());
        assertEquals("slow", slow.get().stdout());
    }

    @Test
    void shouldEndCommandThatTakesTooLong() {
        CommandResult result = guest.run("echo began; sleep 100", Duration.ofSeconds(1));
        assertEquals(124, result.exitCode());
        assertEquals("began", result.stdout());
    }

    @Test
    void shouldHaveDrivesAsDescribed() {
        String alpha = guest.pciAddress("alpha");
        assertEquals("alpha", guest.check("cat /sys/bus/pci/devices/" + alpha + "/nvme/nvme*/serial"));
        assertEquals("nvme", guest.check("basename $(readlink /sys/bus/pci/devices/" + alpha + "/driver)"));
        String beta = guest.check("basename /sys/bus/pci/devices/" + guest.pciAddress("beta") + "/nvme/nvme*/nvme*n1");
        assertEquals(
                "4096",
                guest.check("cat /sys/block/" + beta.replaceFirst("c\\d+n", "n") + "/queue/logical_block_size"));
    }

    @Test
    void shouldPutDrivesOfOneGroupTogetherAndOthersApart() {
        assertEquals(group("beta"), group("gamma"));
        assertNotEquals(group("alpha"), group("beta"));
        assertNotEquals(group("alpha"), group("nic0"));
    }

    private static String group(String id) {
        return guest.check("basename $(readlink /sys/bus/pci/devices/" + guest.pciAddress(id) + "/iommu_group)");
    }

    @Test
    void shouldPlugAndUnplugDrive() throws Exception {
        guest.plug(NvmeDrive.of("delta", 32), "empty");
        guest.await("grep -l delta /sys/class/nvme/*/serial", LIMIT);
        guest.unplug("delta", LIMIT);
        guest.await("! grep -l delta /sys/class/nvme/*/serial", LIMIT);
    }

    @Test
    void shouldComeBackFromResetWithWhatWasStored() throws Exception {
        String boot = "cat /proc/sys/kernel/random/boot_id";
        String before = guest.check(boot);
        guest.check("echo kept >/var/lib/diskcryptnet/file; echo lost >/root/file; sync");
        var running = guest.start("sleep 50", LIMIT);
        guest.reset();
        assertThrows(ExecutionException.class, running::get);
        assertNotEquals(before, guest.check(boot));
        assertEquals("kept", guest.check("cat /var/lib/diskcryptnet/file; ! cat /root/file"));

        guest.runIntoReset("echo b >/proc/sysrq-trigger; sleep 50", LIMIT);
        assertEquals("kept", guest.check("cat /var/lib/diskcryptnet/file"));
    }

    @Test
    void shouldReachClientThroughVirtualFunction() throws Exception {
        String card = "/sys/bus/pci/devices/" + guest.pciAddress("nic0");
        guest.check("ip link set $(ls " + card + "/net) up && echo 1 >" + card + "/sriov_numvfs");
        String link = guest.await("ls " + card + "/virtfn0/net", LIMIT);
        guest.check("ip address add 198.18.8.2/24 dev " + link + " && ip link set " + link + " up");
        guest.await("ping -c 1 -W 1 " + Guest.CLIENT_ADDRESS, LIMIT);
        assertTrue(guest.inClient("ping", "-c", "1", "-W", "5", "198.18.8.2").ok());
        assertTrue(guest.check("ethtool -k " + link).contains("tcp-segmentation-offload: on"));
        guest.check("echo 0 >" + card + "/sriov_numvfs");
    }

    @Test
    void shouldLeaveNothingBehindWhenTheProcessThatHoldsItEnds(@TempDir Path parent) throws Exception {
        Path directory = Files.createDirectory(parent.resolve("guest"));
        String namespace = "dcn-guest-" + ProcessHandle.current().pid() + "-end";
        Process watcher = new ProcessBuilder(
                        GuestFiles.SCRIPTS.resolve("run").toString(), directory.toString(), namespace, "sleep", "1000")
                .start();
        List<ProcessHandle> sleepers = List.of();
        for (int tries = 0; tries < 100 && sleepers.isEmpty(); tries++) {
            Thread.sleep(100);
            sleepers = watcher.descendants()
                    .filter(child -> child.info().command().orElse("").endsWith("sleep"))
                    .toList();
        }
        assertEquals(1, sleepers.size());
        assertTrue(Run.checked("ip", "netns", "list").contains(namespace));
        // What the system does with the pipes of a process that ends.
        watcher.getOutputStream().close();
        assertTrue(watcher.waitFor(10, TimeUnit.SECONDS));
        assertFalse(sleepers.getFirst().isAlive());
        assertFalse(Run.checked("ip", "netns", "list").contains(namespace));
        assertFalse(Files.exists(directory));
    }
}
