package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One flipped bit anywhere that counts is found, and what it hit is named. */
class VolumeBitFlipTest {
    private static final int FLIPS = Boolean.getBoolean("dcn.long") ? 4000 : 60;

    private final Random random = new Random(1);
    private final RecordingDisk disk = new RecordingDisk("a", SMALL_BYTES);

    @BeforeEach
    void fill() {
        Volume.format(List.of(disk), SHORT_JOURNAL);
        try (Volume volume = Volume.open(List.of(disk), false)) {
            for (int i = 0; i < 8; i++) {
                put(volume, "/object/" + i, bytes(50_000 + i, i));
            }
        }
    }

    private List<Damage> flipAndVerify(long from, long length) {
        long at = from + random.nextLong(length);
        int bit = random.nextInt(8);
        disk.flipBit(at, bit);
        try (Volume volume = Volume.open(List.of(disk), true)) {
            List<Damage> damages = volume.verify((o, b, p) -> {}).damages();
            assertFalse(damages.isEmpty(), "offset=" + at + " bit=" + bit);
            return damages;
        } finally {
            disk.flipBit(at, bit);
        }
    }

    private Superblock superblock() {
        try (DeviceIo io = new DeviceIo(disk, 1)) {
            return Superblocks.read(io).current();
        }
    }

    @Test
    void shouldNameTheObjectWhoseDataIsDamaged() {
        for (int i = 0; i < 8; i++) {
            String path = "/object/" + i;
            long offset;
            try (Volume volume = Volume.open(List.of(disk), true)) {
                offset = volume.find(path).deviceOffset(0);
            }
            for (int flip = 0; flip < FLIPS / 8; flip++) {
                List<Damage> damages = flipAndVerify(offset, 50_000 + i);
                assertEquals(1, damages.size());
                assertEquals(path, damages.getFirst().path());
            }
        }
    }

    @Test
    void shouldNameTheSuperblockThatIsDamaged() {
        for (int flip = 0; flip < FLIPS; flip++) {
            int slot = flip % 2;
            List<Damage> damages = flipAndVerify(SuperblockDescriptor.SLOT_OFFSETS[slot], 4096);
            assertEquals("superblock " + "AB".charAt(slot), damages.getFirst().what());
        }
    }

    @Test
    void shouldNameTheCheckpointGroupThatIsDamaged() {
        Superblock superblock = superblock();
        assertTrue(superblock.checkpointBytes() > 0, "the test needs a checkpoint");
        long bytes = CheckpointDescriptor.diskBytes(superblock.checkpointBytes());
        for (int flip = 0; flip < FLIPS; flip++) {
            List<Damage> damages = flipAndVerify(superblock.checkpointExtents()[0], bytes);
            assertTrue(damages.getFirst().what().startsWith("checkpoint group=0"), damages.toString());
        }
    }

    @Test
    void shouldNameTheJournalEntryThatIsDamagedAlsoWhenItIsTheLast() {
        Superblock superblock = superblock();
        assertTrue(superblock.journalEntries() > 1, "the test needs a journal of entries");
        for (int flip = 0; flip < FLIPS; flip++) {
            List<Damage> damages = flipAndVerify(superblock.journalOffset(), 4096 * superblock.journalEntries());
            assertTrue(damages.getFirst().what().startsWith("journal entr"), damages.toString());
        }
    }

    @Test
    void shouldServeWhatIsWholeAndTakeNoWritesWhenTheCatalogueIsDamaged() {
        long entry = superblock().journalOffset();
        disk.flipBit(entry + 100, 1);
        try (Volume volume = Volume.open(List.of(disk), false)) {
            assertEquals(7, volume.info().objects());
            assertEquals(1, volume.info().warnings().size());
            assertThrows(VolumeException.class, () -> put(volume, "/x", new byte[1]));
            volume.list("", null, 10).forEach(o -> assertNotNull(get(volume, o)));
        }
        disk.flipBit(entry + 100, 1);
        try (Volume volume = Volume.open(List.of(disk), false)) {
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }

    @Test
    void shouldFallBackToTheOtherSuperblockSaySoAndRepair() {
        for (int slot = 0; slot < 2; slot++) {
            disk.flipBit(SuperblockDescriptor.SLOT_OFFSETS[slot] + 50, 4);
            try (Volume volume = Volume.open(List.of(disk), false)) {
                assertEquals(8, volume.info().objects());
                assertTrue(volume.info().warnings().getFirst().contains("superblock " + "AB".charAt(slot)));
            }
            try (Volume volume = Volume.open(List.of(disk), true)) {
                assertEquals(List.of(), volume.info().warnings());
                assertTrue(volume.verify((o, b, p) -> {}).clean());
            }
        }
    }

    @Test
    void shouldFindDamageThatComesWhileTheVolumeIsOpen() {
        try (Volume volume = Volume.open(List.of(disk), false)) {
            disk.flipBit(superblock().journalOffset() + 8, 0);
            List<Damage> damages = volume.verify((o, b, p) -> {}).damages();
            assertTrue(damages.toString().contains("path=/object/"), damages.toString());
            assertThrows(VolumeException.class, () -> {
                for (int i = 0; i < 10; i++) {
                    put(volume, "/x", new byte[1]);
                }
            });
            assertEquals(8, volume.list("/object", null, 10).size());
        }
    }
}
