package dev.diskcryptnet.tcp;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.ArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Storage for received bytes that wait: for a hole before them to be filled, or for the layer above to take them. Each
 * buffer is one receive window. Bounded; made when first needed; an idle connection holds none.
 */
final class ReceivePool {
    private final ArrayList<UnsafeBuffer> free = new ArrayList<>();
    /** Keeps the memory alive: a buffer knows only its address. */
    private final ArrayList<OffHeapRegion> regions = new ArrayList<>();

    private final int bufferBytes;
    private final int maxBuffers;

    ReceivePool(int bufferBytes, int maxBuffers) {
        this.bufferBytes = bufferBytes;
        this.maxBuffers = maxBuffers;
    }

    /** A buffer, or null when all are in use. */
    UnsafeBuffer take() {
        if (!free.isEmpty()) {
            return free.removeLast();
        }
        if (regions.size() == maxBuffers) {
            return null;
        }
        OffHeapRegion region = OffHeapRegion.allocate(bufferBytes);
        regions.add(region);
        return region.buffer();
    }

    void give(UnsafeBuffer buffer) {
        free.add(buffer);
    }

    /** Buffers in use. */
    int inUse() {
        return regions.size() - free.size();
    }
}
