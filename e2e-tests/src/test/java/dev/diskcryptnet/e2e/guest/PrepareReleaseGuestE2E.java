package dev.diskcryptnet.e2e.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** A disk that goes to VFIO and a virtual function that is made: both are given back, whatever ends the agent. */
@Tag("guest")
@ExtendWith(Consoles.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PrepareReleaseGuestE2E {
    private static final Duration LIMIT = Duration.ofSeconds(300);
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    /** Exit status of a shell whose command was killed. */
    private static final int KILLED = 137;

    private static final String JOURNAL = GuestAgent.STATE + "/devices.json";

    private static Guest guest;
    private static String disk;
    private static String card;
    private static DeviceState before;

    @BeforeAll
    static void boot() throws Exception {
        guest = Guest.with(GuestHardware.bare().nvme("alpha", 64).igb()).boot();
        disk = guest.pciAddress("alpha");
        card = guest.pciAddress("nic0");
        before = DeviceState.of(guest);
        assertTrue(before.text().contains(disk + " driver=nvme override=(null)"), before::text);
        assertTrue(before.text().contains(card + " driver=igb override=(null) numvfs=0"), before::text);
    }

    @AfterAll
    static void end() {
        if (guest != null) {
            guest.close();
        }
    }

    private static String node(int virtualFunction) {
        return """
                disks: [{pciAddress: "%s", driver: vfio}]
                ports:
                - physicalFunction: "%s"
                  virtualFunction: %d
                  macAddress: "02:00:00:00:00:0a"
                  vlan: 100
                  mtu: 1400
                  addresses: [198.18.8.2/24]
                listeners: [{port: 80}]
                workers: {bufferMemory: 32Mi}
                format: IfEmpty
                drainTimeout: 2s
                """.formatted(disk, card, virtualFunction);
    }

    private static void assertPrepared(int functions) throws Exception {
        String now = DeviceState.of(guest).text();
        assertTrue(now.contains(disk + " driver=vfio-pci override=vfio-pci"), now);
        assertTrue(now.contains(card + " driver=igb override=(null) numvfs=" + functions), now);
        assertTrue(now.contains("mac=02:00:00:00:00:0a mtu=1400 up=1 disable_ipv6=1"), now);
        assertTrue(now.contains("vlan 100, spoof checking on"), now);
    }

    private static void release() {
        String report = guest.check("dcn-agent release --state-directory " + GuestAgent.STATE, LIMIT);
        assertFalse(report.contains("FAILED"), report);
        guest.check("! test -e " + JOURNAL);
    }

    @Test
    @Order(1)
    void shouldGiveAllBackAtCleanStop() throws Exception {
        try (GuestAgent agent = GuestAgent.start(guest, node(0))) {
            assertPrepared(1);
            assertEquals(0, agent.stop(), agent::log);
        }
        before.assertStill("after a clean stop");
        guest.check("! test -e " + JOURNAL);
    }

    @Test
    @Order(2)
    void shouldGiveAllBackAfterKillAtNextStartAndByRelease() throws Exception {
        try (GuestAgent agent = GuestAgent.start(guest, node(0))) {
            agent.kill();
        }
        assertPrepared(1);
        try (GuestAgent agent = GuestAgent.start(guest, node(0))) {
            assertTrue(agent.log().contains("event=predecessor-left-changes"), agent::log);
            assertPrepared(1);
            CommandResult refused = guest.run("dcn-agent release --state-directory " + GuestAgent.STATE, LIMIT);
            assertEquals(3, refused.exitCode(), refused::toString);
            assertPrepared(1);
            agent.kill();
        }
        release();
        before.assertStill("after kill -9 and a release");
    }

    @Test
    @Order(3)
    void shouldNoticeWhatSomebodyElseChanges() throws Exception {
        try (GuestAgent agent = GuestAgent.start(guest, node(0))) {
            guest.check("ip link set $(ls /sys/bus/pci/devices/" + card + "/net) vf 0 vlan 200");
            guest.await(
                    "curl -sf http://127.0.0.1:9464/v1/status | jq -e '[.conditions[] | "
                            + "select(.type == \"Degraded\" and .status == \"True\" and .reason == \"DeviceChanged\" and "
                            + "(.message | contains(\"vlan=200\")))] | length == 1'",
                    LIMIT);
            assertEquals(1, agent.metric("dcn_host_changes_lost"));
            assertEquals(0, agent.stop(), agent::log);
        }
        before.assertStill("after a clean stop");
    }

    /** Functions that a person has made, and set. */
    @Test
    @Order(4)
    void shouldLeaveFunctionsOfOthersAsTheyWere() throws Exception {
        String sysfs = "/sys/bus/pci/devices/" + card;
        guest.check("set -e; pf=$(ls " + sysfs + "/net); ip link set $pf up; echo 2 >" + sysfs + "/sriov_numvfs;"
                + "ip link set $pf vf 1 mac 02:00:00:00:00:77; ip link set $pf vf 1 vlan 7; ip link set $pf vf 1 spoofchk off;"
                + "f=$(basename $(readlink " + sysfs + "/virtfn1)); echo $f >/sys/bus/pci/drivers/igbvf/unbind;"
                + "echo $f >/sys/bus/pci/drivers/igbvf/bind");
        DeviceState made = DeviceState.of(guest);
        assertTrue(made.text().contains("vlan 7, spoof checking off"), made::text);
        try (GuestAgent agent = GuestAgent.start(guest, node(1))) {
            assertPrepared(2);
            agent.kill();
        }
        release();
        made.assertStill("after kill -9 and a release, with functions of somebody else's");
        guest.check("echo 0 >" + sysfs + "/sriov_numvfs; ip link set $(ls " + sysfs + "/net) down");
        before.assertStill("when they are gone");
    }

    /**
     * The agent up to one of its writes, counted from 1, where it gets a signal instead:
     *
     * <pre>
     *   1 journal   2 override, 3 unbind, 4 bind of the disk      8 journal    9 unbind, 10 bind of the function
     *   5 journal   (physical function up)                       11 journal   (no IPv6)
     *   6 journal   7 number of functions                        12 journal   (MTU)   13 journal   (up)
     * </pre>
     */
    private static String upTo(int write, String signal) {
        String paths = Stream.of(
                        JOURNAL + ".new",
                        "/sys/bus/pci/devices/" + disk + "/driver_override",
                        "/sys/bus/pci/drivers/nvme/unbind",
                        "/sys/bus/pci/drivers/vfio-pci/bind",
                        "/sys/bus/pci/devices/" + card + "/sriov_numvfs",
                        "/sys/bus/pci/drivers/igbvf/unbind",
                        "/sys/bus/pci/drivers/igbvf/bind")
                .map(path -> " -P " + path)
                .collect(Collectors.joining());
        guest.write("/root/node.yaml", node(0));
        return "strace -f -qq -o /root/trace" + paths + " -e trace=write -e inject=write:signal=" + signal + ":when="
                + write
                + " dcn-agent serve --config /root/node.yaml --state-directory " + GuestAgent.STATE
                + " >/root/agent.log 2>&1 </dev/null";
    }

    private static final int WRITES = 13;

    private static boolean isChosen(int write, Integer... ofShortRun) {
        return LONG || List.of(ofShortRun).contains(write);
    }

    @Test
    @Order(5)
    void shouldGiveAllBackWhereverPrepareIsKilled() {
        for (int write = 1; write <= WRITES; write++) {
            if (isChosen(write, 4)) {
                String when = "killed at write " + write;
                CommandResult killed = guest.run(upTo(write, "KILL"), LIMIT);
                assertEquals(
                        KILLED, killed.exitCode(), () -> when + ": " + guest.run("cat /root/agent.log /root/trace"));
                release();
                before.assertStill(when);
                System.out.println("given back after it was " + when);
            }
        }
    }

    @Test
    @Order(6)
    void shouldGiveAllBackWhereverTheMachineIsResetInPrepare() throws Exception {
        for (int write = 1; write <= WRITES; write++) {
            if (isChosen(write, 10)) {
                String when = "reset at write " + write;
                var running = guest.start(upTo(write, "STOP"), LIMIT);
                guest.await("grep -q SIGSTOP /root/trace", LIMIT);
                assertFalse(running.isDone());
                guest.check("sync");
                guest.reset();
                assertEquals(before.text(), DeviceState.of(guest).text(), when + ", before anything is given back");
                release();
                before.assertStill(when);
                System.out.println("as before after " + when);
            }
        }
        try (GuestAgent agent = GuestAgent.start(guest, node(0))) {
            assertPrepared(1);
            assertEquals(0, agent.stop(), agent::log);
        }
        before.assertStill("after the resets and a clean stop");
    }
}
