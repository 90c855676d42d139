package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NetLayout;
import dev.diskcryptnet.ffi.NetLibrary;
import org.agrona.concurrent.UnsafeBuffer;

/** One of the two rings of a {@link PacketQueue}: the memory is the kernel's packet ring, mapped. */
final class PacketTxRing implements PacketSlots {
    private final PacketQueue queue;
    private final UnsafeBuffer state;
    private final byte number;
    private final OffHeapRegion region;
    private final int slots;
    private final int slotBytes;
    private final int payloadOffset;
    private final int tailOffset;
    private final int starvedOffset;

    /** Sequence of the slot to be taken next; native's tail follows. */
    private long head;

    /** Slots sent or cancelled so far: those that native has and has not given back are {@code handedOver - tail}. */
    private long handedOver;

    PacketTxRing(PacketQueue queue, UnsafeBuffer state, int number) {
        this.queue = queue;
        this.state = state;
        this.number = (byte) number;
        int layout = NetLayout.STATE_RING + number * NetLayout.RING_SIZE;
        slots = state.getInt(layout + NetLayout.RING_SLOTS);
        slotBytes = state.getInt(layout + NetLayout.RING_SLOT_BYTES);
        payloadOffset = state.getInt(layout + NetLayout.RING_PAYLOAD_OFFSET);
        tailOffset = NetLayout.STATE_TAIL + number * Long.BYTES;
        starvedOffset = NetLayout.STATE_STARVED + number * Integer.BYTES;
        region = OffHeapRegion.wrap(
                state.getLong(layout + NetLayout.RING_ADDRESS), Math.multiplyExact(slots, slotBytes));
    }

    private long tail() {
        return state.getLong(tailOffset);
    }

    @Override
    public boolean busy() {
        return handedOver != tail();
    }

    @Override
    public void reclaimed() {
        // A wish for slots that has come true is withdrawn.
        if (available() > 0) {
            state.putInt(starvedOffset, 0);
        }
    }

    @Override
    public int slotCount() {
        return slots;
    }

    @Override
    public int available() {
        return slots - (int) (head - tail());
    }

    @Override
    public int take() {
        if (available() == 0) {
            // Native now watches for slots that come back, so that the wait descriptor tells.
            state.putInt(starvedOffset, 1);
            return -1;
        }
        return (int) head++ & (slots - 1);
    }

    @Override
    public OffHeapRegion region() {
        return region;
    }

    @Override
    public UnsafeBuffer buffer() {
        return region.buffer();
    }

    @Override
    public int slotOffset(int slot) {
        return slot * slotBytes;
    }

    @Override
    public int payloadOffset() {
        return payloadOffset;
    }

    @Override
    public int maxPayloadBytes() {
        return slotBytes - payloadOffset;
    }

    @Override
    public void send(int slot, int frameOffset, int frameBytes, int segmentBytes, int headerBytes, int checksumStart) {
        handedOver++;
        queue.send(number, slot, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
    }

    @Override
    public void cancel(int slot) {
        handedOver++;
        queue.hand(number, NetLibrary.DCN_TX_CANCEL, slot, 0, 0, 0, 0, 0);
    }
}
