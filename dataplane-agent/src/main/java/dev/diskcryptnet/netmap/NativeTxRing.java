package dev.diskcryptnet.netmap;

import dev.diskcryptnet.ffi.NetLayout;
import dev.diskcryptnet.ffi.NetLibrary;
import org.agrona.concurrent.UnsafeBuffer;

/** One of the two rings of a {@link NativeQueue}: slots that the driver reads where they lie. */
final class NativeTxRing extends NativeSlots {
    private final NativeQueue queue;
    private final UnsafeBuffer state;
    private final byte number;
    private final int tailOffset;
    private final int starvedOffset;

    /** Sequence of the slot to be taken next; native's tail follows. */
    private long head;

    /** Slots sent or cancelled so far: those that native has and has not given back are {@code handedOver - tail}. */
    private long handedOver;

    NativeTxRing(NativeQueue queue, UnsafeBuffer state, int number) {
        super(state, number);
        this.queue = queue;
        this.state = state;
        this.number = (byte) number;
        tailOffset = NetLayout.STATE_TAIL + number * Long.BYTES;
        starvedOffset = NetLayout.STATE_STARVED + number * Integer.BYTES;
    }

    private long tail() {
        return state.getLong(tailOffset);
    }

    @Override
    boolean busy() {
        return handedOver != tail();
    }

    @Override
    void reclaimed() {
        // A wish for slots that has come true is withdrawn.
        if (available() > 0) {
            state.putInt(starvedOffset, 0);
        }
    }

    @Override
    public int available() {
        return slotCount - (int) (head - tail());
    }

    @Override
    public int take() {
        if (available() == 0) {
            // Native now watches for slots that come back, so that the wait descriptor tells.
            state.putInt(starvedOffset, 1);
            return -1;
        }
        return (int) head++ & (slotCount - 1);
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
