package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VolumeLeaseTest {
    private static final long RUN_MS = Boolean.getBoolean("dcn.long") ? 60_000 : 1500;

    private final RecordingDisk disk = new RecordingDisk("a", 12 << 20);
    private Volume volume;

    @BeforeEach
    void open() {
        Volume.format(List.of(disk), SHORT_JOURNAL);
        volume = Volume.open(List.of(disk), false);
    }

    @AfterEach
    void close() {
        volume.close();
    }

    @Test
    void shouldFreeSpaceWhenTheLastLeaseOfARemovedObjectHasGone() {
        long free = volume.info().freeBytes();
        StoredObject object = put(volume, "/a", bytes(1 << 20, 1));
        assertTrue(object.acquire());
        assertTrue(object.acquire());
        assertTrue(volume.remove("/a"));
        assertFalse(object.acquire());
        assertEquals(free - (1 << 20), volume.info().freeBytes());
        object.release();
        assertEquals(free - (1 << 20), volume.info().freeBytes());
        object.release();
        assertEquals(free, volume.info().freeBytes());
        assertThrows(IllegalStateException.class, object::release);
        assertEquals(free, volume.info().freeBytes());
    }

    @Test
    void shouldNotReuseTheSpaceOfAReplacedObjectUnderItsReader() {
        StoredObject old = put(volume, "/a", bytes(3 << 20, 1));
        try (ObjectReader reader = volume.read(old)) {
            assertNotNull(reader);
            for (int i = 0; i < 10; i++) {
                put(volume, "/a", bytes(3 << 20, 2 + i));
            }
            byte[] head =
                    Arrays.copyOfRange(disk.content(), (int) old.deviceOffset(0), (int) old.deviceOffset(0) + 4096);
            assertArrayEquals(Arrays.copyOf(bytes(3 << 20, 1), 4096), head);
        }
    }

    @Test
    void shouldNeverShowAReaderAnotherObjectsBytes() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong reads = new AtomicLong();
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            for (int i = 0; i < 2; i++) {
                int writer = i;
                running.add(threads.submit(() -> write(writer, stop)));
            }
            for (int i = 0; i < 3; i++) {
                running.add(threads.submit(() -> read(stop, reads)));
            }
            Thread.sleep(RUN_MS);
            stop.set(true);
            for (Future<?> one : running) {
                one.get();
            }
        }
        assertTrue(reads.get() > 100, "reads=" + reads);
        assertTrue(volume.verify((o, b, p) -> {}).clean());
    }

    /** Each object consists of one byte value, which its modification time tells. */
    private void write(int writer, AtomicBoolean stop) {
        for (int i = 1; !stop.get(); i++) {
            byte[] content = new byte[4096 * (1 + i % 60)];
            byte value = (byte) (2 * i + writer);
            Arrays.fill(content, value);
            String path = "/" + i % 5;
            if (i % 7 == 0) {
                volume.remove(path);
                continue;
            }
            try (ObjectWriter out = volume.create(path, "x/y", value, i % 2 == 0 ? -1 : content.length)) {
                out.write(ByteBuffer.wrap(content));
                out.commit();
            }
        }
    }

    private void read(AtomicBoolean stop, AtomicLong reads) {
        for (int i = 0; !stop.get(); i++) {
            StoredObject object = volume.find("/" + i % 5);
            if (object == null || !object.acquire()) {
                continue;
            }
            for (long at = 0; at < object.sizeBytes(); at += 1024) {
                byte found = disk.content()[(int) object.deviceOffset(at)];
                assertEquals((byte) object.lastModifiedMs(), found);
            }
            object.release();
            reads.incrementAndGet();
        }
    }
}
