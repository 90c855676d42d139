package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The uring driver on a real block device: a loop device over a file. Skipped where none can be made. */
class UringBlockDeviceTest {
    private static final int SIZE = 8 << 20;

    @TempDir
    Path directory;

    private Path file;
    private String loop;

    @BeforeEach
    void attach() throws Exception {
        file = directory.resolve("disk.img");
        try (RandomAccessFile sized = new RandomAccessFile(file.toFile(), "rw")) {
            sized.setLength(SIZE);
        }
        loop = HostCommand.run("losetup", "--find", "--show", file.toString());
    }

    @AfterEach
    void detach() throws Exception {
        if (loop != null) {
            HostCommand.undo("losetup", "--detach", loop);
        }
    }

    @Test
    void shouldReportTheDeviceAndReadBackWhatItWrote() throws Exception {
        byte[] content = new byte[3 << 20];
        new Random(1).nextBytes(content);
        try (Disk disk = Disks.open("uring:" + loop, OpenMode.READ_WRITE)) {
            DiskFacts facts = disk.facts();
            assertEquals(SIZE, facts.capacityBytes());
            assertEquals(512, facts.blockSizeBytes());
            assertEquals(loop, "/dev/" + facts.id());
            assertTrue(facts.direct());
            assertTrue(facts.maxTransferBytes() <= 1 << 20, facts.toString());
            try (BlockIo io = new BlockIo(disk)) {
                try (SequentialWriter writer = io.writer(512)) {
                    writer.write(ByteBuffer.wrap(content));
                    writer.finish();
                }
                io.flush();
                ByteBuffer found = ByteBuffer.allocate(1_000_000);
                io.read(512 + 12_345, found);
                assertArrayEquals(Arrays.copyOfRange(content, 12_345, 1_012_345), found.array());
            }
        }
        byte[] behind = Files.readAllBytes(file);
        assertArrayEquals(content, Arrays.copyOfRange(behind, 512, 512 + content.length));
    }

    @Test
    void shouldKeepASecondWriterOutAndNameTheFirst() {
        String uri = "uring:" + loop;
        try (Disk disk = Disks.open(uri, OpenMode.READ_WRITE)) {
            NativeException refused = assertThrows(NativeException.class, () -> Disks.open(uri, OpenMode.READ_WRITE));
            assertEquals(16, refused.errno());
            assertTrue(refused.getMessage().contains(loop + " is open in this process"), refused.getMessage());
            assertTrue(disk.facts().capacityBytes() > 0);
        }
        Disks.open(uri, OpenMode.READ_WRITE).close();
    }
}
