package dev.diskcryptnet.device;

import static dev.diskcryptnet.device.LinkAttribute.Name.GSO_IPV4_MAX_SIZE;
import static dev.diskcryptnet.device.LinkAttribute.Name.GSO_MAX_SIZE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.device.Restoration.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostChangesTest {
    @TempDir
    Path directory;

    private final MemoryHost machine = new MemoryHost();
    private Path file;

    @BeforeEach
    void setUp() {
        file = directory.resolve("devices.json");
    }

    private HostChanges open() {
        return new HostChanges(machine.host(), new DeviceJournal(machine.file(file)), () -> {});
    }

    private LinkAttribute change(String interfaceName, LinkAttribute.Name attribute, long value) {
        return LinkAttribute.to(value, attribute, interfaceName, machine);
    }

    /** What an agent does to the host between its start and its end. */
    private HostChanges changed() {
        HostChanges changes = open();
        changes.restore();
        changes.apply(change("eth1", GSO_IPV4_MAX_SIZE, 185_000));
        changes.apply(change("eth2", GSO_IPV4_MAX_SIZE, 200_000));
        changes.apply(change("eth2", GSO_MAX_SIZE, 190_000));
        return changes;
    }

    private static List<Outcome> outcomes(List<Restoration> report) {
        return report.stream().map(Restoration::outcome).toList();
    }

    private void assertAsBefore() {
        for (String name : List.of("eth1", "eth2")) {
            assertEquals(65_536, machine.value(name, GSO_IPV4_MAX_SIZE), name);
            assertEquals(65_536, machine.value(name, GSO_MAX_SIZE), name);
        }
        assertFalse(Files.exists(file));
        assertFalse(Files.exists(directory.resolve("devices.json.new")));
    }

    @Test
    void shouldWriteDownEachChangeBeforeItIsMade() {
        changed();
        List<String> steps = machine.steps.stream()
                .filter(step -> !step.equals("write half"))
                .toList();
        assertEquals(List.of("write", "rename", "sync", "set eth1 gso_ipv4_max_size 185000"), steps.subList(2, 6));
    }

    @Test
    void shouldTakeChangesBackInReverseOrderAtTheEnd() {
        HostChanges changes = changed();
        machine.steps.clear();
        changes.close();
        assertEquals(
                List.of(
                        "set eth2 gso_max_size 65536",
                        "set eth2 gso_ipv4_max_size 65536",
                        "set eth1 gso_ipv4_max_size 65536"),
                machine.steps.stream().filter(step -> step.startsWith("set")).toList());
        assertAsBefore();
    }

    @Test
    void shouldPutHostBackWhereverTheProcessEndsAndWhereverItsSuccessorEnds() {
        int crashes = 0;
        for (int first = 0; runUntilCrash(first, () -> changed().close()); first++) {
            var host = Map.copyOf(machine.values);
            byte[] journal = content(file);
            byte[] half = content(directory.resolve("devices.json.new"));
            for (int second = 0; ; second++) {
                machine.values.clear();
                machine.values.putAll(host);
                put(file, journal);
                put(directory.resolve("devices.json.new"), half);
                boolean crashed = runUntilCrash(second, () -> open().restore());
                open().restore();
                assertAsBefore();
                crashes++;
                if (!crashed) {
                    break;
                }
            }
        }
        assertAsBefore();
        assertTrue(crashes > 200, "crashes=" + crashes);
    }

    private boolean runUntilCrash(int steps, Runnable process) {
        machine.stepsLeft = steps;
        try {
            process.run();
            return false;
        } catch (MemoryHost.Crash e) {
            return true;
        } finally {
            machine.stepsLeft = -1;
        }
    }

    private static byte[] content(Path path) {
        try {
            return Files.exists(path) ? Files.readAllBytes(path) : null;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void put(Path path, byte[] content) {
        try {
            if (content == null) {
                Files.deleteIfExists(path);
            } else {
                Files.write(path, content);
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void shouldSayThatNothingHadToBeDoneWhenTheChangeWasNeverMade() {
        machine.stubborn.add("eth1");
        HostChanges changes = open();
        LinkAttribute change = change("eth1", GSO_MAX_SIZE, 100_000);
        assertThrows(HostException.class, () -> changes.apply(change));
        assertEquals(List.of(change), open().standing());
        assertEquals(List.of(Outcome.AS_BEFORE), outcomes(open().restore()));
        assertAsBefore();
    }

    @Test
    void shouldPutBackWhatSomebodyElseHasChangedSinceAndSaySo() {
        changed();
        machine.set("eth1", GSO_IPV4_MAX_SIZE, 111_111);
        List<Restoration> report = open().restore();
        assertEquals(List.of(Outcome.RESTORED, Outcome.RESTORED, Outcome.RESTORED), outcomes(report));
        assertTrue(
                report.getLast().message().contains("111111, which is not what the agent had set"), report::toString);
        assertAsBefore();
    }

    @Test
    void shouldReportDeviceThatIsGoneAndGoOn() {
        changed();
        machine.indexes.remove("eth2");
        List<Restoration> report = open().restore();
        assertEquals(List.of(Outcome.GONE, Outcome.GONE, Outcome.RESTORED), outcomes(report));
        assertEquals("interface=eth2", report.getFirst().device());
        assertFalse(Files.exists(file));
    }

    @Test
    void shouldLeaveAnotherInterfaceOfTheSameNameAlone() {
        changed();
        machine.indexes.put("eth1", 70);
        machine.steps.clear();
        List<Restoration> report = open().restore();
        assertEquals(Outcome.GONE, report.getLast().outcome());
        assertTrue(report.getLast().message().contains("number 70"), report::toString);
        assertEquals(185_000, machine.value("eth1", GSO_IPV4_MAX_SIZE));
        assertFalse(Files.exists(file));
    }

    @Test
    void shouldKeepInJournalWhatCannotBePutBackAndFinishLater() {
        changed();
        machine.stubborn.add("eth2");
        List<Restoration> report = open().restore();
        assertEquals(List.of(Outcome.FAILED, Outcome.FAILED, Outcome.RESTORED), outcomes(report));
        assertEquals(2, open().standing().size());
        machine.stubborn.clear();
        assertEquals(List.of(Outcome.RESTORED, Outcome.RESTORED), outcomes(open().restore()));
        assertAsBefore();
    }

    @Test
    void shouldNotBelieveThatAWriteDidAnything() {
        changed();
        machine.slippery.add("eth1");
        Restoration failed = open().restore().getLast();
        assertEquals(Outcome.FAILED, failed.outcome());
        assertTrue(failed.message().contains("it is 185000 again"), failed::toString);
        assertTrue(Files.exists(file));
    }

    @Test
    void shouldNotTouchHostThatWasStartedAnewSince() {
        changed();
        machine.bootId = "boot-2";
        machine.steps.clear();
        assertEquals(List.of(Outcome.RESTARTED, Outcome.RESTARTED, Outcome.RESTARTED), outcomes(open().restore()));
        assertTrue(machine.steps.stream().noneMatch(step -> step.startsWith("set")), machine.steps::toString);
        assertFalse(Files.exists(file));
    }

    @Test
    void shouldRefuseToLookForInterfaceInAnotherNamespaceThanItsOwn() {
        changed();
        machine.namespace = "net:[2]";
        List<Restoration> report = open().restore();
        assertEquals(List.of(Outcome.FAILED, Outcome.FAILED, Outcome.FAILED), outcomes(report));
        assertTrue(report.getFirst().message().contains("net:[1]"), report::toString);
        machine.namespaces.remove(MemoryHost.NAMESPACE);
        assertEquals(List.of(Outcome.GONE, Outcome.GONE, Outcome.GONE), outcomes(open().restore()));
        assertFalse(Files.exists(file));
    }

    @Test
    void shouldMakeNoChangeThatChangesNothing() {
        HostChanges changes = open();
        changes.apply(change("eth1", GSO_MAX_SIZE, 65_536));
        assertEquals(List.of(), changes.standing());
        assertEquals(List.of(), machine.steps);
    }

    @Test
    void shouldNotMakeChangeThatCannotBeWrittenDown() throws Exception {
        Files.createDirectory(directory.resolve("devices.json.new"));
        HostChanges changes = open();
        StateException e =
                assertThrows(StateException.class, () -> changes.apply(change("eth1", GSO_MAX_SIZE, 100_000)));
        assertEquals(StateException.Reason.FAILED, e.reason());
        assertEquals(65_536, machine.value("eth1", GSO_MAX_SIZE));
    }

    @Test
    void shouldPutHostBackEvenWhenTheJournalCannotBeWritten() throws Exception {
        HostChanges changes = changed();
        Path inTheWay = Files.createDirectory(directory.resolve("devices.json.new"));
        Files.createFile(inTheWay.resolve("file"));
        assertThrows(StateException.class, changes::restore);
        for (String name : List.of("eth1", "eth2")) {
            assertEquals(65_536, machine.value(name, GSO_IPV4_MAX_SIZE), name);
            assertEquals(65_536, machine.value(name, GSO_MAX_SIZE), name);
        }
        assertTrue(Files.exists(file));
        Files.delete(inTheWay.resolve("file"));
        Files.delete(inTheWay);
        assertEquals(List.of(Outcome.AS_BEFORE, Outcome.AS_BEFORE, Outcome.AS_BEFORE), outcomes(open().restore()));
        assertAsBefore();
    }

    @Test
    void shouldTakeChangesBackWithoutJournalAtAnOrderlyEnd() {
        try (HostChanges changes = HostChanges.withoutJournal(machine.host())) {
            changes.apply(change("eth1", GSO_MAX_SIZE, 100_000));
            assertEquals(100_000, machine.value("eth1", GSO_MAX_SIZE));
        }
        assertAsBefore();
    }
}
