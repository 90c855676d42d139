package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Stops after every write of an operation, tears every write at sectors, and drops writes that were not flushed. What
 * then opens holds the old or the new state of each object, verifies, and works on.
 */
class VolumeCrashTest {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final int SEEDS = LONG ? 40 : 3;
    private static final int TEARS = LONG ? 16 : 2;

    private record Operation(String name, Consumer<Volume> action) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<Operation> OPERATIONS = List.of(
            new Operation("put", v -> put(v, "/new", bytes(300_000, 7))),
            new Operation("put of unknown size", v -> put(v, "/new", bytes(20_000, 8), -1)),
            new Operation("replacement", v -> put(v, "/b", bytes(15_000, 9))),
            new Operation("delete", v -> v.remove("/a")),
            new Operation("batch", VolumeCrashTest::batch),
            new Operation("close", v -> {}),
            new Operation("two changes", v -> {
                v.remove("/b");
                put(v, "/c", bytes(9000, 10));
            }));

    private static void batch(Volume volume) {
        try (ObjectBatch batch = volume.batch()) {
            for (String path : List.of("/a", "/x1", "/x2")) {
                ObjectWriter writer = batch.create(path, "x/y", 0, 5000);
                writer.write(ByteBuffer.wrap(bytes(5000, path.hashCode())));
                writer.commit();
            }
            batch.publish();
        }
    }

    /** The more entries the journal has before, the later in the operation comes the fold: 5 blocks fit. */
    static Stream<Arguments> operations() {
        return OPERATIONS.stream().flatMap(op -> Stream.of(0, 1, 2)
                .flatMap(entries -> Stream.of(1, 2).map(members -> Arguments.of(op, entries, members))));
    }

    @ParameterizedTest(name = "{0}, {1} journal entries more, {2} members")
    @MethodSource("operations")
    void shouldHoldTheOldOrTheNewStateAfterACrash(Operation operation, int moreEntries, int members) {
        List<RecordingDisk> disks = disks(members);
        Map<String, byte[]> old = new HashMap<>();
        Map<String, byte[]> changed;
        Volume.format(List.copyOf(disks), SHORT_JOURNAL);
        try (Volume volume = Volume.open(List.copyOf(disks), false)) {
            for (String path : List.of("/a", "/b", "/c")) {
                put(volume, path, bytes(10_000, path.hashCode()));
            }
            for (int i = 0; i < moreEntries; i++) {
                put(volume, "/more" + i, bytes(200_000, i));
            }
            old.putAll(contents(volume));
        }
        disks.forEach(RecordingDisk::record);
        try (Volume volume = Volume.open(List.copyOf(disks), false)) {
            operation.action.accept(volume);
            changed = contents(volume);
        }
        forEachCrash(disks, (images, exact) -> check(images, old, changed));
    }

    /** Every member's version of a path is there after a crash; the newer one counts and the other goes. */
    @Test
    void shouldKeepOneVersionWhenAReplacementGoesToAnotherMember() {
        List<RecordingDisk> disks = disks(2);
        Volume.format(List.copyOf(disks), SHORT_JOURNAL);
        Map<String, byte[]> old;
        Map<String, byte[]> changed;
        try (Volume volume = Volume.open(List.copyOf(disks), false)) {
            put(volume, "/a", bytes(1_000_000, 1));
            put(volume, "/fill", bytes(300_000, 2));
            old = contents(volume);
        }
        disks.forEach(RecordingDisk::record);
        try (Volume volume = Volume.open(List.copyOf(disks), false)) {
            int before = volume.find("/a").disk();
            put(volume, "/a", bytes(1_200_000, 4));
            assertNotEquals(before, volume.find("/a").disk());
            changed = contents(volume);
        }
        forEachCrash(disks, (images, exact) -> check(images, old, changed));
    }

    @ParameterizedTest
    @MethodSource("beforeFormat")
    void shouldHoldTheOldVolumeOrTheNewOneWhenAFormatIsStopped(boolean blank) {
        List<RecordingDisk> disks = disks(1);
        byte[] content = bytes(10_000, 1);
        if (!blank) {
            Volume.format(List.copyOf(disks), SHORT_JOURNAL);
            try (Volume volume = Volume.open(List.copyOf(disks), false)) {
                put(volume, "/old", content);
            }
        }
        disks.forEach(RecordingDisk::record);
        Volume.format(List.copyOf(disks), blank ? SHORT_JOURNAL : SHORT_JOURNAL.overwritingOwn());
        forEachCrash(disks, (images, exact) -> {
            try (Volume volume = Volume.open(List.copyOf(images), false)) {
                byte[] found = get(volume, "/old");
                assertTrue(found == null || Arrays.equals(content, found));
                assertEquals(found == null ? 0 : 1, volume.info().objects());
                workOn(volume);
            } catch (VolumeException e) {
                assertTrue(blank, e.getMessage());
                Volume.format(List.copyOf(images), SHORT_JOURNAL);
                Volume.open(List.copyOf(images), false).close();
            }
        });
    }

    static Stream<Boolean> beforeFormat() {
        return Stream.of(true, false);
    }

    private interface Crash {
        void check(List<RecordingDisk> images, boolean exact);
    }

    private static List<RecordingDisk> disks(int count) {
        AtomicInteger clock = new AtomicInteger();
        List<RecordingDisk> disks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            disks.add(new RecordingDisk("d" + i, new byte[SMALL_BYTES], clock));
        }
        return disks;
    }

    private static void forEachCrash(List<RecordingDisk> disks, Crash crash) {
        int end = 0;
        while (changeAt(disks, end) != null) {
            end++;
        }
        for (int time = 0; time <= end; time++) {
            int at = time;
            crash.check(images(disks, disk -> disk.after(at)), true);
            for (int seed = 0; seed < SEEDS; seed++) {
                Random random = new Random(1000L * time + seed);
                crash.check(images(disks, disk -> disk.withLostWrites(at, random)), false);
            }
            RecordingDisk.Change change = changeAt(disks, time);
            if (change == null || change.isFlush()) {
                continue;
            }
            int sectors = change.bytes().length / 512;
            for (int tear = 0; tear < TEARS; tear++) {
                int kept = tear == 0 ? 1 : 1 + new Random(tear).nextInt(sectors - 1);
                crash.check(images(disks, disk -> disk.torn(at, kept)), false);
            }
        }
    }

    private static RecordingDisk.Change changeAt(List<RecordingDisk> disks, int time) {
        return disks.stream()
                .map(disk -> disk.changeAt(time))
                .filter(change -> change != null)
                .findFirst()
                .orElse(null);
    }

    private static List<RecordingDisk> images(
            List<RecordingDisk> disks, java.util.function.Function<RecordingDisk, byte[]> image) {
        AtomicInteger clock = new AtomicInteger();
        return disks.stream()
                .map(disk -> new RecordingDisk("crashed", image.apply(disk), clock))
                .toList();
    }

    private static Map<String, byte[]> contents(Volume volume) {
        Map<String, byte[]> contents = new HashMap<>();
        volume.list("", null, 1000).forEach(o -> contents.put(o.path(), get(volume, o)));
        return contents;
    }

    private static void check(List<RecordingDisk> images, Map<String, byte[]> old, Map<String, byte[]> changed) {
        Map<String, byte[]> found;
        try (Volume volume = Volume.open(List.copyOf(images), true)) {
            found = contents(volume);
            assertOldOrNew(found, old, changed);
            // A superblock torn in a flip is one until the next open for writing; the other one counts.
            List<Damage> damages = volume.verify((o, b, p) -> {}).damages();
            assertTrue(damages.stream().allMatch(d -> d.what().startsWith("superblock")), damages.toString());
            assertTrue(damages.size() <= 1, damages.toString());
        }
        try (Volume volume = Volume.open(List.copyOf(images), false)) {
            assertEquals(found.keySet(), contents(volume).keySet());
            assertOldOrNew(contents(volume), found, found);
            assertFalse(volume.info().members().stream().anyMatch(m -> m.readOnlyReason() != null));
            workOn(volume);
        }
        try (Volume volume = Volume.open(List.copyOf(images), false)) {
            found.put("/later", bytes(30_000, 99));
            assertOldOrNew(contents(volume), found, found);
            assertEquals(List.of(), volume.verify((o, b, p) -> {}).damages());
        }
    }

    private static void workOn(Volume volume) {
        for (int i = 0; i < 3; i++) {
            put(volume, "/later", bytes(30_000, 97 + i));
        }
        assertTrue(volume.verify((o, b, p) -> {}).clean());
    }

    private static void assertOldOrNew(
            Map<String, byte[]> found, Map<String, byte[]> old, Map<String, byte[]> changed) {
        Map<String, byte[]> all = new HashMap<>(old);
        all.putAll(changed);
        all.putAll(found);
        for (String path : all.keySet()) {
            byte[] is = found.get(path);
            boolean oldOrNew = Arrays.equals(is, old.get(path)) || Arrays.equals(is, changed.get(path));
            assertTrue(oldOrNew, "path=" + path + " found=" + (is == null ? "none" : is.length + " bytes"));
        }
    }
}
