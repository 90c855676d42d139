package dev.diskcryptnet.volume;

import static org.junit.jupiter.api.Assertions.*;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Many small objects: 50,000, and a million with {@code -Ddcn.long=true}, where time and heap are asserted as well. */
class VolumeScaleTest {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final int OBJECTS = LONG ? 1_000_000 : 50_000;
    private static final long MAX_OPEN_MS = 3000;
    private static final long MAX_HEAP_BYTES = 512L << 20;

    @Test
    void shouldOpenAVolumeOfManyObjectsFastAndInLittleHeap() {
        Disk disk = Disks.open("mem:" + (LONG ? "8G" : "1G"), OpenMode.READ_WRITE);
        Volume.format(List.of(disk), FormatOptions.DEFAULT);
        long start = System.nanoTime();
        try (Volume volume = Volume.open(List.of(disk), false)) {
            ingest(volume);
        }
        long ingestMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        System.gc();
        long heapBefore =
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        start = System.nanoTime();
        try (Volume volume = Volume.open(List.of(disk), false)) {
            long openMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            System.gc();
            long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() - heapBefore;
            System.out.printf(
                    "objects=%d ingestMs=%d openMs=%d heapBytesPerObject=%d%n",
                    OBJECTS, ingestMs, openMs, heap / OBJECTS);
            check(volume);
            if (LONG) {
                assertTrue(openMs < MAX_OPEN_MS, "openMs=" + openMs);
                assertTrue(heap < MAX_HEAP_BYTES, "heapBytes=" + heap);
            }
        }
    }

    private static String path(int i) {
        return "/channels/" + i / 1000 + "/video/1080p/segment-" + i + ".m4s";
    }

    private static void ingest(Volume volume) {
        byte[] content = new byte[1000];
        try (ObjectBatch batch = volume.batch()) {
            for (int i = 0; i < OBJECTS; i++) {
                ByteBuffer.wrap(content).putInt(i);
                try (ObjectWriter writer = batch.create(path(i), "video/iso.segment", i, content.length)) {
                    writer.write(ByteBuffer.wrap(content));
                    writer.commit();
                }
            }
            batch.publish();
        }
    }

    private static void check(Volume volume) {
        assertEquals(OBJECTS, volume.info().objects());
        for (int i = 0; i < OBJECTS; i += 997) {
            byte[] content = TestDisks.get(volume, path(i));
            assertEquals(i, ByteBuffer.wrap(content).getInt());
        }
        VerifyReport report = volume.verify((objects, bytes, path) -> {});
        assertTrue(report.clean());
        assertEquals(OBJECTS, report.objects());
        assertEquals(1000, volume.list("/channels/7/", null, 5000).size());
    }
}
