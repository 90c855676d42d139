package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NetLayout;
import org.agrona.concurrent.UnsafeBuffer;

/** Slots of a {@link NativeQueue}, in native's memory, as its flush sees them. */
abstract class NativeSlots extends SlotMemory {
    /**
     * @param state the queue's {@code struct dcn_queue_state}
     * @param number of the ring
     */
    NativeSlots(UnsafeBuffer state, int number) {
        super(
                region(state, layout(number)),
                state.getInt(layout(number) + NetLayout.RING_SLOT_BYTES),
                state.getInt(layout(number) + NetLayout.RING_PAYLOAD_OFFSET));
    }

    private static int layout(int number) {
        return NetLayout.STATE_RING + number * NetLayout.RING_SIZE;
    }

    private static OffHeapRegion region(UnsafeBuffer state, int layout) {
        int slots = state.getInt(layout + NetLayout.RING_SLOTS);
        int slotBytes = state.getInt(layout + NetLayout.RING_SLOT_BYTES);
        return OffHeapRegion.wrap(state.getLong(layout + NetLayout.RING_ADDRESS), Math.multiplyExact(slots, slotBytes));
    }

    /** Whether native has slots of these, or is to get some. */
    abstract boolean busy();

    /** Called after native took and gave back what it could. */
    abstract void reclaimed();
}
