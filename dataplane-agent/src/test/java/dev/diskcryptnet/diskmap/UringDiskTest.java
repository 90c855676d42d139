package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NativeException;
import dev.diskcryptnet.netmap.Waiter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UringDiskTest {
    private static final int BLOCK = 4096;
    private static final int SIZE = 4 << 20;
    private static final int DEPTH = 16;
    private static final int SLOT = 128 << 10;

    @TempDir
    Path directory;

    private Path file;
    private final OffHeapRegion region = OffHeapRegion.allocate(DEPTH * SLOT);

    @BeforeEach
    void writeFile() throws IOException {
        file = directory.resolve("disk.img");
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        Files.write(file, content);
    }

    private String uri() {
        return "uring:" + file;
    }

    /** Waits as a loop does: reaps, and sleeps on the descriptor when there is nothing. */
    private static int reapOne(DiskQueue queue, Waiter waiter, DiskCompletionHandler handler) {
        for (int tries = 0; tries < 100; tries++) {
            int count = queue.reap(handler, 1);
            if (count > 0) {
                return count;
            }
            waiter.await(100_000_000L);
        }
        throw new AssertionError("no completion within 10 s, inFlight=" + queue.inFlight());
    }

    @Test
    void shouldReportWhatItOpened() {
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY)) {
            DiskFacts facts = disk.facts();
            assertEquals("uring", facts.driver());
            assertEquals("disk.img", facts.id());
            assertEquals(SIZE, facts.capacityBytes());
            assertTrue(facts.direct());
            assertTrue(facts.mode().startsWith("io_uring "), facts.mode());
            assertTrue(facts.alignmentBytes() >= 512 && facts.maxTransferBytes() >= 64 << 10, facts.toString());
        }
    }

    @Test
    void shouldReadAndWriteAsAPlainFileDoes() throws IOException {
        Random random = new Random(7);
        byte[] reference = Files.readAllBytes(file);
        try (Disk disk = Disks.open(uri(), OpenMode.READ_WRITE);
                DiskQueue queue = disk.openQueue(DEPTH, region);
                Waiter waiter = new Waiter()) {
            waiter.add(queue.waitDescriptor(), Waiter.POLLIN);
            byte[] bytes = new byte[SLOT];
            for (int round = 0; round < 200; round++) {
                int length = BLOCK * (1 + random.nextInt(SLOT / BLOCK));
                int offset = BLOCK * random.nextInt((SIZE - length) / BLOCK + 1);
                boolean write = random.nextBoolean();
                if (write) {
                    random.nextBytes(bytes);
                    region.buffer().putBytes(0, bytes, 0, length);
                    System.arraycopy(bytes, 0, reference, offset, length);
                    assertTrue(queue.write(offset, region.address(), length, round));
                } else {
                    assertTrue(queue.read(offset, region.address(), length, round));
                }
                assertEquals(1, queue.submit());
                long expectedToken = round;
                reapOne(queue, waiter, (token, result) -> {
                    assertEquals(expectedToken, token);
                    assertEquals(length, result);
                });
                if (!write) {
                    byte[] found = new byte[length];
                    region.buffer().getBytes(0, found);
                    assertArrayEquals(java.util.Arrays.copyOfRange(reference, offset, offset + length), found);
                }
            }
            assertTrue(queue.flush(99));
            queue.submit();
            reapOne(queue, waiter, (token, result) -> assertEquals(0, result));
        }
        try (RandomAccessFile plain = new RandomAccessFile(file.toFile(), "r")) {
            byte[] content = new byte[SIZE];
            plain.readFully(content);
            assertArrayEquals(reference, content);
        }
    }

    @Test
    void shouldReportFullAsAValueAndTakeMoreAfterAReap() {
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY);
                DiskQueue queue = disk.openQueue(DEPTH, region);
                Waiter waiter = new Waiter()) {
            waiter.add(queue.waitDescriptor(), Waiter.POLLIN);
            for (int i = 0; i < DEPTH; i++) {
                assertTrue(queue.read((long) i * SLOT, region.address() + (long) i * SLOT, SLOT, i));
            }
            assertFalse(queue.read(0, region.address(), SLOT, 99));
            assertEquals(DEPTH, queue.submit());
            assertFalse(queue.read(0, region.address(), SLOT, 99));
            List<Long> tokens = new ArrayList<>();
            while (queue.inFlight() > 0) {
                reapOne(queue, waiter, (token, result) -> {
                    assertEquals(SLOT, result);
                    tokens.add(token);
                });
            }
            assertEquals(DEPTH, tokens.stream().distinct().count());
            assertTrue(queue.read(0, region.address(), SLOT, 99));
        }
    }

    @Test
    void shouldRefuseMisuse() {
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY);
                DiskQueue queue = disk.openQueue(DEPTH, region)) {
            long memory = region.address();
            assertThrows(IllegalArgumentException.class, () -> queue.read(1, memory, BLOCK, 0), "offset");
            assertThrows(IllegalArgumentException.class, () -> queue.read(0, memory + 1, BLOCK, 0), "address");
            assertThrows(IllegalArgumentException.class, () -> queue.read(0, memory, 0, 0), "empty");
            assertThrows(IllegalArgumentException.class, () -> queue.read(0, memory, BLOCK + 1, 0), "length");
            assertThrows(IllegalArgumentException.class, () -> queue.read(SIZE, memory, BLOCK, 0), "end");
            assertThrows(IllegalArgumentException.class, () -> queue.read(SIZE - BLOCK, memory, 2 * BLOCK, 0), "end");
            assertThrows(IllegalArgumentException.class, () -> queue.read(-BLOCK, memory, BLOCK, 0), "negative");
            assertThrows(IllegalArgumentException.class, () -> queue.read(0, memory - BLOCK, BLOCK, 0), "region");
            assertThrows(IllegalArgumentException.class, () -> queue.write(0, memory, BLOCK, 0), "read-only");
            assertEquals(0, queue.inFlight());
        }
    }

    @Test
    void shouldServeAQueueThatAnotherThreadOpened() throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY)) {
            DiskQueue first = disk.openQueue(DEPTH, region);
            DiskQueue second = disk.openQueue(DEPTH, region);
            List<Thread> threads = List.of(worker(first, 0, failure), worker(second, SLOT, failure));
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertEquals(null, failure.get());
    }

    private Thread worker(DiskQueue queue, int at, AtomicReference<Throwable> failure) {
        return Thread.ofPlatform().start(() -> {
            try (queue;
                    Waiter waiter = new Waiter()) {
                waiter.add(queue.waitDescriptor(), Waiter.POLLIN);
                for (int i = 0; i < 100; i++) {
                    queue.read(0, region.address() + at, BLOCK, i);
                    queue.submit();
                    reapOne(queue, waiter, (token, result) -> assertEquals(BLOCK, result));
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
    }

    @Test
    void shouldRefuseASecondThread() throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY);
                DiskQueue queue = disk.openQueue(DEPTH, region)) {
            queue.read(0, region.address(), BLOCK, 1);
            queue.submit();
            Thread stranger = Thread.ofPlatform().start(() -> {
                try {
                    queue.reap((token, result) -> {}, 1);
                } catch (NativeException e) {
                    failure.set(e);
                }
            });
            stranger.join();
        }
        assertTrue(failure.get().getMessage().contains("thread"), String.valueOf(failure.get()));
    }

    @Test
    void shouldCloseWithReadsInFlight() {
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY)) {
            DiskQueue queue = disk.openQueue(DEPTH, region);
            for (int i = 0; i < DEPTH; i++) {
                queue.read((long) i * SLOT, region.address() + (long) i * SLOT, SLOT, i);
            }
            queue.submit();
            queue.close();
        }
    }

    @Test
    void shouldKeepASecondWriterOutAndNameTheFirst() {
        try (Disk disk = Disks.open(uri(), OpenMode.READ_WRITE)) {
            NativeException refused = assertThrows(NativeException.class, () -> Disks.open(uri(), OpenMode.READ_WRITE));
            assertEquals(16, refused.errno());
            assertTrue(refused.getMessage().contains("this process"), refused.getMessage());
            assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
            assertEquals(SIZE, disk.facts().capacityBytes());
        }
        Disks.open(uri(), OpenMode.READ_WRITE).close();
    }

    @Test
    void shouldReadThroughThePageCacheOnlyWhenAsked() {
        try (Disk disk = Disks.open(uri() + "?direct=0", OpenMode.READ_ONLY)) {
            assertFalse(disk.facts().direct());
            assertTrue(disk.facts().mode().endsWith(" mapped"), disk.facts().mode());
        }
    }

    @Test
    void shouldTellWhereBytesLieThatAreInThePageCache() throws IOException {
        byte[] content = Files.readAllBytes(file);
        try (Disk disk = Disks.open(uri() + "?direct=0", OpenMode.READ_ONLY);
                DiskQueue queue = disk.openQueue(DEPTH, region)) {
            long found = queue.resident(12_345, 100_001);
            assertTrue(found != 0);
            byte[] bytes = new byte[100_001];
            OffHeapRegion.wrap(found, bytes.length).buffer().getBytes(0, bytes);
            assertArrayEquals(java.util.Arrays.copyOfRange(content, 12_345, 112_346), bytes);
            assertThrows(IllegalArgumentException.class, () -> queue.resident(0, 0), "empty");
            assertThrows(IllegalArgumentException.class, () -> queue.resident(SIZE - 1, 2), "end");
            assertThrows(IllegalArgumentException.class, () -> queue.resident(-1, 2), "negative");
        }
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY);
                DiskQueue queue = disk.openQueue(DEPTH, region)) {
            assertEquals(0, queue.resident(12_345, 100_001), "direct I/O takes nothing from the page cache");
        }
    }

    @Test
    void shouldTellThatAFileIsWellAndHasNoFigures() {
        try (Disk disk = Disks.open(uri(), OpenMode.READ_ONLY)) {
            assertEquals(DiskHealth.OK, disk.health());
        }
    }

    @Test
    void shouldSayWhatIsWrongWithAUri() {
        for (String uri : List.of(
                "disk.img",
                "nvme:/dev/x",
                "uring:relative",
                "uring:" + file + "?direct=2",
                "uring:" + directory,
                "uring:" + directory.resolve("missing"))) {
            RuntimeException refused =
                    assertThrows(RuntimeException.class, () -> Disks.open(uri, OpenMode.READ_ONLY), uri);
            assertTrue(refused.getMessage().contains(uri), refused.getMessage());
        }
    }
}
