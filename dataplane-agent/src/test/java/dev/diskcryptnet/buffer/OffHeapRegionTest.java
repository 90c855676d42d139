package dev.diskcryptnet.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class OffHeapRegionTest {
    @Test
    void shouldAllocateZeroedPageAlignedMemory() {
        OffHeapRegion region = OffHeapRegion.allocate(10_000);

        assertEquals(0, region.address() % OffHeapRegion.ALIGNMENT_BYTES);
        assertEquals(10_000, region.buffer().capacity());
        assertEquals(region.address(), region.buffer().addressOffset());
        for (int i = 0; i < 10_000; i++) {
            assertEquals(0, region.buffer().getByte(i));
        }
        assertThrows(IllegalArgumentException.class, () -> OffHeapRegion.allocate(0));
    }

    /** The memory goes with the ByteBuffer: a view that does not hold it would outlive its memory. */
    @Test
    void shouldKeepMemoryWhileOnlyTheViewIsHeld() {
        OffHeapRegion region = OffHeapRegion.allocate(4096);

        assertSame(region.byteBuffer(), region.buffer().byteBuffer());
    }

    @Test
    void shouldViewMemoryOfAnother() {
        OffHeapRegion owner = OffHeapRegion.allocate(8192);
        OffHeapRegion view = OffHeapRegion.wrap(owner.address() + 4096, 4096);
        view.buffer().putLong(8, 42);

        assertEquals(42, owner.buffer().getLong(4104));
    }
}
