package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import dev.diskcryptnet.diskmap.Disk;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations against a map; a power cut loses nothing that was acknowledged. */
class VolumeModelTest {
    private static final int STEPS = Boolean.getBoolean("dcn.long") ? 5000 : 250;

    private record Lease(StoredObject object, byte[] content) {}

    private final Map<String, byte[]> model = new HashMap<>();
    private final List<Lease> leases = new ArrayList<>();
    private List<RecordingDisk> disks = new ArrayList<>();
    private Volume volume;
    private Random random;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldBehaveLikeAMapThroughReopeningAndPowerCuts(long seed) {
        random = new Random(seed);
        AtomicInteger clock = new AtomicInteger();
        for (int i = 0; i < 1 + seed % 2; i++) {
            disks.add(new RecordingDisk("d" + i, new byte[8 << 20], clock));
        }
        Volume.format(disksAsList(), SHORT_JOURNAL);
        volume = Volume.open(disksAsList(), false);
        disks.forEach(RecordingDisk::record);
        for (int step = 0; step < STEPS; step++) {
            step(random.nextInt(100));
        }
        reopen(disks);
        assertSame();
        model.keySet().forEach(path -> assertTrue(volume.remove(path)));
        long free = volume.info().freeBytes();
        assertTrue(free > disks.size() * ((8L << 20) - (1536 << 10)), "freeBytes=" + free);
        volume.close();
    }

    private List<Disk> disksAsList() {
        return List.copyOf(disks);
    }

    private void step(int choice) {
        String path = "/" + random.nextInt(30);
        if (choice < 55) {
            putOne(path);
        } else if (choice < 65) {
            putBatch();
        } else if (choice < 80) {
            assertEquals(model.remove(path) != null, volume.remove(path));
        } else if (choice < 90) {
            lease(path);
        } else if (choice < 95) {
            assertSame();
        } else if (choice < 98) {
            reopen(disks);
        } else {
            powerCut();
        }
    }

    private byte[] content() {
        int size = random.nextInt(8) == 0 ? random.nextInt(2_500_000) : random.nextInt(30_000);
        return bytes(size, random.nextLong());
    }

    private void putOne(String path) {
        byte[] content = content();
        long[] expected = {-1, content.length, content.length / 2, content.length + 100_000L};
        try (ObjectWriter writer = volume.create(path, "x/y", 5, expected[random.nextInt(4)])) {
            int cut = random.nextInt(content.length + 1);
            writer.write(ByteBuffer.wrap(content, 0, cut));
            writer.write(ByteBuffer.wrap(content, cut, content.length - cut));
            if (random.nextInt(6) > 0) {
                writer.commit();
                model.put(path, content);
            }
        } catch (VolumeException e) {
            assertEquals(VolumeException.Reason.NO_SPACE, e.reason(), e.getMessage());
        }
    }

    private void putBatch() {
        Map<String, byte[]> put = new HashMap<>();
        try (ObjectBatch batch = volume.batch()) {
            for (int i = 0; i < 12; i++) {
                String path = "/" + random.nextInt(30);
                byte[] content = bytes(random.nextInt(9000), random.nextLong());
                try (ObjectWriter writer = batch.create(path, "x/y", 5, content.length)) {
                    writer.write(ByteBuffer.wrap(content));
                    if (random.nextInt(6) > 0) {
                        writer.commit();
                        put.put(path, content);
                    }
                }
            }
            batch.publish();
            model.putAll(put);
        } catch (VolumeException e) {
            assertEquals(VolumeException.Reason.NO_SPACE, e.reason(), e.getMessage());
            // Some were published by themselves when a path came twice.
            put.forEach((path, content) -> model.compute(path, (p, old) -> get(volume, path)));
        }
    }

    private void lease(String path) {
        StoredObject object = volume.find(path);
        if (object != null && leases.size() < 5 && object.acquire()) {
            leases.add(new Lease(object, model.get(path)));
        } else if (!leases.isEmpty()) {
            endLease();
        }
    }

    private void endLease() {
        Lease lease = leases.removeFirst();
        byte[] found = new byte[lease.content.length];
        for (int at = 0; at < found.length; ) {
            int length = (int) lease.object.contiguousBytes(at);
            long from = lease.object.deviceOffset(at);
            System.arraycopy(disks.get(lease.object.disk()).content(), (int) from, found, at, length);
            at += length;
        }
        assertArrayEquals(lease.content, found, lease.object.path());
        lease.object.release();
    }

    private void assertSame() {
        assertEquals(model.size(), volume.info().objects());
        model.forEach((path, content) -> assertArrayEquals(content, get(volume, path), path));
        assertEquals(List.of(), volume.verify((o, b, p) -> {}).damages());
    }

    private void reopen(List<RecordingDisk> with) {
        while (!leases.isEmpty()) {
            endLease();
        }
        volume.close();
        disks = with;
        volume = Volume.open(disksAsList(), false);
        assertEquals(model.size(), volume.info().objects());
        disks.forEach(RecordingDisk::record);
    }

    /** The disks as they would be if the power went now: the volume is not closed. */
    private void powerCut() {
        AtomicInteger clock = new AtomicInteger();
        reopenAfter(disks.stream()
                .map(d -> new RecordingDisk("cut", d.withLostWrites(Integer.MAX_VALUE, random), clock))
                .toList());
    }

    private void reopenAfter(List<RecordingDisk> images) {
        reopen(images);
        assertSame();
    }
}
