package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.admin.AgentStatus.Condition;
import dev.diskcryptnet.admin.AgentStatus.Health;
import dev.diskcryptnet.admin.AgentStatus.Health.State;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.diskmap.DiskHealth;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.netmap.VethPair;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeHealthTest {
    private static final long MINUTE_NS = 60_000_000_000L;
    private static final NodeConditions.Serving SERVING =
            new NodeConditions.Serving(true, Reason.Serving, "requests are answered");

    @TempDir
    Path directory;

    private final CounterSet counters = new CounterSet(Map.of("worker", "0"));
    private final NodeHealth health = new NodeHealth(List.of(counters), new KernelLinks());

    private DiskFacts disk() throws Exception {
        Path image = directory.resolve("disk.img");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        try (Disk disk = Disks.open("uring:" + image, OpenMode.READ_ONLY)) {
            return disk.facts();
        }
    }

    @Test
    void shouldSayThatDiskIsFailingForAMinuteAfterAnError() throws Exception {
        DiskFacts disk = disk();
        Counter errors = counters.counter("dcn_disk_errors", "", "", "disk", disk.id());
        assertEquals(Health.GOOD, health.disk(disk, DiskHealth.OK, null, null, 0));
        errors.increment();
        Health failing = health.disk(disk, DiskHealth.OK, null, null, MINUTE_NS);
        assertEquals(State.Failing, failing.state());
        assertTrue(failing.message().contains("errors=1"), failing::message);
        assertEquals(
                State.Failing,
                health.disk(disk, DiskHealth.OK, null, null, 2 * MINUTE_NS - 1).state());
        assertEquals(Health.GOOD, health.disk(disk, DiskHealth.OK, null, null, 2 * MINUTE_NS));
        errors.increment();
        assertEquals(
                State.Failing,
                health.disk(disk, DiskHealth.OK, null, null, 3 * MINUTE_NS).state());
    }

    @Test
    void shouldSayWhatDriverToldOfDisk() throws Exception {
        DiskFacts disk = disk();
        Health gone = health.disk(disk, DiskHealth.of(DiskHealth.State.GONE, "away"), null, null, 0);
        assertEquals(State.Missing, gone.state());
        Health awaited = health.disk(disk, DiskHealth.OK, "disk=/dev/x does not exist", null, 0);
        assertEquals(State.Missing, awaited.state());
        assertTrue(awaited.message().endsWith("last try: disk=/dev/x does not exist"), awaited::message);
        Health reset = health.disk(disk, DiskHealth.of(DiskHealth.State.RECOVERING, "a time-out"), null, null, 0);
        assertEquals(State.Failing, reset.state());
        assertTrue(reset.message().contains("by itself: a time-out"), reset::message);
        assertEquals(
                State.Failing,
                health.disk(disk, DiskHealth.of(DiskHealth.State.FAILED, ""), null, null, 0)
                        .state());
        var warning = new DiskHealth(DiskHealth.State.OK, 0, 0, 0, 300, 101, 3, 10, 5, "");
        assertTrue(health.disk(disk, warning, null, null, 0).message().contains("criticalWarning=5"));
        Counter down = counters.gauge("dcn_disk_down", "", "", "disk", disk.id());
        down.set(1);
        assertTrue(health.disk(disk, DiskHealth.OK, null, null, 0).message().contains("get 503"));
        down.set(0);
        assertEquals(Health.GOOD, health.disk(disk, DiskHealth.OK, null, null, 0));
    }

    @Test
    void shouldNameDiskThatIsGoneOrTakesNoWrites() throws Exception {
        DiskFacts disk = disk();
        Health readOnly = health.disk(disk, DiskHealth.OK, null, "it is full of errors", 0);
        assertEquals(State.ReadOnly, readOnly.state());
        assertTrue(readOnly.message().contains("disk=disk.img takes no writes: it is full"), readOnly::message);
        Files.delete(directory.resolve("disk.img"));
        Health missing = health.disk(disk, DiskHealth.OK, null, null, 0);
        assertEquals(State.Missing, missing.state());
        assertTrue(missing.message().contains(directory.resolve("disk.img").toString()), missing::message);
    }

    @Test
    void shouldTellInterfaceWithoutCarrierFromOneThatIsGone() {
        Counter linkUp;
        dev.diskcryptnet.netmap.PortFacts facts;
        try (VethPair veth = VethPair.create();
                var port = dev.diskcryptnet.netmap.Ports.open("packet:" + veth.near())) {
            facts = port.facts();
            linkUp = counters.gauge("dcn_port_link_up", "", "", "port", veth.near());
            linkUp.set(1);
            assertEquals(Health.GOOD, health.port(facts));
            linkUp.set(0);
            assertEquals(State.LinkDown, health.port(facts).state());
        }
        Health missing = health.port(facts);
        assertEquals(State.Missing, missing.state());
        assertTrue(missing.message().contains("interface=" + facts.interfaceName()), missing::message);
    }

    @Test
    void shouldGiveConditionsTheReasonsOfTheirDevices() {
        var conditions = new NodeConditions();
        List<Condition> good = conditions.of(SERVING, List.of(Health.GOOD), List.of(), List.of(), List.of());
        assertCondition(good.get(0), "DevicesPrepared", "True", "DevicesReady");
        assertCondition(good.get(1), "Serving", "True", "Serving");
        assertCondition(good.get(2), "Degraded", "False", "NothingDegraded");

        var missing = new Health(State.Missing, "disk=/dev/a is gone");
        var failing = new Health(State.Failing, "disk=/dev/b fails");
        List<Condition> bad =
                conditions.of(SERVING, List.of(failing, missing), List.of(), List.of("a warning"), List.of());
        assertCondition(bad.get(0), "DevicesPrepared", "False", "DeviceMissing");
        assertEquals("disk=/dev/a is gone", bad.get(0).message());
        assertCondition(bad.get(2), "Degraded", "True", "DeviceMissing");
        assertEquals(
                "disk=/dev/b fails; disk=/dev/a is gone; a warning", bad.get(2).message());

        assertCondition(
                conditions
                        .of(SERVING, List.of(failing), List.of(), List.of(), List.of("old"))
                        .get(2),
                "Degraded",
                "True",
                "DeviceFailed");
        assertCondition(
                conditions
                        .of(SERVING, List.of(), List.of(), List.of(), List.of("old"))
                        .get(2),
                "Degraded",
                "True",
                "SecretInvalid");
        assertNull(Health.GOOD.message());
    }

    @Test
    void shouldSayInConditionsWhatSomebodyElseHasChanged() {
        var conditions = new NodeConditions();
        var changed = new DeviceWatch.Drift(false, "interface=eth1 is not as the agent has set it");
        var gone = new DeviceWatch.Drift(true, "pci=0000:3b:00.0 is not there any more");
        List<Condition> one = conditions.of(SERVING, List.of(Health.GOOD), List.of(changed), List.of(), List.of("old"));
        assertCondition(one.get(0), "DevicesPrepared", "False", "DeviceChanged");
        assertCondition(one.get(2), "Degraded", "True", "DeviceChanged");
        assertEquals(
                "interface=eth1 is not as the agent has set it; old", one.get(2).message());
        List<Condition> both = conditions.of(SERVING, List.of(), List.of(changed, gone), List.of(), List.of());
        assertCondition(both.get(0), "DevicesPrepared", "False", "DeviceMissing");
        assertCondition(both.get(2), "Degraded", "True", "DeviceMissing");
    }

    private static void assertCondition(Condition condition, String type, String status, String reason) {
        assertEquals(List.of(type, status, reason), List.of(condition.type(), condition.status(), condition.reason()));
    }
}
