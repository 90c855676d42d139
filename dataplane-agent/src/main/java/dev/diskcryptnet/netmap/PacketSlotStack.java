package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NetLayout;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Slots of a port that copies what is sent: the one given back last is taken first, because it is still in the cache,
 * and none waits for another.
 */
final class PacketSlotStack implements PacketSlots {
    private final PacketQueue queue;
    private final byte number;
    private final OffHeapRegion region;
    private final int slotBytes;
    private final int payloadOffset;
    private final int[] free;
    private final int[] sent;
    private final boolean[] taken;
    private int freeCount;
    private int sentCount;

    PacketSlotStack(PacketQueue queue, UnsafeBuffer state, int number) {
        this.queue = queue;
        this.number = (byte) number;
        int layout = NetLayout.STATE_RING + number * NetLayout.RING_SIZE;
        int slots = state.getInt(layout + NetLayout.RING_SLOTS);
        slotBytes = state.getInt(layout + NetLayout.RING_SLOT_BYTES);
        payloadOffset = state.getInt(layout + NetLayout.RING_PAYLOAD_OFFSET);
        region = OffHeapRegion.wrap(
                state.getLong(layout + NetLayout.RING_ADDRESS), Math.multiplyExact(slots, slotBytes));
        free = new int[slots];
        sent = new int[slots];
        taken = new boolean[slots];
        for (int slot = slots; slot-- > 0; ) {
            free[freeCount++] = slot;
        }
    }

    @Override
    public int slotCount() {
        return free.length;
    }

    @Override
    public int available() {
        return freeCount;
    }

    @Override
    public int take() {
        if (freeCount == 0) {
            return -1;
        }
        int slot = free[--freeCount];
        taken[slot] = true;
        return slot;
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
        release(slot);
        sent[sentCount++] = slot;
        queue.send(number, slot, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
    }

    @Override
    public void cancel(int slot) {
        release(slot);
        free[freeCount++] = slot;
    }

    private void release(int slot) {
        if (!taken[slot]) {
            throw new IllegalStateException("slot=" + slot + " ring=" + number + ": sent or cancelled but not taken");
        }
        taken[slot] = false;
    }

    @Override
    public boolean busy() {
        return sentCount > 0;
    }

    @Override
    public void reclaimed() {
        while (sentCount > 0) {
            free[freeCount++] = sent[--sentCount];
        }
    }
}
