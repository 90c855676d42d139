package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import org.agrona.concurrent.UnsafeBuffer;

/** Where the slots of a ring lie: the part of a {@link TxRing} that never changes. */
abstract class SlotMemory implements TxRing {
    final int slotCount;
    final int slotBytes;

    private final OffHeapRegion region;
    private final UnsafeBuffer buffer;
    private final int payloadOffset;

    /** @param region all slots, one behind the other */
    SlotMemory(OffHeapRegion region, int slotBytes, int payloadOffset) {
        this.region = region;
        this.buffer = region.buffer();
        this.slotCount = region.lengthBytes() / slotBytes;
        this.slotBytes = slotBytes;
        this.payloadOffset = payloadOffset;
    }

    @Override
    public final int slotCount() {
        return slotCount;
    }

    @Override
    public final OffHeapRegion region() {
        return region;
    }

    @Override
    public final UnsafeBuffer buffer() {
        return buffer;
    }

    @Override
    public final int slotOffset(int slot) {
        return slot * slotBytes;
    }

    @Override
    public final int payloadOffset() {
        return payloadOffset;
    }

    @Override
    public final int maxPayloadBytes() {
        return slotBytes - payloadOffset;
    }
}
