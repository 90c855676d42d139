package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForeignDataTest {
    private static final long SIZE = 32 << 20;

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void makeEmptyFile() throws IOException {
        file = directory.resolve("disk.img");
        try (RandomAccessFile sized = new RandomAccessFile(file.toFile(), "rw")) {
            sized.setLength(SIZE);
        }
    }

    private static String found(Path path) {
        return ForeignData.describe(path).orElse("nothing");
    }

    @Test
    void shouldFindNothingOnAnEmptyFile() {
        assertEquals(Optional.empty(), ForeignData.describe(file));
    }

    @ParameterizedTest
    @CsvSource({
        "mkfs.ext4 -q -L films, ext4 file system label=films",
        "mkfs.xfs -q -f, xfs file system",
        "mkfs.vfat, vfat file system",
        "mkswap, swap",
        "pvcreate -q, LVM2_member",
        "cryptsetup luksFormat -q --type luks2, crypto_LUKS"
    })
    void shouldNameTheSignature(String tool, String words) throws Exception {
        String[] command = (tool + " " + file).split(" ");
        HostCommand.run(command);
        assertTrue(found(file).contains(words), found(file));
        assertTrue(found(file).contains(file.toString()), found(file));
    }

    @Test
    void shouldNameAPartitionTable() throws Exception {
        HostCommand.run("sh", "-c", "command -v sfdisk && echo 'label: gpt\n,' | sfdisk -q " + file);
        assertTrue(found(file).contains("gpt partition table"), found(file));
    }

    @Test
    void shouldNotTrustDataThatItDoesNotKnow() throws IOException {
        try (RandomAccessFile writer = new RandomAccessFile(file.toFile(), "rw")) {
            writer.seek(777_777);
            writer.write(1);
        }
        assertTrue(found(file).contains("offset=777777"), found(file));
        assertEquals(Optional.empty(), ForeignData.describe(file, head -> head.get(777_777) == 1));
    }

    @Test
    void shouldSayWhatAMountedDeviceIsUsedFor() throws Exception {
        HostCommand.run("mkfs.ext4", "-q", file.toString());
        Path mountPoint = Files.createDirectory(directory.resolve("mount point"));
        Path loop = Path.of(HostCommand.run("losetup", "--find", "--show", file.toString()));
        try {
            assertTrue(found(file).contains("is attached to " + loop), found(file));
            assertTrue(found(loop).contains("ext4"), found(loop));
            HostCommand.run("mount", loop.toString(), mountPoint.toString());
            try {
                String expected = loop + " is mounted at " + mountPoint;
                assertTrue(found(loop).contains(expected), found(loop));
                assertTrue(found(file).contains(expected), found(file));
                assertTrue(
                        ForeignData.describe(loop, head -> true).orElse("").contains(expected), "use of what is ours");
                NativeException refused =
                        assertThrows(NativeException.class, () -> Disks.open("uring:" + loop, OpenMode.READ_WRITE));
                assertTrue(refused.getMessage().contains(expected), refused.getMessage());
            } finally {
                HostCommand.undo("umount", mountPoint.toString());
            }
        } finally {
            HostCommand.undo("losetup", "--detach", loop.toString());
        }
    }

    @Test
    void shouldSayWhenThereIsNoDevice() {
        Path missing = directory.resolve("missing");
        RuntimeException failure = assertThrows(RuntimeException.class, () -> ForeignData.describe(missing));
        assertTrue(failure.getMessage().contains(missing.toString()), failure.getMessage());
    }
}
