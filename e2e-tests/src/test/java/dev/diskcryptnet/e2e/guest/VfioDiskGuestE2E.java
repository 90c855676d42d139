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

/** Our own NVMe driver, on drives behind an IOMMU. The drive "few" has 2 I/O queue pairs. */
@Tag("guest")
class VfioDiskGuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Path PROGRAMS = Path.of("../dataplane-agent/target/native");

    private static Guest guest;

    @BeforeAll
    static void boot() throws Exception {
        guest = Guest.with(GuestHardware.bare()
                        .nvme(NvmeDrive.of("few", 64).with("max_ioqpairs", 2).with("mdts", 5))
                        .nvme(NvmeDrive.of("large", 64).withBlockBytes(4096))
                        .nvme(NvmeDrive.of("second", 64).withNamespace(2))
                        .nvme(NvmeDrive.of("beside", 64).inGroup("together"))
                        .nvme(NvmeDrive.of("held", 64).inGroup("together"))
                        .nvme("gone", 64))
                .boot();
        for (String program : new String[] {"disk_model_test", "vfio_fault_test"}) {
            guest.write("/root/" + program, Files.readAllBytes(PROGRAMS.resolve(program)));
        }
        guest.check("chmod +x /root/*_test");
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    private static void bind(String address, String driver) {
        guest.check("device=/sys/bus/pci/devices/" + address + "; echo " + driver + " >$device/driver_override\n"
                + "[ ! -e $device/driver ] || echo " + address + " >$device/driver/unbind\n"
                + "echo " + address + " >/sys/bus/pci/drivers_probe; readlink -e $device/driver | grep -q /" + driver
                + "$");
    }

    /** URI of a drive, after it was bound to vfio-pci. */
    private static String uri(String id) {
        String address = guest.pciAddress(id);
        bind(address, "vfio-pci");
        return "vfio:" + address;
    }

    /** The kernel's block device of a drive, after it was given back. */
    private static String block(String id) throws InterruptedException {
        String address = guest.pciAddress(id);
        bind(address, "nvme");
        return guest.await("ls -d /dev/$(basename /sys/bus/pci/devices/" + address + "/nvme/nvme*)n1", LIMIT);
    }

    private static String model(String uri, int commands, int queues) {
        return guest.check("/root/disk_model_test '" + uri + "' 7 " + commands + " " + queues, LIMIT);
    }

    private static String fault(String what, String uri) {
        return guest.check("/root/vfio_fault_test " + what + " " + uri, LIMIT);
    }

    @Test
    void shouldReadWhatItWroteWithBlocksOf512BytesAndFewerPairsThanQueues() {
        String found = model(uri("few"), 3000, 5);
        assertTrue(found.contains("mode=\"VFIO queue-pairs=2 "), found);
        assertTrue(found.contains("model=\"QEMU NVMe Ctrl\" serial=few blockBytes=512"), found);
        assertTrue(found.contains("maxTransferBytes=131072"), found);
        assertTrue(found.contains("capacityBytes=" + (64L << 20)), found);
    }

    @Test
    void shouldReadWhatItWroteWithBlocksOf4096Bytes() {
        String found = model(uri("large"), 3000, 3);
        assertTrue(found.contains("blockBytes=4096"), found);
        assertTrue(found.contains("maxTransferBytes=524288"), found);
    }

    @Test
    void shouldUseTheNamespaceThatIsNamed() {
        String uri = uri("second");
        assertTrue(model(uri + "?namespace=2", 300, 2).contains("serial=second"));
        refuses(uri, "namespace=1 is not active");
    }

    @Test
    void shouldServeMoreThreadsThanQueuePairsThroughStops() {
        String found = fault("threads", uri("few") + " 6");
        assertTrue(found.contains("queue-pairs=2"), found);
    }

    @Test
    void shouldGoOnAfterControllerStoppedOrFailed() {
        String uri = uri("large");
        fault("stop", uri);
        String found = fault("fatal", uri);
        assertTrue(found.contains("it reports a fatal error"), found);
    }

    @Test
    void shouldKeepDeviceFromMemoryThatIsNotRegistered() {
        String address = guest.pciAddress("large");
        String found = fault("iommu", uri("large"));
        assertTrue(found.contains("status=0x004"), found);
        String log = guest.check("dmesg | grep -i 'dmar.*fault'");
        assertTrue(log.contains(address.substring("0000:".length())), log);
    }

    @Test
    void shouldUseBuffersInHugePages() {
        fault("huge", uri("large"));
    }

    /** One command a second: the first are in time, the others are aborted, and the controller is reset in the end. */
    @Test
    void shouldEndCommandsThatTakeTooLong() {
        String uri = uri("few");
        throttle("few", 1);
        try {
            String found = fault("slow", uri);
            assertTrue(found.contains("generation=1 state=0"), found);
        } finally {
            throttle("few", 0);
        }
        model(uri, 300, 1);
    }

    private static void throttle(String id, int commandsPerSecond) {
        guest.qmp(("{\"execute\": \"block_set_io_throttle\", \"arguments\": {\"id\": \"%s\", \"bps\": 0, \"bps_rd\": 0,"
                        + " \"bps_wr\": 0, \"iops\": %d, \"iops_rd\": 0, \"iops_wr\": 0}}")
                .formatted(id, commandsPerSecond));
    }

    @Test
    void shouldSayWhyDeviceCannotBeHad() throws Exception {
        String large = guest.pciAddress("large");
        block("large");
        refuses("vfio:" + large, "is bound to driver=nvme and not to vfio-pci");
        refuses(uri("large") + "?namespace=2", "namespace=2");
        String beside = uri("beside");
        refuses(beside, "shares its IOMMU group=");
        refuses(beside, guest.pciAddress("held") + " (nvme)");
        refuses("vfio:0000:00:00.0", "an NVMe controller has");
        refuses("vfio:0000:7f:00.0", "no such PCI function");
    }

    @Test
    void shouldSayThatAnotherProgramHoldsTheDevice() throws Exception {
        String uri = uri("large");
        var running = guest.start("rm -f /run/watch-over; /root/vfio_fault_test watch " + uri + " 8", LIMIT);
        guest.await("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q '/dev/vfio/[0-9]'", LIMIT);
        refuses(uri, "is held by another program");
        assertTrue(running.get().ok(), running.get()::stderr);
    }

    private static void refuses(String uri, String reason) {
        CommandResult refused = guest.run("/root/disk_model_test " + uri + " 1 1 1");
        assertNotEquals(0, refused.exitCode());
        assertTrue(refused.stderr().contains(reason), refused.stderr());
    }

    @Test
    void shouldHoldVolumeThatTheKernelsDriverReadsAfterwards() throws Exception {
        String uri = uri("large");
        var content = new byte[700_001];
        new Random(5).nextBytes(content);
        guest.write("/root/film.mp4", content);
        guest.check("dd if=/dev/zero of=" + block("large") + " bs=1M count=17 conv=fsync 2>&1");
        uri("large");
        guest.check("dcn-agent volume format --disk " + uri, LIMIT);
        guest.check("dcn-agent volume put --disk " + uri + " /root/film.mp4 /film.mp4", LIMIT);
        guest.check("dcn-agent volume verify --disk " + uri, LIMIT);
        String sum = guest.check("sha256sum </root/film.mp4");
        String uring = "uring:" + block("large");
        assertEquals(sum, guest.check("dcn-agent volume get --disk " + uring + " /film.mp4 | sha256sum", LIMIT));
    }

    @Test
    void shouldLetGoOfDeviceThatIsTakenOutAndUseItAgainWhenItIsBack() throws Exception {
        String address = guest.pciAddress("gone");
        String uri = uri("gone");
        var watching =
                guest.start("rm -f /run/watch-over; /root/vfio_fault_test watch " + uri + " 90 >/root/watch", LIMIT);
        guest.await("grep -q state=0 /root/watch", LIMIT);
        guest.unplug("gone", LIMIT);
        guest.await("grep -q 'state=3.*is being removed' /root/watch && grep -q result=-19 /root/watch", LIMIT);
        guest.await("test ! -e /sys/bus/pci/devices/" + address, LIMIT);
        guest.plug(NvmeDrive.of("again", 64).with("serial", "gone"), "gone");
        guest.await("test -e /sys/bus/pci/devices/" + address + "/driver", LIMIT);
        bind(address, "vfio-pci");
        guest.await("tail -n 1 /root/watch | grep -q result=4096 && grep -q 'state=0 generation=1' /root/watch", LIMIT);
        guest.check("touch /run/watch-over");
        assertTrue(watching.get().ok(), watching.get()::stderr);
    }
}
