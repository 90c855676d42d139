package dev.diskcryptnet.diskmap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemDiskTest {
    private static final int BLOCK = 4096;

    @Test
    void shouldHoldItsPatternUntilItIsWritten() {
        MemDisk disk = (MemDisk) Disks.open("mem:1T?seed=7", OpenMode.READ_WRITE);
        Random random = new Random(1);
        try (BlockIo io = new BlockIo(disk)) {
            ByteBuffer zeros = ByteBuffer.allocate(BLOCK);
            io.write(16L << 20, zeros);
            for (int round = 0; round < 200; round++) {
                long offset = random.nextLong((1L << 40) - 300_000);
                ByteBuffer target = ByteBuffer.allocate(1 + random.nextInt(300_000));
                io.read(offset, target);
                for (int i = 0; i < target.capacity(); i += 997) {
                    assertEquals(disk.patternAt(offset + i), target.get(i), "offset=" + (offset + i));
                }
            }
            ByteBuffer around = ByteBuffer.allocate(3 * BLOCK);
            io.read((16L << 20) - BLOCK, around);
            assertEquals(disk.patternAt((16L << 20) - 1), around.get(BLOCK - 1));
            assertEquals(0, around.get(BLOCK));
            assertEquals(disk.patternAt((16L << 20) + BLOCK), around.get(2 * BLOCK));
        }
    }

    @Test
    void shouldCompleteAtTheNextReapInOrder() {
        OffHeapRegion region = OffHeapRegion.allocate(BLOCK);
        try (DiskQueue queue = Disks.open("mem:1M", OpenMode.READ_ONLY).openQueue(3, region)) {
            List<Long> tokens = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                assertTrue(queue.read(0, region.address(), BLOCK, i));
            }
            assertFalse(queue.read(0, region.address(), BLOCK, 3));
            assertEquals(0, queue.reap((token, result) -> tokens.add(token), 8), "not submitted yet");
            assertEquals(3, queue.submit());
            assertEquals(2, queue.reap((token, result) -> tokens.add(token), 2));
            assertEquals(1, queue.inFlight());
            assertEquals(1, queue.reap((token, result) -> tokens.add(token), 8));
            assertEquals(List.of(0L, 1L, 2L), tokens);
        }
    }

    @Test
    void shouldTellWhereItsContentLiesOnlyWhenItIsNotDirect() {
        byte[] content = new byte[BLOCK];
        new Random(1).nextBytes(content);
        for (String uri : List.of("mem:32M?seed=3", "mem:32M?seed=3&direct=0")) {
            MemDisk disk = (MemDisk) Disks.open(uri, OpenMode.READ_WRITE);
            boolean told = uri.endsWith("direct=0");
            try (BlockIo io = new BlockIo(disk);
                    DiskQueue queue = disk.openQueue(1)) {
                io.write((16L << 20) - 2 * BLOCK, ByteBuffer.wrap(content));
                long address = queue.resident((16L << 20) - 2 * BLOCK + 100, 2 * BLOCK - 100);
                assertEquals(told, address != 0);
                if (told) {
                    byte[] found = new byte[BLOCK - 100];
                    OffHeapRegion.wrap(address, found.length).buffer().getBytes(0, found);
                    assertArrayEquals(Arrays.copyOfRange(content, 100, BLOCK), found);
                }
                assertEquals(0, queue.resident((16L << 20) - BLOCK, BLOCK + 1), "two chunks do not lie together");
                assertThrows(IllegalArgumentException.class, () -> queue.resident((32L << 20) - 1, 2));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mem:",
                "mem:x",
                "mem:1",
                "mem:5000",
                "mem:99T",
                "mem:-4K",
                "mem:1G?seed=x",
                "mem:1G?size=1",
                "mem:1G?direct=1"
            })
    void shouldSayWhatIsWrongWithAUri(String uri) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> Disks.open(uri, OpenMode.READ_ONLY));
        assertTrue(refused.getMessage().contains(uri), refused.getMessage());
    }
}
