package dev.diskcryptnet.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.memory.MemorySource.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counters of memory traffic on machines that are not here: their trees, written from the kernel's documentation. */
class MemoryBandwidthTest {
    private static final String OWN = "mon_groups/dcn-test";

    @TempDir
    Path root;

    private final long[] sent = {0};
    private final long[] clockNs = {0};

    private Map<String, Long> readings(MemoryBandwidth bandwidth) {
        Map<String, Long> readings = new TreeMap<>();
        for (MemoryBandwidth.Sample sample : bandwidth.samples()) {
            readings.put(
                    sample.source() + " " + sample.scope() + " "
                            + sample.reading().domain() + " " + sample.reading().direction(),
                    sample.reading().bytes());
        }
        return readings;
    }

    @Test
    void shouldSayWhyThereIsNothing() {
        try (MemoryBandwidth bandwidth = new Machine(root).open(sent, clockNs)) {
            assertFalse(bandwidth.available());
            assertEquals(List.of(), bandwidth.samples());
            clockNs[0] += TimeUnit.MINUTES.toNanos(1);
            sent[0] += 1 << 30;
            assertNull(bandwidth.bytesPerNetworkByte());
            assertEquals(2, bandwidth.missing().size());
            assertTrue(
                    bandwidth.missing().get(0).contains("mount -t resctrl"),
                    bandwidth.missing().toString());
            assertTrue(
                    bandwidth.missing().get(1).contains("intel_uncore"),
                    bandwidth.missing().toString());
        }
    }

    @Test
    void shouldCountItsOwnAndEverybodysTrafficByDomain() throws Exception {
        Machine machine = new Machine(root).withResctrl(0, 1);
        machine.moved("", 0, "1000000", "900000");
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertEquals(List.of("resctrl (agent)", "resctrl (machine)"), bandwidth.sources());
            assertEquals(
                    "101",
                    Files.readString(machine.resctrl.resolve(OWN + "/tasks")).strip(),
                    "each thread is moved");
            machine.moved(OWN, 0, "0", "0");
            readings(bandwidth);
            machine.moved(OWN, 0, "5000", "4000");
            machine.moved("", 0, "1007000", "905000");
            machine.moved("", 1, "300", "200");
            assertEquals(
                    Map.of(
                            "resctrl agent L3-0 total", 5000L,
                            "resctrl agent L3-0 local", 4000L,
                            "resctrl machine L3-0 total", 7000L,
                            "resctrl machine L3-0 local", 5000L,
                            "resctrl machine L3-1 total", 300L,
                            "resctrl machine L3-1 local", 200L),
                    readings(bandwidth));
        }
    }

    @Test
    void shouldAddControlGroupsToTheMachine() {
        Machine machine = new Machine(root).withResctrl(0);
        machine.moved("batch", 0, "100", "100");
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            machine.moved("", 0, "10", "0");
            machine.moved("batch", 0, "400", "100");
            assertEquals(310, readings(bandwidth).get("resctrl machine L3-0 total"));
        }
    }

    /** What the files say when there is no counter, none assigned to the group, or the hardware reports a fault. */
    @Test
    void shouldKeepTheLastValueWhileACounterCannotBeRead() {
        Machine machine = new Machine(root).withResctrl(0);
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            machine.moved("", 0, "Unavailable", "Unassigned");
            assertEquals(0, readings(bandwidth).get("resctrl machine L3-0 total"));
            machine.moved("", 0, "500", "Error");
            assertEquals(500, readings(bandwidth).get("resctrl machine L3-0 total"));
            machine.moved("", 0, "Error", "7");
            assertEquals(500, readings(bandwidth).get("resctrl machine L3-0 total"));
            machine.moved("", 0, "600", "9");
            assertEquals(600, readings(bandwidth).get("resctrl machine L3-0 total"));
            assertEquals(9, readings(bandwidth).get("resctrl machine L3-0 local"));
        }
    }

    @Test
    void shouldCountOnWhenADomainGoesAndComesBack() throws Exception {
        Machine machine = new Machine(root).withResctrl(0);
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            machine.moved("", 0, "500", "0");
            readings(bandwidth);
            Path domain = machine.resctrl.resolve("mon_data/mon_L3_00");
            for (String file : List.of("llc_occupancy", "mbm_total_bytes", "mbm_local_bytes")) {
                Files.delete(domain.resolve(file));
            }
            Files.delete(domain);
            assertEquals(500, readings(bandwidth).get("resctrl machine L3-0 total"), "its last value stays");
            machine.moved("", 0, "40", "0");
            assertEquals(540, readings(bandwidth).get("resctrl machine L3-0 total"), "counted anew from nothing");
            machine.moved("", 3, "1", "1");
            readings(bandwidth);
            machine.moved("", 3, "11", "1");
            assertEquals(10, readings(bandwidth).get("resctrl machine L3-3 total"), "a new one begins at nothing");
        }
    }

    @Test
    void shouldDoWithoutAGroupOfItsOwnWhereThereAreNone() throws Exception {
        Machine machine = new Machine(root).withResctrl(0);
        Files.delete(machine.resctrl.resolve("mon_groups"));
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertEquals(List.of("resctrl (machine)"), bandwidth.sources());
            assertTrue(
                    bandwidth.missing().get(0).contains("num_rmids"),
                    bandwidth.missing().toString());
        }
    }

    @Test
    void shouldSayThatAProcessorDoesNotCountBandwidth() {
        Machine machine = new Machine(root).withResctrl(0);
        Machine.write(machine.resctrl.resolve("info/L3_MON/mon_features"), "llc_occupancy");
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertFalse(bandwidth.available());
            assertTrue(
                    bandwidth.missing().get(0).contains("does not count"),
                    bandwidth.missing().toString());
        }
    }

    @Test
    void shouldReadIntelsMemoryControllersOnEveryPackage() {
        Machine machine = new Machine(root).withIntelControllers(2, "0,28");
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertEquals(List.of("uncore_imc (machine)"), bandwidth.sources());
            assertEquals(
                    List.of("20/0x304/0", "20/0x304/28", "20/0xc04/0", "20/0xc04/28"),
                    machine.perf.opened.subList(0, 4));
            assertEquals(8, machine.perf.opened.size());
            machine.perf.counts.put(0, OptionalLong.of(10)); // of 64 bytes each
            machine.perf.counts.put(2, OptionalLong.of(3));
            assertEquals(640, readings(bandwidth).get("uncore_imc machine uncore_imc_0-cpu0 read"));
            assertEquals(192, readings(bandwidth).get("uncore_imc machine uncore_imc_0-cpu0 write"));
            machine.perf.counts.put(0, OptionalLong.of(9)); // brought up from less running time
            assertEquals(640, readings(bandwidth).get("uncore_imc machine uncore_imc_0-cpu0 read"));
            machine.perf.counts.put(0, OptionalLong.empty());
            assertEquals(640, readings(bandwidth).get("uncore_imc machine uncore_imc_0-cpu0 read"));
        }
        assertEquals(8, machine.perf.closed.size());
    }

    @Test
    void shouldReadAmdsUnifiedMemoryControllers() {
        Machine machine = new Machine(root)
                .withPmu("amd_umc_0", 31, "0", Map.of("format/event", "config:0-7", "format/rdwrmask", "config:8-9"));
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertEquals(List.of("31/0x10a/0", "31/0x20a/0"), machine.perf.opened);
            machine.perf.counts.put(1, OptionalLong.of(2));
            assertEquals(128, readings(bandwidth).get("amd_umc machine amd_umc_0-cpu0 write"));
        }
    }

    @Test
    void shouldReadTheDataFabricOfOlderAmdProcessors() {
        Machine machine = new Machine(root)
                .withPmu(
                        "amd_df",
                        12,
                        "0",
                        Map.of("format/event", "config:0-7,32-35,59-60", "format/umask", "config:8-15"));
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertEquals(8, machine.perf.opened.size());
            assertEquals("12/0x3807/0", machine.perf.opened.getFirst());
            assertEquals("12/0x1000038c7/0", machine.perf.opened.getLast(), "bits of the event above its eighth");
            machine.perf.counts.put(0, OptionalLong.of(1));
            machine.perf.counts.put(7, OptionalLong.of(1));
            assertEquals(128, readings(bandwidth).get("amd_df machine amd_df-cpu0 total"));
        }
    }

    @Test
    void shouldNotTakeNewProcessorsDataFabricForTheOldOne() {
        Machine machine = new Machine(root)
                .withPmu(
                        "amd_df",
                        12,
                        "0",
                        Map.of("format/event", "config:0-7,32-37", "format/umask", "config:8-15,24-27"));
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertFalse(bandwidth.available());
            assertTrue(
                    bandwidth.missing().get(1).contains("6.8"),
                    bandwidth.missing().toString());
        }
    }

    @Test
    void shouldNameThePermissionThatIsMissingAndCloseWhatItOpened() {
        Machine machine = new Machine(root).withIntelControllers(2, "0");
        machine.perf.refuseFrom = 3;
        machine.perf.refusal = -13;
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            assertFalse(bandwidth.available());
            String reason = bandwidth.missing().get(1);
            assertTrue(reason.contains("CAP_PERFMON") && reason.contains("uncore_imc_1"), reason);
            assertEquals(List.of(0, 1, 2), machine.perf.closed);
        }
    }

    @Test
    void shouldDivideItsOwnTrafficByWhatWasSent() {
        Machine machine = new Machine(root).withResctrl(0).withIntelControllers(1, "0");
        try (MemoryBandwidth bandwidth = machine.open(sent, clockNs)) {
            machine.moved(OWN, 0, "0", "0");
            assertNull(bandwidth.bytesPerNetworkByte());
            interval(machine, 0, 1 << 20);
            assertEquals(0, bandwidth.bytesPerNetworkByte());
            interval(machine, 30_000_000, 10_000_000);
            assertEquals(3.0, bandwidth.bytesPerNetworkByte(), 1e-9);
            clockNs[0] += TimeUnit.SECONDS.toNanos(1);
            sent[0] += 1 << 30;
            assertEquals(3.0, bandwidth.bytesPerNetworkByte(), 1e-9, "not before the interval is over");
            interval(machine, 30_000_000 + (1 << 30) + 20_000_000, 20_000_000);
            assertEquals(1.0, bandwidth.bytesPerNetworkByte(), 1e-9);
            interval(machine, Long.parseLong("9000000000"), 1000);
            assertNull(bandwidth.bytesPerNetworkByte(), "next to nothing was sent");
        }
    }

    private void interval(Machine machine, long moved, long sentMore) {
        machine.moved(OWN, 0, Long.toString(moved), "0");
        sent[0] += sentMore;
        clockNs[0] += TimeUnit.SECONDS.toNanos(5);
    }

    @Test
    void shouldBringUpACountThatRanForAPartOfTheTime() {
        assertEquals(OptionalLong.of(400), PerfCounters.scaled(100, 1000, 250));
        assertEquals(OptionalLong.of(100), PerfCounters.scaled(100, 1000, 1000));
        assertEquals(OptionalLong.empty(), PerfCounters.scaled(0, 1000, 0));
    }

    /** A counter that every kernel has: the time of a processor, in nanoseconds. */
    @Test
    void shouldReadACounterOfThisKernel() {
        PerfCounters kernel = PerfCounters.ofKernel();
        int descriptor = kernel.open(1, 0, 0);
        org.junit.jupiter.api.Assumptions.assumeTrue(descriptor >= 0, () -> kernel.reason(descriptor));
        long before = kernel.read(descriptor).orElseThrow();
        long until = System.nanoTime() + 20_000_000;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertTrue(kernel.read(descriptor).orElseThrow() >= before + 15_000_000);
        kernel.close(descriptor);
        assertEquals(OptionalLong.empty(), kernel.read(descriptor));
    }

    /** Whatever this machine has: either figures, or a reason. */
    @Test
    void shouldSayOfThisMachineWhatItHas() {
        try (MemoryBandwidth bandwidth = MemoryBandwidth.open("dcn-test", () -> 0)) {
            System.out.println("sources=" + bandwidth.sources() + " missing=" + bandwidth.missing());
            assertEquals(bandwidth.available(), bandwidth.missing().size() < 2);
            bandwidth.samples().forEach(sample -> assertTrue(sample.reading().bytes() >= 0));
            assertTrue(bandwidth.samples().stream()
                    .allMatch(sample -> sample.scope() == Scope.AGENT || sample.scope() == Scope.MACHINE));
            assertTrue(bandwidth.samples().stream()
                    .noneMatch(sample -> sample.reading().direction() == null));
        }
    }
}
