package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The volume on a file, through io_uring. */
class VolumeOnFileTest {
    @TempDir
    private Path directory;

    private Path file;
    private String uri;

    @BeforeEach
    void makeFile() throws IOException {
        file = directory.resolve("volume.img");
        uri = "uring:" + file;
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(64 << 20);
        }
    }

    @Test
    void shouldStreamTwoObjectsSideBySideAndFindThemAgain() throws IOException {
        byte[] first = bytes(12_345_678, 1);
        byte[] second = bytes(9_876_543, 2);
        try (Disk disk = Disks.open(uri, OpenMode.READ_WRITE)) {
            Volume.format(List.of(disk), FormatOptions.DEFAULT);
            try (Volume volume = Volume.open(List.of(disk), false);
                    ObjectWriter one = volume.create("/1", "x/y", 0, -1);
                    ObjectWriter two = volume.create("/2", "x/y", 0, second.length)) {
                for (int at = 0; at < first.length; at += 100_000) {
                    one.write(ByteBuffer.wrap(first, at, Math.min(100_000, first.length - at)));
                    int left = Math.max(0, Math.min(100_000, second.length - at));
                    two.write(ByteBuffer.wrap(second, Math.min(at, second.length), left));
                }
                one.commit();
                two.commit();
            }
        }
        try (Disk disk = Disks.open(uri, OpenMode.READ_ONLY);
                Volume volume = Volume.open(List.of(disk), true)) {
            assertArrayEquals(first, get(volume, "/1"));
            assertArrayEquals(second, get(volume, "/2"));
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }

    /** mkfs leaves superblock B as it was, so the disk still looks like ours. */
    @Test
    void shouldRefuseAFileSystemMadeOverOneOfOurVolumes() throws IOException, InterruptedException {
        try (Disk disk = Disks.open(uri, OpenMode.READ_WRITE)) {
            Volume.format(List.of(disk), FormatOptions.DEFAULT);
        }
        Process mkfs = new ProcessBuilder("mkfs.ext4", "-q", "-F", file.toString())
                .redirectErrorStream(true)
                .start();
        assertEquals(0, mkfs.waitFor());
        try (Disk disk = Disks.open(uri, OpenMode.READ_WRITE)) {
            VolumeException e = assertThrows(
                    VolumeException.class, () -> Volume.format(List.of(disk), FormatOptions.DEFAULT.overwritingOwn()));
            assertEquals(VolumeException.Reason.OCCUPIED, e.reason());
            assertTrue(e.getMessage().contains("ext4"), e.getMessage());
        }
    }
}
