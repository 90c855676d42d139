package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import org.agrona.UnsafeApi;

/**
 * A {@link TxRing} in plain memory, emptied by whoever owns it with {@link #drain}.
 *
 * <p>{@code tail <= head <= tail + slotCount}: slots from tail to head are the caller's or wait to go out; the slot of a
 * position is its remainder by slotCount. Caller and drain are one thread.
 */
final class MemoryTxRing extends SlotMemory {
    private static final byte FREE = 0;
    private static final byte TAKEN = 1;
    private static final byte READY = 2;
    private static final byte CANCELLED = 3;

    private final byte[] state;
    private final int[] frameOffset;
    private final int[] frameBytes;
    private final int[] segmentBytes;
    private final int[] headerBytes;
    private final int[] checksumStart;
    private final long[] foreignAddress;
    private final int[] foreignBytes;

    /** Slot that {@link #take} gives next. */
    private int head;
    /** Oldest slot that is not free, when {@link #used} is above 0. */
    private int tail;

    private int used;
    private long sentBytes;
    private long sentPackets;

    MemoryTxRing(int slotCount, int slotBytes, int payloadOffset) {
        super(memory(slotCount, slotBytes, payloadOffset), slotBytes, payloadOffset);
        state = new byte[slotCount];
        frameOffset = new int[slotCount];
        frameBytes = new int[slotCount];
        segmentBytes = new int[slotCount];
        headerBytes = new int[slotCount];
        checksumStart = new int[slotCount];
        foreignAddress = new long[slotCount];
        foreignBytes = new int[slotCount];
    }

    private static OffHeapRegion memory(int slotCount, int slotBytes, int payloadOffset) {
        if (slotCount < 1 || payloadOffset < 0 || payloadOffset >= slotBytes) {
            throw new IllegalArgumentException("slotCount=" + slotCount + " slotBytes=" + slotBytes + " payloadOffset="
                    + payloadOffset + " make no ring");
        }
        return OffHeapRegion.allocate(Math.multiplyExact(slotCount, slotBytes));
    }

    @Override
    public int available() {
        return slotCount - used;
    }

    @Override
    public int take() {
        if (used == slotCount) {
            return -1;
        }
        int slot = head;
        head = next(slot);
        used++;
        state[slot] = TAKEN;
        foreignBytes[slot] = 0;
        return slot;
    }

    @Override
    public boolean takesReferences() {
        return true;
    }

    @Override
    public void refer(int slot, long address, int lengthBytes) {
        require(slot);
        foreignAddress[slot] = address;
        foreignBytes[slot] = lengthBytes;
    }

    @Override
    public void send(int slot, int frameOffset, int frameBytes, int segmentBytes, int headerBytes, int checksumStart) {
        require(slot);
        int within = frameOffset - slotOffset(slot);
        if (within < 0 || frameBytes < 1 || within + frameBytes > slotBytes) {
            throw new IllegalArgumentException("frameOffset=" + frameOffset + " frameBytes=" + frameBytes
                    + " is not inside slot=" + slot + " of slotBytes=" + slotBytes);
        }
        this.frameOffset[slot] = frameOffset;
        this.frameBytes[slot] = frameBytes;
        this.segmentBytes[slot] = segmentBytes;
        this.headerBytes[slot] = headerBytes;
        this.checksumStart[slot] = checksumStart;
        state[slot] = READY;
    }

    @Override
    public void cancel(int slot) {
        require(slot);
        state[slot] = CANCELLED;
    }

    private void require(int slot) {
        if (state[slot] != TAKEN) {
            throw new IllegalStateException("slot=" + slot + " is not taken: state=" + state[slot]);
        }
    }

    /** Hands out what is ready, oldest first, up to the first slot that is still the caller's; frees those slots. */
    int drain(PeerFarSide sink) {
        int frames = 0;
        while (used > 0 && state[tail] != TAKEN) {
            int slot = tail;
            if (state[slot] == READY) {
                fetch(slot);
                sink.onFrame(
                        buffer(),
                        frameOffset[slot],
                        frameBytes[slot],
                        segmentBytes[slot],
                        headerBytes[slot],
                        checksumStart[slot]);
                sentBytes += frameBytes[slot];
                sentPackets += PortStatistics.packets(frameBytes[slot], segmentBytes[slot], headerBytes[slot]);
                frames++;
            }
            state[slot] = FREE;
            tail = next(slot);
            used--;
        }
        return frames;
    }

    /** The far side sees frames in one piece. */
    private void fetch(int slot) {
        int bytes = foreignBytes[slot];
        if (bytes > 0) {
            long end = region().address() + frameOffset[slot] + frameBytes[slot];
            UnsafeApi.copyMemory(foreignAddress[slot], end - bytes, bytes);
        }
    }

    /** Bytes of all frames that went out. */
    long sentPackets() {
        return sentPackets;
    }

    long sentBytes() {
        return sentBytes;
    }

    private int next(int slot) {
        return slot + 1 == slotCount ? 0 : slot + 1;
    }
}
