package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Disks and ports that are somebody else's, each made so by the programs that people make them so with. */
@Tag("guest")
@ExtendWith(Consoles.class)
class RefusalsGuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(180);
    private static final int FAILED = 1;
    private static final int REFUSED = 3;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Drive, and the script that makes it somebody's; $d is its block device. */
    private static final Map<String, String> SITUATIONS = new LinkedHashMap<>(Map.of(
            "boot", "mkfs.ext4 -q $d && mkdir -p /boot && mount -o ro,noload $d /boot",
            "mounted", "mkfs.ext4 -q $d && mkdir -p /mnt/films && mount -o ro,noload $d /mnt/films",
            "elsewhere",
                    "mkfs.ext4 -q $d && { unshare --mount --propagation private bash -c \"mount -o ro,noload $d /mnt && "
                            + "touch /run/elsewhere && exec sleep infinity\" >/dev/null 2>&1 </dev/null & } && "
                            + "until [ -e /run/elsewhere ]; do sleep 0.1; done",
            "lvm",
                    "pvcreate -qq $d && vgcreate -qq films $d && lvcreate -qq -L 8M -n reels -an films && "
                            + "vgchange -qq -ay --noudevsync films",
            "raid",
                    "mdadm --create /dev/md7 --run --level=1 --raid-devices=2 --metadata=1.2 $d missing 2>&1 && "
                            + "mdadm --readonly /dev/md7",
            "swap", "mkswap -q $d && swapon $d",
            "table", // One partition of Linux from sector 2048 on, 20480 sectors long.
                    "printf '\\0\\0\\0\\0\\x83\\0\\0\\0\\0\\x08\\0\\0\\0\\x50\\0\\0' | dd of=$d bs=1 seek=446 status=none; "
                            + "printf '\\x55\\xaa' | dd of=$d bs=1 seek=510 status=none",
            "filesystem", "mkfs.xfs -q -f $d || mkfs.ext4 -q $d",
            "free", "true",
            "sharing", "true"));

    private static Guest guest;
    private static JsonNode devices;
    private static DeviceState before;
    private static Map<String, String> sums;

    @BeforeAll
    static void makeSituations() throws Exception {
        GuestHardware hardware = GuestHardware.bare();
        for (String drive : SITUATIONS.keySet()) {
            NvmeDrive made = NvmeDrive.of(drive, drive.equals("filesystem") ? 320 : 64);
            hardware.nvme(drive.equals("sharing") ? made.inGroup("both") : made);
        }
        hardware.nvme(NvmeDrive.of("stranger", 64).inGroup("both")).igb().unpluggedIgb("nic1");
        guest = Guest.with(hardware).boot();
        for (Map.Entry<String, String> situation : SITUATIONS.entrySet()) {
            guest.check("set -e; d=" + device(situation.getKey()) + "; " + situation.getValue(), LIMIT);
        }
        makeLinks();
        guest.check("sync; sleep 1; sync");
        before = DeviceState.of(guest);
        sums = sums();
        devices = JSON.readTree(guest.check("dcn-agent devices -o json", LIMIT));
    }

    /** A function with an address, one with the default route, and a card that carries it and has no functions. */
    private static void makeLinks() throws InterruptedException {
        String card = "/sys/bus/pci/devices/" + guest.pciAddress("nic0");
        guest.check("ip link set $(ls " + card + "/net) up && echo 3 >" + card + "/sriov_numvfs");
        guest.await("ls " + card + "/virtfn{0,1,2}/net", LIMIT);
        guest.check("set -e; f=$(ls " + card + "/virtfn0/net); ip address add 203.0.113.7/24 dev $f; ip link set $f up;"
                + "f=$(ls " + card + "/virtfn1/net); ip link set $f up; ip -6 route add default dev $f;"
                + "f=$(ls /sys/bus/pci/devices/" + guest.pciAddress("nic1") + "/net); ip link set $f up;"
                + "ip route add default dev $f");
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    private static String device(String drive) {
        return "/dev/"
                + guest.check("ls /sys/bus/pci/devices/" + guest.pciAddress(drive) + "/nvme/nvme*/ | "
                        + "grep -E '^nvme[0-9]+(c[0-9]+)?n[0-9]+$' | sed 's/c[0-9]*n/n/'");
    }

    /** Of what is on the disks, read past the guest. */
    private static Map<String, String> sums() throws Exception {
        Map<String, String> all = new TreeMap<>();
        for (String drive : SITUATIONS.keySet()) {
            byte[] content = Files.readAllBytes(guest.file(drive));
            all.put(
                    drive,
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(content)));
        }
        return all;
    }

    private static void assertListed(String id, String rule, String found) {
        String address = guest.pciAddress(id);
        for (JsonNode disk : devices.get("disks")) {
            if (disk.get("pciAddress").asText().equals(address)) {
                JsonNode refusal = disk.at("/refusals/0");
                assertEquals(rule, refusal.path("rule").asText(), disk::toString);
                assertTrue(refusal.path("found").asText().contains(found), disk::toString);
                return;
            }
        }
        throw new AssertionError(address + " is not in " + devices);
    }

    @Test
    void shouldListWhoHasEachDisk() {
        assertListed("boot", "BOOT_DISK", "is mounted at /boot: the machine runs from this disk");
        assertListed("mounted", "MOUNTED", "is mounted at /mnt/films");
        assertListed("elsewhere", "OPEN", "is in use");
        assertListed("lvm", "HELD", "the LVM volume films-reels");
        assertListed("raid", "HELD", "the RAID array /dev/md7 (md, raid1)");
        assertListed("swap", "SWAP", "is swap space in use");
        assertListed("table", "FOREIGN_DATA", "dos partition table");
        assertListed("filesystem", "FOREIGN_DATA", "file system");
        assertListed("sharing", "SHARED_GROUP", guest.pciAddress("stranger"));
    }

    @Test
    void shouldListDiskThatIsFree() {
        String address = guest.pciAddress("free");
        for (JsonNode disk : devices.get("disks")) {
            if (disk.get("pciAddress").asText().equals(address)) {
                assertEquals("[\"vfio\",\"passthru\"]", disk.get("drivers").toString(), disk::toString);
                assertEquals("free", disk.get("serial").asText());
                assertEquals(64 << 20, disk.get("capacityBytes").asLong());
                return;
            }
        }
        throw new AssertionError(devices);
    }

    @Test
    void shouldRefuseAllOfThemByNameAndChangeNothing() throws Exception {
        String card = guest.pciAddress("nic0");
        String function = guest.check("basename $(readlink /sys/bus/pci/devices/" + card + "/virtfn0)");
        String disks = SITUATIONS.keySet().stream()
                .map(drive -> "- {pciAddress: \"" + guest.pciAddress(drive) + "\"}\n")
                .collect(Collectors.joining());
        guest.write("/root/node.yaml", """
                disks:
                %s
                ports:
                - {physicalFunction: "%s", virtualFunction: 0, addresses: [198.18.8.2/24]}
                - {physicalFunction: "%s", virtualFunction: 1, addresses: [198.18.8.3/24]}
                - {physicalFunction: "%s", addresses: [198.18.8.4/24]}
                - {physicalFunction: "%s", addresses: [198.18.8.5/24]}
                listeners: [{port: 80}]
                format: IfEmpty
                """.formatted(disks, card, card, guest.pciAddress("nic1"), function));
        CommandResult refused = guest.run(
                "dcn-agent serve --config /root/node.yaml --state-directory " + GuestAgent.STATE + "; code=$?; " + "ls "
                        + GuestAgent.STATE + "; exit $code",
                LIMIT);
        assertEquals(REFUSED, refused.exitCode(), refused::toString);
        assertEquals("lock", refused.stdout(), "nothing was changed, so nothing is in the journal");
        for (String said : List.of(
                "is mounted at /boot: the machine runs from this disk; name another disk",
                "is mounted at /mnt/films; name another disk; if this one is meant, run: umount /mnt/films",
                "disk=" + guest.pciAddress("elsewhere") + " cannot be taken: " + device("elsewhere") + " is in use",
                "is part of the LVM volume films-reels",
                "is part of the RAID array /dev/md7 (md, raid1)",
                "swapoff " + device("swap"),
                "dos partition table",
                "file system",
                "it shares IOMMU group",
                "has addresses of the kernel's: 203.0.113.7/24",
                "carries the machine's default route\n".strip(),
                "of the physical function carries the machine's default route, and making virtual functions resets it",
                function + " is a virtual function of " + card)) {
            assertTrue(refused.stderr().contains(said), () -> said + " is not in " + refused);
        }
        assertTrue(!refused.stderr().contains(guest.pciAddress("free")), refused::toString);
        before.assertStill("after refusals");
        guest.check("sync");
        assertEquals(sums, sums());
    }

    /** As where an administrator has forbidden the module. */
    @Test
    void shouldSayThatKernelHasNoVfio() throws Exception {
        guest.write("/root/vfio.yaml", """
                disks: [{pciAddress: "%s"}]
                ports: [{interfaceName: lo, addresses: [198.18.8.2/24]}]
                listeners: [{port: 80}]
                """.formatted(guest.pciAddress("free")));
        guest.check("mkdir -p /etc/modprobe.d && echo 'install vfio-pci /bin/false' >/etc/modprobe.d/forbidden.conf"
                + " && modprobe -r vfio-pci");
        try {
            CommandResult refused = guest.run("dcn-agent serve --config /root/vfio.yaml", LIMIT);
            assertEquals(FAILED, refused.exitCode(), refused::toString);
            assertTrue(refused.stderr().contains("the kernel has no vfio-pci"), refused::toString);
            assertTrue(refused.stderr().contains("run on the machine: modprobe vfio-pci"), refused::toString);
        } finally {
            guest.check("rm /etc/modprobe.d/forbidden.conf && modprobe vfio-pci");
        }
        before.assertStill("after a refusal");
    }

    @Test
    void shouldSayThatDeviceIsMissing() throws IOException {
        guest.write("/root/missing.yaml", """
                disks: [{pciAddress: "0000:aa:00.0"}]
                ports: [{physicalFunction: "0000:bb:00.0", addresses: [198.18.8.2/24]}]
                listeners: [{port: 80}]
                """);
        CommandResult refused = guest.run(
                "touch /root/words; DCN_TERMINATION_LOG=/root/words dcn-agent serve --config /root/missing.yaml; cat /root/words",
                LIMIT);
        assertEquals(
                "DeviceMissing", JSON.readTree(refused.stdout()).get("reason").asText(), refused::toString);
        assertTrue(refused.stderr().contains("no PCI device 0000:aa:00.0"), refused::toString);
        assertTrue(refused.stderr().contains("no PCI device 0000:bb:00.0"), refused::toString);
    }
}
