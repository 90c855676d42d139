package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import dev.diskcryptnet.volume.VolumeException.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

class VolumeMembersTest {
    private final RecordingDisk small = new RecordingDisk("small", 4 << 20);
    private final RecordingDisk large = new RecordingDisk("large", 8 << 20);

    private Volume formatted() {
        Volume.format(List.of(small, large), SHORT_JOURNAL);
        return Volume.open(List.of(small, large), false);
    }

    @Test
    void shouldPutWhereMostIsFreeAndReplaceWhereTheOldOneIs() {
        try (Volume volume = formatted()) {
            assertEquals(1, put(volume, "/a", bytes(5 << 20, 1)).disk());
            assertEquals(0, put(volume, "/b", bytes(100_000, 2)).disk());
            assertEquals(1, put(volume, "/a", bytes(1000, 3)).disk());
            assertEquals(1, put(volume, "/c", bytes(1000, 4)).disk());
            assertEquals(0, put(volume, "/b", bytes(1000, 5)).disk());
        }
    }

    @Test
    void shouldServeTheRestWhenAMemberIsMissing() {
        int diskOfA;
        try (Volume volume = formatted()) {
            diskOfA = put(volume, "/a", bytes(5 << 20, 1)).disk();
            put(volume, "/b", bytes(1000, 2));
        }
        assertEquals(1, diskOfA);
        try (Volume volume = Volume.open(List.of(small), false)) {
            assertNull(volume.find("/a"));
            assertArrayEquals(bytes(1000, 2), get(volume, "/b"));
            assertTrue(volume.info().warnings().getFirst().contains("member 2 of 2 is missing"));
        }
        try (Volume volume = Volume.open(List.of(large, small), true)) {
            assertEquals(0, volume.find("/a").disk());
            assertEquals(1, volume.find("/b").disk());
            assertEquals(List.of(), volume.info().warnings());
        }
    }

    @Test
    void shouldRefuseDisksThatDoNotBelongTogether() {
        formatted().close();
        RecordingDisk stranger = new RecordingDisk("stranger", 4 << 20);
        Volume.format(List.of(stranger), SHORT_JOURNAL);
        for (List<RecordingDisk> disks : List.of(List.of(small, stranger), List.of(small, small))) {
            VolumeException e = assertThrows(VolumeException.class, () -> Volume.open(List.copyOf(disks), true));
            assertEquals(Reason.MEMBERS, e.reason());
        }
    }
}
