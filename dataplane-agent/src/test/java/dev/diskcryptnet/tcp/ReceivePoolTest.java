package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ReceivePoolTest {
    @Test
    void shouldMakeAsManyBuffersAsItsBoundAndReuseThem() {
        ReceivePool pool = new ReceivePool(4096, 2);
        UnsafeBuffer first = pool.take();
        pool.take();
        assertNull(pool.take());
        assertEquals(2, pool.inUse());
        pool.give(first);
        assertSame(first, pool.take());
    }

    /** The memory lives as long as the pool, not only as long as the region object that made it is looked at. */
    @Test
    void shouldKeepItsMemoryThroughGarbageCollections() {
        ReceivePool pool = new ReceivePool(65_536, 64);
        List<UnsafeBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            buffers.add(pool.take());
        }
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.yield();
        }
        for (int i = 32; i < 64; i++) {
            buffers.add(pool.take());
        }
        long distinct = buffers.stream()
                .mapToLong(UnsafeBuffer::addressOffset)
                .distinct()
                .count();
        assertEquals(64, distinct);
    }
}
