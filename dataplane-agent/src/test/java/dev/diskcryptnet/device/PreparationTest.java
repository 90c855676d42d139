package dev.diskcryptnet.device;

import static dev.diskcryptnet.device.FakeMachine.CARD;
import static dev.diskcryptnet.device.FakeMachine.DISK;
import static dev.diskcryptnet.device.FakeMachine.device;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.device.DiskRequest.Driver;
import dev.diskcryptnet.device.Restoration.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices made ready and given back, on a machine in a directory. */
class PreparationTest {
    private static final String MAC = "02:00:00:00:00:01";
    private static final DiskRequest VFIO = new DiskRequest(DISK, Driver.VFIO);
    private static final PortRequest PORT = new PortRequest(CARD, 0, 1, MAC, 100, 9000);

    @TempDir
    Path directory;

    /** A machine, and an agent's journal on it. */
    private final class Run {
        final MemoryHost memory = new MemoryHost();
        final Path root;
        final FakeMachine machine;
        final String before;

        Run(String name) {
            root = directory.resolve(name);
            machine = FakeMachine.usual(root, memory);
            before = machine.shape();
        }

        HostChanges changes() {
            return new HostChanges(
                    memory.host(), new DeviceJournal(memory.file(root.resolve("devices.json"))), () -> {});
        }

        Preparation preparation(HostChanges changes) {
            return new Preparation(changes, machine, Patience.NONE);
        }

        /** What an agent does to the host between its start and its end. */
        void agent() {
            HostChanges changes = changes();
            changes.restore();
            Preparation preparation = preparation(changes);
            preparation.prepareDisk(VFIO);
            preparation.preparePort(PORT);
            changes.close();
        }

        boolean crashesWithin(int steps, Runnable process) {
            memory.stepsLeft = steps;
            try {
                process.run();
                return false;
            } catch (MemoryHost.Crash e) {
                return true;
            } finally {
                memory.stepsLeft = -1;
            }
        }

        void assertAsBefore(String when) {
            assertEquals(before, machine.shape(), when);
            assertFalse(Files.exists(root.resolve("devices.json")), when);
        }
    }

    @Test
    void shouldGiveDiskToVfioWhileItsBlockDeviceIsHeld() {
        var run = new Run("m");
        PreparedDisk disk = run.preparation(run.changes()).prepareDisk(VFIO);
        assertEquals(new PreparedDisk(DISK, "vfio:" + DISK, true), disk);
        var function = new PciFunction(run.machine, DISK);
        assertEquals("vfio-pci", function.driver());
        assertEquals("vfio-pci", function.driverOverride());
        assertEquals(List.of("hold /dev/nvme0n1", "let go /dev/nvme0n1, which is gone"), run.machine.claims);
    }

    @Test
    void shouldWriteDownBindingBeforeItIsChanged() {
        var run = new Run("m");
        run.preparation(run.changes()).prepareDisk(VFIO);
        assertEquals(
                List.of(
                        "rename",
                        "sync",
                        "devices/" + DISK + "/driver_override < vfio-pci",
                        "drivers/nvme/unbind < " + DISK,
                        "drivers/vfio-pci/bind < " + DISK),
                run.memory.steps.subList(2, 7));
    }

    @Test
    void shouldFindGenericDeviceOfDiskThatStaysTheKernels() {
        var run = new Run("m");
        PreparedDisk disk = run.preparation(run.changes()).prepareDisk(new DiskRequest(DISK, Driver.PASSTHRU));
        assertEquals(new PreparedDisk(DISK, "passthru:/dev/ng0n1", true), disk);
        assertEquals(run.before, run.machine.shape());
        assertEquals(List.of("hold /dev/nvme0n1", "let go /dev/nvme0n1"), run.machine.claims);
    }

    @Test
    void shouldSayThatNobodyLookedIntoDiskThatWasNotTheKernels() {
        var run = new Run("m");
        run.machine.unbind(DISK);
        assertFalse(run.preparation(run.changes()).prepareDisk(VFIO).examined());
        var second = new Run("n");
        second.machine.unbind(DISK);
        second.machine.bind(DISK, "vfio-pci");
        assertFalse(second.preparation(second.changes()).prepareDisk(VFIO).examined());
    }

    @Test
    void shouldMakeVirtualFunctionAndSetItUp() {
        var run = new Run("m");
        PreparedPort port = run.preparation(run.changes()).preparePort(PORT);
        assertEquals(new PreparedPort("0000:02:10.0", "eth1v0"), port);
        assertEquals(new FunctionSettings(MAC, 100, 0, true, false), run.memory.functions.get("eth1/0"));
        assertEquals(9000, run.memory.value("eth1v0", LinkAttribute.Name.MTU));
        assertEquals(1, run.memory.value("eth1v0", LinkAttribute.Name.UP));
        assertEquals(1, run.memory.value("eth1v0", LinkAttribute.Name.DISABLE_IPV6));
        assertEquals(1, run.memory.value("eth1", LinkAttribute.Name.UP), "no link without the physical function's");
        List<String> interfaceSteps = run.memory.steps.stream()
                .filter(step -> step.startsWith("set eth1v0"))
                .toList();
        assertEquals(
                List.of("set eth1v0 disable_ipv6 1", "set eth1v0 mtu 9000", "set eth1v0 up 1"),
                interfaceSteps,
                "an interface that is up before would get an address");
    }

    @Test
    void shouldMakeAsManyFunctionsAsAllPortsOfTheCardNeed() {
        var run = new Run("m");
        Preparation preparation = run.preparation(run.changes());
        preparation.preparePort(new PortRequest(CARD, 0, 3, null, 0, 0));
        preparation.preparePort(new PortRequest(CARD, 2, 3, null, 0, 0));
        assertEquals(
                3, new PciFunction(run.machine, CARD).virtualFunctionCount().orElseThrow());
    }

    @Test
    void shouldUseFunctionsThatAreThereAndLeaveTheirNumber() {
        var run = new Run("m");
        run.machine.setFunctions(CARD, 4);
        String before = run.machine.shape();
        HostChanges changes = run.changes();
        assertEquals(
                "eth1v2",
                run.preparation(changes)
                        .preparePort(new PortRequest(CARD, 2, 3, MAC, 0, 0))
                        .interfaceName());
        assertEquals(MAC, run.memory.functions.get("eth1/2").macAddress());
        changes.close();
        assertEquals(before, run.machine.shape());
    }

    @Test
    void shouldBindFunctionThatHasNoDriverAndUnbindItAgain() {
        var run = new Run("m");
        run.machine.file(device(CARD) + "/sriov_drivers_autoprobe", "0");
        run.machine.setFunctions(CARD, 1);
        String before = run.machine.shape();
        HostChanges changes = run.changes();
        run.preparation(changes).preparePort(PORT);
        assertEquals("igbvf", new PciFunction(run.machine, "0000:02:10.0").driver());
        assertEquals(MAC, run.memory.functions.get("eth1/0").macAddress());
        changes.close();
        assertEquals(before, run.machine.shape());
    }

    @Test
    void shouldLoadVfioWhenTheKernelHasItNot() {
        var run = new Run("m");
        run.machine.delete("/sys/bus/pci/drivers/vfio-pci");
        run.machine.modules.put("vfio-pci", "vfio-pci");
        assertEquals(
                "vfio:" + DISK, run.preparation(run.changes()).prepareDisk(VFIO).uri());
    }

    @Test
    void shouldGiveAllBackAtTheEnd() {
        var run = new Run("m");
        run.agent();
        run.assertAsBefore("at the end");
    }

    @Test
    void shouldGiveAllBackWhereverTheAgentEndsAndWhereverItsSuccessorEnds() throws IOException {
        int crashes = 0;
        boolean crashed = true;
        for (int first = 0; crashed; first++) {
            boolean again = true;
            for (int second = 0; again; second++) {
                var run = new Run(first + "-" + second);
                crashed = run.crashesWithin(first, run::agent);
                // A successor that ends as well: for some ends of the first only, each takes as many runs as it has
                // steps.
                again = first % 7 == 6
                        && run.crashesWithin(second, () -> run.changes().restore());
                List<Restoration> report = run.changes().restore();
                String when = "first=" + first + " second=" + second + " " + report;
                assertTrue(report.stream().allMatch(Restoration::done), when);
                run.assertAsBefore(when);
                run.machine.delete("/");
                crashes++;
            }
        }
        assertTrue(crashes > 150, "crashes=" + crashes);
    }

    @Test
    void shouldPutBackOneDriverAndReportDeviceThatIsGone() {
        var run = new Run("m");
        Preparation preparation = run.preparation(run.changes());
        preparation.prepareDisk(VFIO);
        preparation.preparePort(PORT);
        run.machine.delete(device(DISK));
        List<Restoration> report = run.changes().restore();
        assertEquals(Outcome.GONE, report.getLast().outcome(), report::toString);
        assertEquals("pci=" + DISK, report.getLast().device());
        assertTrue(report.stream().allMatch(Restoration::done), report::toString);
    }

    @Test
    void shouldLeaveAnotherDeviceAtTheAddressAlone() {
        var run = new Run("m");
        run.preparation(run.changes()).prepareDisk(VFIO);
        run.machine.file(device(DISK) + "/device", "0x9999");
        List<Restoration> report = run.changes().restore();
        assertEquals(Outcome.GONE, report.getFirst().outcome());
        assertEquals("vfio-pci", new PciFunction(run.machine, DISK).driver());
    }

    @Test
    void shouldLeaveFunctionsThatSomebodyElseHasMadeSinceAndSaySo() {
        var run = new Run("m");
        run.preparation(run.changes()).preparePort(PORT);
        run.machine.setFunctions(CARD, 0);
        run.machine.setFunctions(CARD, 4);
        List<Restoration> report = run.changes().restore();
        Restoration count = report.stream()
                .filter(change -> change.kind().equals("VirtualFunctionCount"))
                .findFirst()
                .orElseThrow();
        assertEquals(Outcome.FAILED, count.outcome());
        assertTrue(count.message().contains("4 virtual functions, which somebody else has made"), count::message);
        assertEquals(
                4, new PciFunction(run.machine, CARD).virtualFunctionCount().orElseThrow());
    }

    @Test
    void shouldNotTakeFunctionsAwayThatSomebodyUses() {
        var run = new Run("m");
        run.preparation(run.changes()).preparePort(new PortRequest(CARD, 0, 2, null, 0, 0));
        run.memory.addresses.put("eth1v1", List.of("192.0.2.7/24"));
        List<Restoration> report = run.changes().restore();
        assertTrue(
                report.toString().contains("interface=eth1v1 has addresses of the kernel's: 192.0.2.7/24"),
                report::toString);
        assertEquals(
                2, new PciFunction(run.machine, CARD).virtualFunctionCount().orElseThrow());
        run.memory.addresses.clear();
        assertTrue(run.changes().restore().stream().allMatch(Restoration::done));
        run.assertAsBefore("once they are free");
    }

    @Test
    void shouldNotWaitForDiskThatSomebodyElseHasOpen() throws IOException {
        var run = new Run("m");
        run.preparation(run.changes()).prepareDisk(VFIO);
        run.machine.file("/proc/77/comm", "qemu");
        run.machine.symlink("/proc/77/fd/9", "/dev/vfio/11");
        Restoration restoration = run.changes().restore().getFirst();
        assertEquals(Outcome.FAILED, restoration.outcome());
        assertTrue(restoration.message().contains("open in pid=77 qemu"), restoration::message);
    }

    @Test
    void shouldSeeWhenSomebodyElseChangesWhatStands() {
        var run = new Run("m");
        HostChanges changes = run.changes();
        Preparation preparation = run.preparation(changes);
        preparation.prepareDisk(VFIO);
        preparation.preparePort(PORT);
        assertTrue(changes.standing().stream()
                .allMatch(change -> change.observe(run.memory.host()).state() == HostChange.State.AFTER));
        run.machine.unbind(DISK);
        run.memory.functions.put("eth1/0", new FunctionSettings(MAC, 0, 0, true, false));
        List<String> other = changes.standing().stream()
                .filter(change -> change.observe(run.memory.host()).state() == HostChange.State.OTHER)
                .map(HostChange::device)
                .toList();
        assertEquals(List.of("pci=" + DISK, "pci=" + CARD + " vf=0"), other);
    }

    @Test
    void shouldPrepareDiskAnewThatWasTakenOutAndIsBack() {
        var run = new Run("m");
        HostChanges changes = run.changes();
        Preparation preparation = run.preparation(changes);
        preparation.prepareDisk(VFIO);
        assertThrows(
                IllegalStateException.class,
                () -> changes.apply(new DriverBinding(DISK, "1b36:0010", "nvme", "", "vfio-pci", "vfio-pci")),
                "it stands");
        run.machine.unbind(DISK);
        run.machine.file(device(DISK) + "/driver_override", "(null)");
        run.machine.bind(DISK, "nvme");
        assertEquals("vfio:" + DISK, preparation.prepareDisk(VFIO).uri());
        assertEquals(1, changes.standing().size());
        changes.close();
        run.assertAsBefore("at the end");
    }

    @Test
    void shouldReadItsOwnJournal() {
        var run = new Run("m");
        HostChanges changes = run.changes();
        run.preparation(changes).prepareDisk(VFIO);
        run.preparation(changes).preparePort(PORT);
        assertEquals(changes.standing(), run.changes().standing());
        assertThrows(StateException.class, () -> {
            Files.writeString(run.root.resolve("devices.json"), "{}");
            run.changes();
        });
    }
}
