package dev.diskcryptnet.netmap;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Slots of a port that copies what is sent: the one given back last is taken first, because it is still in the cache,
 * and none waits for another.
 */
final class NativeSlotStack extends NativeSlots {
    private final NativeQueue queue;
    private final byte number;
    private final int[] free;
    private final int[] sent;
    private final boolean[] taken;
    private final long[] foreignAddress;
    private final int[] foreignBytes;
    private int freeCount;
    private int sentCount;

    NativeSlotStack(NativeQueue queue, UnsafeBuffer state, int number) {
        super(state, number);
        this.queue = queue;
        this.number = (byte) number;
        free = new int[slotCount];
        sent = new int[slotCount];
        taken = new boolean[slotCount];
        foreignAddress = new long[slotCount];
        foreignBytes = new int[slotCount];
        for (int slot = slotCount; slot-- > 0; ) {
            free[freeCount++] = slot;
        }
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
        foreignBytes[slot] = 0;
        return slot;
    }

    @Override
    public boolean takesReferences() {
        return true;
    }

    @Override
    public void refer(int slot, long address, int lengthBytes) {
        foreignAddress[slot] = address;
        foreignBytes[slot] = lengthBytes;
    }

    @Override
    public void send(int slot, int frameOffset, int frameBytes, int segmentBytes, int headerBytes, int checksumStart) {
        release(slot);
        sent[sentCount++] = slot;
        queue.send(number, slot, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
        if (foreignBytes[slot] > 0) {
            queue.refer(foreignAddress[slot], foreignBytes[slot]);
        }
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
    boolean busy() {
        return sentCount > 0;
    }

    @Override
    void reclaimed() {
        while (sentCount > 0) {
            free[freeCount++] = sent[--sentCount];
        }
    }
}
