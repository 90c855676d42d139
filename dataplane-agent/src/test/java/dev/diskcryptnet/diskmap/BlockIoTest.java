package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockIoTest {
    private static final int SIZE = 32 << 20;

    @TempDir
    Path directory;

    private Disk open(String driver) throws Exception {
        if (driver.equals("mem")) {
            return Disks.open("mem:32M", OpenMode.READ_WRITE);
        }
        Path file = directory.resolve("disk.img");
        try (RandomAccessFile sized = new RandomAccessFile(file.toFile(), "rw")) {
            sized.setLength(SIZE);
        }
        return Disks.open("uring:" + file, OpenMode.READ_WRITE);
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"mem", "uring"})
    void shouldReadAnyRangeOfWhatWasWritten(String driver) throws Exception {
        byte[] content = random(3 << 20, 1);
        try (Disk disk = open(driver);
                BlockIo io = new BlockIo(disk)) {
            io.write(8192, ByteBuffer.wrap(content));
            io.flush();
            Random random = new Random(2);
            for (int round = 0; round < 50; round++) {
                int from = random.nextInt(content.length);
                int length = random.nextInt(content.length - from + 1);
                ByteBuffer target = ByteBuffer.allocate(length);
                io.read(8192L + from, target);
                assertArrayEquals(Arrays.copyOfRange(content, from, from + length), target.array());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mem", "uring"})
    void shouldStreamOverSeveralExtentsAndReadBackFromAnywhere(String driver) throws Exception {
        byte[] content = random(21_000_001, 3);
        int firstBytes = 10 << 20;
        long secondAt = 20 << 20;
        try (Disk disk = open(driver);
                BlockIo io = new BlockIo(disk)) {
            try (SequentialWriter writer = io.writer(4096)) {
                ByteBuffer source = ByteBuffer.wrap(content, 0, firstBytes);
                while (source.hasRemaining()) {
                    int chunk = Math.min(source.remaining(), 77_777);
                    writer.write(ByteBuffer.wrap(content, source.position(), chunk));
                    source.position(source.position() + chunk);
                }
                writer.moveTo(secondAt);
                writer.write(ByteBuffer.wrap(content, firstBytes, content.length - firstBytes));
                writer.finish();
            }
            assertArrayEquals(Arrays.copyOfRange(content, 0, firstBytes), readAll(io, 4096, firstBytes));
            assertArrayEquals(
                    Arrays.copyOfRange(content, firstBytes, content.length),
                    readAll(io, secondAt, content.length - firstBytes));
            assertArrayEquals(Arrays.copyOfRange(content, 905, 3_000_000), readAll(io, 4096 + 905, 3_000_000 - 905));
        }
    }

    private static byte[] readAll(BlockIo io, long offset, int length) {
        ByteBuffer all = ByteBuffer.allocate(length);
        try (SequentialReader reader = io.reader(offset, length)) {
            for (ByteBuffer piece = reader.next(); piece != null; piece = reader.next()) {
                all.put(piece);
            }
        }
        assertEquals(0, all.remaining());
        return all.array();
    }

    @Test
    void shouldServeSingleReadsWhileAStreamIsOpen() throws Exception {
        try (Disk disk = open("mem");
                BlockIo io = new BlockIo(disk);
                SequentialWriter writer = io.writer(1 << 20)) {
            writer.write(ByteBuffer.wrap(random(5 << 20, 4)));
            io.write(0, ByteBuffer.wrap(random(4096, 5)));
            ByteBuffer target = ByteBuffer.allocate(4096);
            io.read(0, target);
            assertArrayEquals(random(4096, 5), target.array());
            assertThrows(IllegalStateException.class, () -> io.writer(0));
            writer.finish();
        }
    }

    @Test
    void shouldRefuseTheEndOfTheDeviceAndStillBeOfUse() throws Exception {
        try (Disk disk = open("mem");
                BlockIo io = new BlockIo(disk)) {
            assertThrows(IllegalArgumentException.class, () -> io.read(SIZE - 1L, ByteBuffer.allocate(2)));
            assertThrows(IllegalArgumentException.class, () -> io.write(SIZE, ByteBuffer.allocate(4096)));
            io.read(SIZE - 1L, ByteBuffer.allocate(1));
        }
    }

    @Test
    void shouldReportAFileThatWasCutShortUnderIt() throws Exception {
        try (Disk disk = open("uring");
                BlockIo io = new BlockIo(disk)) {
            try (RandomAccessFile cut =
                    new RandomAccessFile(directory.resolve("disk.img").toFile(), "rw")) {
                cut.setLength(SIZE / 2);
            }
            RuntimeException failure =
                    assertThrows(RuntimeException.class, () -> io.read(SIZE / 2, ByteBuffer.allocate(4096)));
            assertTrue(failure.getMessage().contains("disk.img"), failure.getMessage());
            assertEquals(SIZE / 2, Files.size(directory.resolve("disk.img")));
        }
    }
}
