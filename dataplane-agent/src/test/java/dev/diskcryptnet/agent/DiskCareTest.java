package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.diskmap.DiskHealth;
import dev.diskcryptnet.diskmap.DiskHealth.State;
import dev.diskcryptnet.diskmap.DiskQueue;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.HotDisk;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.FormatOptions;
import dev.diskcryptnet.volume.ObjectReader;
import dev.diskcryptnet.volume.ObjectWriter;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.volume.VolumeException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A volume on two files, one of which is taken out and put back. */
@Timeout(60)
class DiskCareTest {
    private static final byte[] CONTENT = "what was there before".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    @TempDir
    Path directory;

    private Path image;
    private PluggedDisk plugged;
    private HotDisk hot;
    private Volume volume;
    private DiskCare care;
    /** What is found in the slot; null for nothing. */
    private volatile Path inSlot;

    /** A disk of which a test says when it has gone. */
    private static final class PluggedDisk implements Disk {
        private final Disk disk;
        volatile boolean gone;
        volatile int resets;
        volatile boolean closed;

        PluggedDisk(Path image) {
            disk = Disks.open("uring:" + image, OpenMode.READ_WRITE);
        }

        @Override
        public DiskFacts facts() {
            return disk.facts();
        }

        @Override
        public DiskQueue openQueue(int depth, OffHeapRegion... regions) {
            return disk.openQueue(depth, regions);
        }

        @Override
        public DiskHealth health() {
            return gone
                    ? DiskHealth.of(State.GONE, "taken out")
                    : new DiskHealth(State.OK, resets, 0, -1, -1, -1, -1, -1, -1, "");
        }

        @Override
        public void close() {
            closed = true;
            disk.close();
        }
    }

    private Path image(String name) throws Exception {
        Path file = directory.resolve(name);
        try (var created = new RandomAccessFile(file.toFile(), "rw")) {
            created.setLength(64 << 20);
        }
        return file;
    }

    @BeforeEach
    void open() throws Exception {
        image = image("first.img");
        inSlot = image;
        format(image);
        plugged = new PluggedDisk(image);
        hot = new HotDisk(plugged);
        volume = Volume.open(List.of(hot), false);
        put("/before");
        care = new DiskCare(List.of(hot), number -> {
            if (inSlot == null) {
                throw new IllegalStateException("the slot is empty");
            }
            return new PluggedDisk(inSlot);
        });
        care.start(volume);
    }

    @AfterEach
    void close() throws Exception {
        care.close();
        volume.close();
        hot.close();
    }

    private static void format(Path file) {
        try (Disk disk = Disks.open("uring:" + file, OpenMode.READ_WRITE)) {
            Volume.format(List.of(disk), FormatOptions.DEFAULT);
        }
    }

    private void put(String path) {
        try (ObjectWriter writer = volume.create(path, "text/plain", 0, CONTENT.length)) {
            writer.write(ByteBuffer.wrap(CONTENT));
            writer.commit();
        }
    }

    private String content(String path) {
        ByteBuffer target = ByteBuffer.allocate(CONTENT.length);
        try (ObjectReader reader = volume.read(volume.find(path))) {
            while (target.hasRemaining()) {
                reader.read(target);
            }
        }
        return new String(target.array(), java.nio.charset.StandardCharsets.US_ASCII);
    }

    private static void await(BooleanSupplier reached) throws InterruptedException {
        while (!reached.getAsBoolean()) {
            Thread.sleep(20);
        }
    }

    private long counter(String name) {
        return care.counters().counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .mapToLong(Counter::get)
                .sum();
    }

    private static void assertNotDurable(ObjectWriter writer) {
        String why = assertThrows(VolumeException.class, writer::commit).getMessage();
        assertTrue(why.contains("failed to flush while the object was written"), why);
    }

    private void takeOut() throws InterruptedException {
        inSlot = null;
        plugged.gone = true;
        await(() -> plugged.closed);
        await(() -> "the slot is empty".equals(care.awaited(0)));
    }

    @Test
    void shouldTakeDiskBackWithWhatItHeld() throws Exception {
        takeOut();
        assertEquals(State.GONE, care.health(0).state());
        assertEquals(3, counter("dcn_disk_state"));
        assertThrows(VolumeException.class, () -> content("/before"));
        assertThrows(VolumeException.class, () -> put("/meanwhile"));
        inSlot = image;
        await(() -> care.awaited(0) == null);
        assertEquals(State.OK, care.health(0).state());
        // Counted after it is used.
        await(() -> counter("dcn_disk_state") == 0);
        assertEquals(1, counter("dcn_disk_recoveries"));
        assertEquals(new String(CONTENT, java.nio.charset.StandardCharsets.US_ASCII), content("/before"));
        assertNull(volume.find("/meanwhile"));
        put("/after");
        assertEquals(2, volume.info().objects());
        assertTrue(volume.verify((objects, bytes, path) -> {}).clean());
    }

    @Test
    void shouldNotPublishWhatWasWrittenBeforeTheDiskWent() throws Exception {
        try (ObjectWriter writer = volume.create("/half", "text/plain", 0, 2L * CONTENT.length)) {
            writer.write(ByteBuffer.wrap(CONTENT));
            takeOut();
            inSlot = image;
            await(() -> care.awaited(0) == null);
            writer.write(ByteBuffer.wrap(CONTENT));
            assertNotDurable(writer);
        }
        assertNull(volume.find("/half"));
        put("/half");
        assertEquals(2, volume.info().objects());
    }

    @Test
    void shouldNotPublishWhatWasWrittenBeforeAReset() throws Exception {
        try (ObjectWriter writer = volume.create("/half", "text/plain", 0, 2L * CONTENT.length)) {
            writer.write(ByteBuffer.wrap(CONTENT));
            plugged.resets = 2;
            await(() -> counter("dcn_disk_recoveries") == 2);
            writer.write(ByteBuffer.wrap(CONTENT));
            assertNotDurable(writer);
        }
        assertNull(volume.find("/half"));
        takeOut();
        inSlot = image;
        await(() -> counter("dcn_disk_recoveries") == 3);
    }

    @Test
    void shouldNotTakeAnotherDisk() throws Exception {
        takeOut();
        Path other = image("other.img");
        format(other);
        inSlot = other;
        await(() -> care.awaited(0).contains("is not member 1 of volume="));
        assertThrows(VolumeException.class, () -> content("/before"));
    }

    @Test
    void shouldNotTakeDiskThatWasWrittenMeanwhile() throws Exception {
        takeOut();
        try (Disk disk = Disks.open("uring:" + image, OpenMode.READ_WRITE);
                Volume elsewhere = Volume.open(List.of(disk), false)) {
            elsewhere.remove("/before");
        }
        inSlot = image;
        await(() -> care.awaited(0).contains("was written while it was away"));
        assertTrue(Files.exists(image));
    }
}
