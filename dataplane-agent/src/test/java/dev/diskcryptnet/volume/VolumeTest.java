package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import dev.diskcryptnet.volume.VolumeException.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class VolumeTest {
    private final RecordingDisk disk = new RecordingDisk("a", 16 << 20);

    private Volume formatted() {
        Volume.format(List.of(disk), SHORT_JOURNAL);
        return Volume.open(List.of(disk), false);
    }

    private static Reason reason(Runnable call) {
        return assertThrows(VolumeException.class, call::run).reason();
    }

    @Test
    void shouldGiveBackWhatWasPutAfterReopening() {
        byte[] film = bytes(3_500_001, 1);
        try (Volume volume = formatted()) {
            put(volume, "/films/a.mp4", film);
            put(volume, "/empty", new byte[0]);
            put(volume, "/unknown", film, -1);
        }
        try (Volume volume = Volume.open(List.of(disk), true)) {
            StoredObject object = volume.find("/films/a.mp4");
            assertEquals("video/mp4", object.contentType());
            assertEquals(MODIFIED_MS, object.lastModifiedMs());
            assertEquals(film.length, object.sizeBytes());
            assertArrayEquals(film, get(volume, object));
            assertArrayEquals(film, get(volume, "/unknown"));
            assertArrayEquals(new byte[0], get(volume, "/empty"));
            assertTrue(volume.verify((o, b, p) -> {}).clean());
            assertEquals(List.of(), volume.info().warnings());
            assertNull(volume.find("/films"));
        }
    }

    @Test
    void shouldKeepEtagForSameContentAndChangeItForOther() {
        try (Volume volume = formatted()) {
            byte[] content = bytes(1_500_000, 3);
            String etag = put(volume, "/a", content).etag();
            assertTrue(etag.matches("\"[0-9a-f]{16}-[0-9a-f]+\""), etag);
            assertEquals(etag, put(volume, "/b", content, -1).etag());
            content[1_400_000] ^= 1;
            assertNotEquals(etag, put(volume, "/a", content).etag());
        }
    }

    @Test
    void shouldFoldTheJournalAndKeepAllObjects() {
        try (Volume volume = formatted()) {
            for (int i = 0; i < 300; i++) {
                put(volume, "/o/" + i % 100, bytes(5000 + i, i));
            }
        }
        try (Volume volume = Volume.open(List.of(disk), false)) {
            assertEquals(100, volume.info().objects());
            for (int i = 200; i < 300; i++) {
                assertArrayEquals(bytes(5000 + i, i), get(volume, "/o/" + i % 100));
            }
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }

    @Test
    void shouldListInOrderWithPrefixAndPaging() {
        try (Volume volume = formatted()) {
            for (String path : List.of("/b/2", "/a/1", "/b/1", "/c")) {
                put(volume, path, new byte[1]);
            }
            assertEquals(List.of("/a/1", "/b/1", "/b/2", "/c"), paths(volume.list("", null, 10)));
            put(volume, "/b/3", new byte[1]);
            volume.remove("/b/1");
            assertEquals(List.of("/b/2", "/b/3"), paths(volume.list("/b/", null, 10)));
            assertEquals(List.of("/b/3"), paths(volume.list("/b/", "/b/2", 10)));
            assertEquals(List.of("/a/1"), paths(volume.list("", null, 1)));
        }
    }

    private static List<String> paths(List<StoredObject> objects) {
        return objects.stream().map(StoredObject::path).toList();
    }

    @Test
    void shouldNameNeedAndFreeWhenSpaceIsOutAndGoOn() {
        try (Volume volume = formatted()) {
            long free = volume.info().freeBytes();
            VolumeException e =
                    assertThrows(VolumeException.class, () -> volume.create("/big", "video/mp4", 0, free + 4096));
            assertEquals(Reason.NO_SPACE, e.reason());
            assertTrue(e.getMessage().contains("needBytes=" + (free + 4096)), e.getMessage());
            assertTrue(e.getMessage().contains("freeBytes=" + free), e.getMessage());
            assertEquals(Reason.NO_SPACE, reason(() -> put(volume, "/big", new byte[20 << 20], -1)));
            assertEquals(free, volume.info().freeBytes());
            put(volume, "/small", bytes(100, 1));
            assertArrayEquals(bytes(100, 1), get(volume, "/small"));
        }
    }

    @Test
    void shouldRemoveFromAFullVolumeHoweverOftenTheJournalFolds() {
        try (Volume volume = formatted()) {
            int count = 0;
            try {
                while (true) {
                    put(volume, "/o/" + count, bytes(4096, count));
                    count++;
                }
            } catch (VolumeException e) {
                assertEquals(Reason.NO_SPACE, e.reason());
            }
            assertTrue(count > 3000, "count=" + count);
            for (int i = 0; i < count; i++) {
                assertTrue(volume.remove("/o/" + i));
            }
            put(volume, "/after", new byte[8 << 20]);
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }

    @Test
    void shouldRefusePathsThatAreNotNormalised() {
        try (Volume volume = formatted()) {
            for (String path : List.of("", "a", "/", "/a/", "//a", "/a//b", "/./a", "/a/..", "/a\n", "/\ud800")) {
                assertEquals(Reason.BAD_PATH, reason(() -> volume.create(path, "x/y", 0, 0)), path);
            }
            assertEquals(Reason.BAD_PATH, reason(() -> volume.create("/" + "é".repeat(512), "x/y", 0, 0)));
            String longest = "/" + "a".repeat(1023);
            put(volume, longest, new byte[1]);
            assertNotNull(volume.find(longest));
        }
    }

    @Test
    void shouldTakeNoWritesWhenOpenForReading() {
        formatted().close();
        byte[] before = disk.content().clone();
        try (Volume volume = Volume.open(List.of(disk), true)) {
            assertEquals(Reason.READ_ONLY, reason(() -> volume.create("/a", "x/y", 0, 0)));
            assertEquals(Reason.READ_ONLY, reason(() -> volume.remove("/a")));
            assertEquals(Reason.READ_ONLY, reason(volume::batch));
        }
        assertArrayEquals(before, disk.content());
    }

    @Test
    void shouldRefuseToFormatWhatItDoesNotOwn() {
        disk.flipBit(700_000, 3);
        VolumeException foreign =
                assertThrows(VolumeException.class, () -> Volume.format(List.of(disk), FormatOptions.DEFAULT));
        assertEquals(Reason.OCCUPIED, foreign.reason());
        disk.flipBit(700_000, 3);
        formatted().close();
        assertEquals(Reason.OCCUPIED, reason(() -> Volume.format(List.of(disk), FormatOptions.DEFAULT)));
        assertEquals(Reason.NOT_A_VOLUME, reason(() -> Volume.open(List.of(new RecordingDisk("z", 4 << 20)), false)));
        Volume.format(List.of(disk), FormatOptions.DEFAULT.overwritingOwn());
        Volume.open(List.of(disk), false).close();
    }

    @Test
    void shouldSayWhichVersionItFound() {
        formatted().close();
        for (int slot : SuperblockDescriptor.SLOT_OFFSETS) {
            disk.content()[slot + SuperblockDescriptor.VERSION_OFFSET] = 9;
            ByteBuffer block = ByteBuffer.wrap(disk.content(), slot, 4096);
            int crc = Bytes.crcWithout(block, SuperblockDescriptor.CRC_OFFSET);
            block.order(SuperblockDescriptor.ORDER).putInt(slot + SuperblockDescriptor.CRC_OFFSET, crc);
        }
        VolumeException e = assertThrows(VolumeException.class, () -> Volume.open(List.of(disk), true));
        assertEquals(Reason.VERSION, e.reason());
        assertTrue(e.getMessage().contains("version=9"), e.getMessage());
    }

    @Test
    void shouldPublishABatchTogetherAndKeepTheOthersWhenOneIsAborted() {
        try (Volume volume = formatted();
                ObjectBatch batch = volume.batch()) {
            for (int i = 0; i < 50; i++) {
                try (ObjectWriter writer = batch.create("/b/" + i, "x/y", 0, i % 2 == 0 ? 3000 : -1)) {
                    writer.write(ByteBuffer.wrap(bytes(3000, i)));
                    if (i % 7 != 0) {
                        writer.commit();
                    }
                }
            }
            assertNull(volume.find("/b/1"));
            batch.publish();
            for (int i = 0; i < 50; i++) {
                assertArrayEquals(i % 7 == 0 ? null : bytes(3000, i), get(volume, "/b/" + i));
            }
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }

    @Test
    void shouldKeepTheOldObjectWhenTheDeviceFailsAndGoOnAfterwards() {
        try (Volume volume = formatted()) {
            byte[] old = bytes(10_000, 1);
            put(volume, "/a", old);
            long free = volume.info().freeBytes();
            long dataStart = volume.find("/a").deviceOffset(0);
            disk.failWrites(dataStart, disk.content().length);
            assertEquals(Reason.DEVICE, reason(() -> put(volume, "/a", bytes(10_000, 2))));
            disk.failWrites(SuperblockDescriptor.HEAD_BYTES, dataStart);
            assertEquals(Reason.DEVICE, reason(() -> put(volume, "/a", bytes(10_000, 3))));
            disk.failWrites(-1, -1);
            disk.failFlushesAfter(0);
            assertEquals(Reason.DEVICE, reason(() -> put(volume, "/a", bytes(10_000, 4))));
            disk.failFlushesAfter(Integer.MAX_VALUE);
            assertArrayEquals(old, get(volume, "/a"));
            put(volume, "/b", bytes(10_000, 5));
            assertEquals(free - 12_288, volume.info().freeBytes());
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }

    /** The journal entry is on the medium although its write failed: a power cut then makes the object appear. */
    @Test
    void shouldNotReuseTheSpaceOfAFailedPutBeforeItsRecordIsGone() {
        try (Volume volume = formatted();
                ObjectWriter other = volume.create("/other", "x/y", 0, -1)) {
            disk.failWritesThrough(true);
            assertEquals(Reason.DEVICE, reason(() -> put(volume, "/a", bytes(50_000, 1))));
            disk.failWritesThrough(false);
            assertNull(volume.find("/a"));
            other.write(ByteBuffer.wrap(bytes(3 << 20, 2)));
            assertHolds("/a", bytes(50_000, 1), disk.content().clone());
        }
    }

    @Test
    void shouldFindEverythingThroughEitherSuperblockAfterAFold() {
        try (Volume volume = formatted()) {
            for (int i = 0; i < 7; i++) {
                put(volume, "/" + i, bytes(50_000, i));
            }
            for (int slot : SuperblockDescriptor.SLOT_OFFSETS) {
                byte[] image = disk.content().clone();
                image[slot + 60] ^= 1;
                for (int i = 0; i < 7; i++) {
                    assertHolds("/" + i, bytes(50_000, i), image.clone());
                }
            }
        }
    }

    private static void assertHolds(String path, byte[] content, byte[] image) {
        RecordingDisk copy = new RecordingDisk("copy", image, new AtomicInteger());
        try (Volume volume = Volume.open(List.of(copy), false)) {
            assertArrayEquals(content, get(volume, path));
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }
}
