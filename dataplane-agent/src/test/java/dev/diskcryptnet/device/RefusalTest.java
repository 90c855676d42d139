package dev.diskcryptnet.device;

import static dev.diskcryptnet.device.FakeMachine.CARD;
import static dev.diskcryptnet.device.FakeMachine.DISK;
import static dev.diskcryptnet.device.FakeMachine.device;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.device.DiskRequest.Driver;
import dev.diskcryptnet.device.Refusal.Rule;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is not taken, and what a person is told. Whatever is refused is as before. */
class RefusalTest {
    private static final DiskRequest VFIO = new DiskRequest(DISK, Driver.VFIO);
    private static final DiskRequest PASSTHRU = new DiskRequest(DISK, Driver.PASSTHRU);

    @TempDir
    Path root;

    private final MemoryHost memory = new MemoryHost();
    private FakeMachine machine;
    private Preparation preparation;

    @BeforeEach
    void setUp() {
        machine = FakeMachine.usual(root, memory);
        preparation = new Preparation(HostChanges.withoutJournal(memory.host()), machine, Patience.NONE);
    }

    private static PortRequest port(int number) {
        return new PortRequest(CARD, number, number + 1, "02:00:00:00:00:01", 0, 0);
    }

    private void assertRefused(DiskRequest request, Rule rule, String text) {
        assertRefused(() -> preparation.prepareDisk(request), () -> preparation.check(request), rule, text);
    }

    private void assertRefused(PortRequest request, Rule rule, String text) {
        assertRefused(() -> preparation.preparePort(request), () -> preparation.check(request), rule, text);
    }

    private void assertRefused(Runnable prepare, Runnable check, Rule rule, String text) {
        String before = machine.shape();
        for (Runnable attempt : List.of(prepare, check)) {
            RefusedException e = assertThrows(RefusedException.class, attempt::run);
            assertEquals(rule, e.refusals().getFirst().rule(), e::getMessage);
            assertTrue(e.getMessage().contains(text), e::getMessage);
            assertTrue(e.getMessage().contains(e.device()), e::getMessage);
        }
        assertEquals(before, machine.shape());
        assertEquals(0, memory.steps.size(), memory.steps::toString);
    }

    private void mount(String number, String where, String source) {
        machine.file("/proc/self/mountinfo", "30 1 " + number + " / " + where + " rw - ext4 " + source + " rw");
    }

    @Test
    void shouldRefuseMountedDisk() {
        mount("259:0", "/srv/my\\040films", "/dev/nvme0n1");
        assertRefused(VFIO, Rule.MOUNTED, "/dev/nvme0n1 is mounted at /srv/my films");
        assertRefused(PASSTHRU, Rule.MOUNTED, "umount /srv/my films");
    }

    @Test
    void shouldRefuseDiskWithMountedPartition() {
        machine.partition("nvme0n1", "nvme0n1p2", "259:2");
        mount("259:2", "/srv", "/dev/nvme0n1p2");
        assertRefused(VFIO, Rule.MOUNTED, "/dev/nvme0n1p2 is mounted at /srv");
    }

    @Test
    void shouldRefuseTheDiskThatTheMachineRunsFrom() {
        machine.partition("nvme0n1", "nvme0n1p1", "259:1");
        mount("259:1", "/boot/efi", "/dev/nvme0n1p1");
        assertRefused(VFIO, Rule.BOOT_DISK, "the machine runs from this disk");
    }

    @Test
    void shouldRefuseDiskBeneathRootHoweverDeep() {
        machine.partition("nvme0n1", "nvme0n1p3", "259:3");
        machine.holder("nvme0n1p3", "md0", "9:0");
        machine.file("/sys/class/block/md0/md/level", "raid1");
        machine.holder("md0", "dm-0", "253:0");
        machine.file("/sys/class/block/dm-0/dm/name", "vg-root");
        machine.file("/sys/class/block/dm-0/dm/uuid", "LVM-abc");
        mount("253:0", "/", "/dev/mapper/vg-root");
        assertRefused(
                VFIO,
                Rule.BOOT_DISK,
                "/dev/nvme0n1p3, part of the RAID array /dev/md0 (md, raid1), part of the LVM volume vg-root");
    }

    @Test
    void shouldRefuseMembersOfArraysAndVolumeGroups() {
        machine.holder("nvme0n1", "md127", "9:127");
        machine.file("/sys/class/block/md127/md/level", "raid0");
        assertRefused(VFIO, Rule.HELD, "/dev/nvme0n1 is part of the RAID array /dev/md127 (md, raid0)");
        machine.delete("/sys/class/block/nvme0n1/holders/md127");
        machine.holder("nvme0n1", "dm-3", "253:3");
        machine.file("/sys/class/block/dm-3/dm/name", "secret");
        machine.file("/sys/class/block/dm-3/dm/uuid", "CRYPT-LUKS2-abc");
        assertRefused(PASSTHRU, Rule.HELD, "/dev/nvme0n1 is part of the encrypted volume secret (/dev/dm-3)");
    }

    @Test
    void shouldRefuseSwap() {
        machine.file("/proc/swaps", "Filename Type Size Used Priority\n/dev/nvme0n1 partition 1024 0 -2");
        assertRefused(VFIO, Rule.SWAP, "swapoff /dev/nvme0n1");
    }

    @Test
    void shouldRefuseDiskThatSomebodyHasWhereWeCannotSee() {
        machine.taken.add("/dev/nvme0n1");
        assertRefused(VFIO, Rule.OPEN, "/dev/nvme0n1 is in use");
        assertRefused(PASSTHRU, Rule.OPEN, "lsblk /dev/nvme0n1");
    }

    @Test
    void shouldRefuseForeignDataAndLetGo() {
        machine.foreign.put("/dev/nvme0n1", "device=/dev/nvme0n1: it holds xfs file system");
        assertRefused(VFIO, Rule.FOREIGN_DATA, "it holds xfs file system");
        assertRefused(PASSTHRU, Rule.FOREIGN_DATA, "wipefs --all /dev/nvme0n1");
        assertEquals(
                machine.claims.stream()
                        .filter(claim -> claim.startsWith("hold"))
                        .count(),
                machine.claims.stream()
                        .filter(claim -> claim.startsWith("let go"))
                        .count());
    }

    @Test
    void shouldRefuseGroupWithStrangersButNotWithBridges() {
        machine.function("0000:00:1c.0", "0x060400", "0x8086", "0x1234", 11);
        assertEquals(
                "vfio:" + DISK,
                new Preparation(HostChanges.withoutJournal(memory.host()), machine, Patience.NONE)
                        .prepareDisk(VFIO)
                        .uri());
        machine = FakeMachine.usual(root.resolve("second"), memory);
        machine.function("0000:01:00.1", "0x010601", "0x8086", "0x1234", 11);
        memory.steps.clear();
        preparation = new Preparation(HostChanges.withoutJournal(memory.host()), machine, Patience.NONE);
        assertRefused(VFIO, Rule.SHARED_GROUP, "it shares IOMMU group 11 with 0000:01:00.1");
        preparation.check(PASSTHRU);
    }

    @Test
    void shouldRefuseVfioWithoutIommu() {
        machine.delete(device(DISK) + "/iommu_group");
        assertRefused(VFIO, Rule.NO_IOMMU, "intel_iommu=on");
    }

    @Test
    void shouldRefuseVfioWithoutItsModule() {
        machine.delete("/sys/bus/pci/drivers/vfio-pci");
        assertRefused(VFIO, Rule.NO_VFIO, "Module vfio-pci not found");
    }

    @Test
    void shouldRefuseControllerWhoseVirtualFunctionsOthersHave() {
        machine.file(device(DISK) + "/sriov_totalvfs", "4");
        machine.file(device(DISK) + "/sriov_numvfs", "2");
        assertRefused(VFIO, Rule.HAS_VIRTUAL_FUNCTIONS, "2 virtual functions");
    }

    @Test
    void shouldRefuseDiskOfAnotherDriver() {
        machine.unbind(DISK);
        machine.symlink(device(DISK) + "/driver", "../../drivers/uio_pci_generic");
        assertRefused(VFIO, Rule.OTHER_DRIVER, "driver=uio_pci_generic has it");
        machine.symlink(device(DISK) + "/driver", "../../drivers/vfio-pci");
        assertRefused(PASSTHRU, Rule.OTHER_DRIVER, "use driver: vfio");
    }

    @Test
    void shouldRefuseDiskThatSomebodyElseHasThroughVfio() {
        machine.unbind(DISK);
        machine.bind(DISK, "vfio-pci");
        machine.file("/proc/77/comm", "qemu");
        machine.symlink("/proc/77/fd/9", "/dev/vfio/11");
        assertRefused(VFIO, Rule.OPEN, "open in pid=77 qemu");
    }

    @Test
    void shouldTellWhatIsMissingOrSomethingElse() {
        assertRefused(new DiskRequest("0000:99:00.0", Driver.VFIO), Rule.MISSING, "no PCI device 0000:99:00.0");
        assertRefused(new DiskRequest(CARD, Driver.VFIO), Rule.WRONG_CLASS, "a network card");
        assertRefused(new PortRequest("0000:99:00.0", 0, 1, null, 0, 0), Rule.MISSING, "no PCI device 0000:99:00.0");
        assertRefused(new PortRequest(DISK, 0, 1, null, 0, 0), Rule.WRONG_CLASS, DISK + " is no network card");
        machine.delete(device(DISK) + "/nvme/nvme0/nvme0n1");
        assertRefused(PASSTHRU, Rule.NO_NAMESPACE, "shows no namespace");
    }

    @Test
    void shouldRefuseVirtualFunctionInPlaceOfPhysicalOne() {
        machine.setFunctions(CARD, 1);
        assertRefused(
                new PortRequest("0000:02:10.0", 0, 1, null, 0, 0),
                Rule.NOT_PHYSICAL,
                "physicalFunction: \"" + CARD + "\"");
    }

    @Test
    void shouldRefuseCardWithoutSriovOrWithTooFewFunctions() {
        assertRefused(port(7), Rule.TOO_FEW_FUNCTIONS, "can have 7 virtual functions");
        machine.setFunctions(CARD, 2);
        assertRefused(port(2), Rule.TOO_FEW_FUNCTIONS, "has 2 virtual functions, made by somebody else");
        machine.file(device(CARD) + "/sriov_totalvfs", "0");
        assertRefused(port(0), Rule.NO_SRIOV, "has no SR-IOV");
    }

    @Test
    void shouldNotResetTheCardOfTheDefaultRoute() {
        machine.file("/proc/net/route", "Iface Destination Gateway\neth1 00000000 0100000A 0003 0 0 0 00000000 0 0 0");
        assertRefused(
                port(0),
                Rule.DEFAULT_ROUTE,
                "interface=eth1 of the physical function carries the machine's default route");
        machine.setFunctions(CARD, 1);
        preparation.check(port(0));
    }

    @Test
    void shouldRefuseFunctionThatTheKernelUses() {
        machine.setFunctions(CARD, 1);
        machine.file(
                "/proc/net/ipv6_route",
                "0".repeat(32) + " 00 " + "0".repeat(32) + " 00 " + "f".repeat(32)
                        + " 00000400 00000001 00000000 00000003 eth1v0");
        assertRefused(port(0), Rule.DEFAULT_ROUTE, "interface=eth1v0 carries the machine's default route");
        machine.delete("/proc/net/ipv6_route");
        memory.addresses.put("eth1v0", List.of("192.0.2.7/24"));
        assertRefused(port(0), Rule.HAS_ADDRESS, "192.0.2.7/24");
        memory.addresses.clear();
        machine.symlink("/sys/class/net/eth1v0/master", "../br0");
        assertRefused(port(0), Rule.ENSLAVED, "eth1v0 is part of br0");
        machine.delete("/sys/class/net/eth1v0/master");
        machine.symlink("/sys/class/net/eth1v0/upper_macvlan0", "../macvlan0");
        assertRefused(port(0), Rule.ENSLAVED, "eth1v0 carries the interface macvlan0");
    }

    @Test
    void shouldRefuseFunctionThatAnotherHas() {
        machine.setFunctions(CARD, 1);
        machine.delete(device("0000:02:10.0") + "/net");
        assertRefused(port(0), Rule.ELSEWHERE, "another network namespace");
        machine.unbind("0000:02:10.0");
        machine.bind("0000:02:10.0", "vfio-pci");
        assertRefused(port(0), Rule.OTHER_DRIVER, "bound to vfio-pci");
    }

    @Test
    void shouldListWhatCanBeTakenAndWhyTheRestCannot() {
        machine.setFunctions(CARD, 2);
        memory.addresses.put("eth1v1", List.of("192.0.2.7/24"));
        Inventory found = Inventory.of(machine, memory, machine);
        Inventory.Disk disk = found.disks().getFirst();
        assertEquals(List.of("vfio", "passthru"), disk.drivers());
        assertEquals("dcn-1", disk.serial());
        assertEquals(2048 * 512, disk.capacityBytes());
        assertEquals("11", disk.iommuGroup());
        assertEquals(
                List.of("0000:02:00.0", "0000:02:10.0", "0000:02:10.1"),
                found.ports().stream().map(Inventory.Port::pciAddress).toList());
        assertEquals(
                List.of(true, true, false),
                found.ports().stream().map(Inventory.Port::canBeTaken).toList());
        assertEquals(1, found.ports().getLast().virtualFunction());
        assertEquals(2, found.ports().getFirst().virtualFunctions());

        machine.foreign.put("/dev/nvme0n1", "device=/dev/nvme0n1: it holds gpt partition table");
        disk = Inventory.of(machine, memory, machine).disks().getFirst();
        assertEquals(List.of(), disk.drivers());
        assertEquals(Rule.FOREIGN_DATA, disk.refusals().getFirst().rule());
        assertEquals(0, memory.steps.size(), "a list changes nothing");
    }
}
