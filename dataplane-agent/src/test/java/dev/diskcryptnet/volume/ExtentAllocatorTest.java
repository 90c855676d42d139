package dev.diskcryptnet.volume;

import static org.junit.jupiter.api.Assertions.*;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExtentAllocatorTest {
    private static final int BLOCKS = 500;
    private static final int BLOCK = 4096;

    @Test
    void shouldNeverGiveABlockTwiceNorLoseOne() {
        Random random = new Random(5);
        ExtentAllocator space = new ExtentAllocator();
        space.free(0, BLOCKS * BLOCK);
        BitSet taken = new BitSet();
        List<long[]> held = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (random.nextBoolean() && !held.isEmpty()) {
                long[] extents = held.remove(random.nextInt(held.size()));
                mark(taken, extents, false);
                space.free(extents);
            } else {
                long bytes = BLOCK * (1L + random.nextInt(60));
                int most = random.nextBoolean() ? Integer.MAX_VALUE : 2;
                long[] extents = space.allocate(bytes, BLOCK * (long) random.nextInt(BLOCKS), most);
                if (extents != null) {
                    assertEquals(bytes, Extents.bytes(extents));
                    assertTrue(extents.length / 2 <= most);
                    mark(taken, extents, true);
                    held.add(extents);
                } else if (most > 2) {
                    assertTrue(space.freeBytes() < bytes);
                }
            }
            assertEquals((long) (BLOCKS - taken.cardinality()) * BLOCK, space.freeBytes());
        }
        held.forEach(space::free);
        assertArrayEquals(new long[] {0, BLOCKS * BLOCK}, space.allocate(BLOCKS * BLOCK, -1, 1));
    }

    private static void mark(BitSet taken, long[] extents, boolean take) {
        for (int i = 0; i < extents.length; i += 2) {
            for (long block = extents[i] / BLOCK; block < (extents[i] + extents[i + 1]) / BLOCK; block++) {
                assertEquals(!take, taken.get((int) block));
                taken.set((int) block, take);
            }
        }
    }

    @Test
    void shouldRefuseSpaceThatIsFreeAlready() {
        ExtentAllocator space = new ExtentAllocator();
        space.free(8192, 8192);
        assertThrows(IllegalStateException.class, () -> space.free(12_288, 4096));
        assertThrows(IllegalStateException.class, () -> space.free(4096, 8192));
        assertThrows(IllegalStateException.class, () -> space.free(0, 65_536));
    }
}
