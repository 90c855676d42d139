package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NetLayout;
import dev.diskcryptnet.ffi.NetLibrary;
import org.agrona.concurrent.UnsafeBuffer;

/** One worker's rings of a {@link NativePort}. Descriptors cross to native in batches, one call each way. */
final class NativeQueue implements PortQueue {
    /** Frames of one native call. 256 instead of 32 saves 15 % of CPU per byte received. */
    private static final int RECEIVE_BATCH = 256;

    private final NetLibrary library;
    private final UnsafeBuffer state;
    private final UnsafeBuffer receiveMemory;
    private final OffHeapRegion received = OffHeapRegion.allocate(RECEIVE_BATCH * NetLayout.RX_SIZE);
    private final OffHeapRegion toSend;
    private final int toSendCapacity;
    private final NativeSlots data;
    private final NativeSlots control;
    private final PortStatistics statistics = new PortStatistics();
    private long handle;
    private int toSendCount;

    NativeQueue(NetLibrary library, long handle, long stateAddress, boolean copies) {
        this.library = library;
        this.handle = handle;
        state = new UnsafeBuffer(stateAddress, NetLayout.STATE_SIZE);
        receiveMemory = new UnsafeBuffer(
                state.getLong(NetLayout.STATE_RECEIVE_ADDRESS),
                Math.toIntExact(state.getLong(NetLayout.STATE_RECEIVE_BYTES)));
        data = slots(NetLibrary.DCN_RING_DATA, copies);
        control = slots(NetLibrary.DCN_RING_CONTROL, copies);
        // A slot is handed over once between two flushes, so this never overflows.
        toSendCapacity = data.slotCount() + control.slotCount();
        toSend = OffHeapRegion.allocate(toSendCapacity * NetLayout.TX_SIZE);
    }

    private NativeSlots slots(int ring, boolean copies) {
        return copies ? new NativeSlotStack(this, state, ring) : new NativeTxRing(this, state, ring);
    }

    @Override
    public int receive(FrameHandler handler, int limit) {
        requireOpen();
        int count = library.dcn_port_rx(handle, received.address(), Math.min(limit, RECEIVE_BATCH));
        UnsafeBuffer frames = received.buffer();
        for (int i = 0; i < count; i++) {
            int frame = i * NetLayout.RX_SIZE;
            int lengthBytes = frames.getInt(frame + NetLayout.RX_BYTES);
            int flags = frames.getInt(frame + NetLayout.RX_FLAGS);
            statistics.receivedBytes += lengthBytes;
            statistics.receiveTruncated += (flags & FrameHandler.TRUNCATED) != 0 ? 1 : 0;
            handler.onFrame(receiveMemory, frames.getInt(frame + NetLayout.RX_OFFSET), lengthBytes, flags);
        }
        statistics.receivedFrames += count;
        return count;
    }

    /** Native would follow a stale address and take the JVM down. */
    private void requireOpen() {
        if (handle == 0) {
            throw new IllegalStateException("the queue is closed");
        }
    }

    void send(
            byte ring,
            int slot,
            int frameOffset,
            int frameBytes,
            int segmentBytes,
            int headerBytes,
            int checksumStart) {
        statistics.onSent(frameBytes, segmentBytes, headerBytes);
        hand(ring, (byte) 0, slot, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
    }

    void hand(
            byte ring,
            byte flags,
            int slot,
            int frameOffset,
            int frameBytes,
            int segmentBytes,
            int headerBytes,
            int checksumStart) {
        if (toSendCount == toSendCapacity) {
            throw new IllegalStateException("slot=" + slot + " ring=" + ring + ": sent or cancelled more than once");
        }
        UnsafeBuffer frames = toSend.buffer();
        int frame = toSendCount++ * NetLayout.TX_SIZE;
        frames.putInt(frame + NetLayout.TX_SLOT, slot);
        frames.putInt(frame + NetLayout.TX_FRAME_OFFSET, frameOffset);
        frames.putInt(frame + NetLayout.TX_FRAME_BYTES, frameBytes);
        frames.putShort(frame + NetLayout.TX_SEGMENT_BYTES, (short) segmentBytes);
        frames.putShort(frame + NetLayout.TX_HEADER_BYTES, (short) headerBytes);
        frames.putShort(frame + NetLayout.TX_CHECKSUM_START, (short) checksumStart);
        frames.putByte(frame + NetLayout.TX_RING, ring);
        frames.putByte(frame + NetLayout.TX_FLAGS, flags);
        frames.putInt(frame + NetLayout.TX_FOREIGN_BYTES, 0);
    }

    /** The frame that {@link #send} was last called for ends with these bytes. */
    void refer(long address, int lengthBytes) {
        int frame = (toSendCount - 1) * NetLayout.TX_SIZE;
        toSend.buffer().putInt(frame + NetLayout.TX_FOREIGN_BYTES, lengthBytes);
        toSend.buffer().putLong(frame + NetLayout.TX_FOREIGN_ADDRESS, address);
    }

    @Override
    public TxRing data() {
        return data;
    }

    @Override
    public TxRing control() {
        return control;
    }

    @Override
    public int flush() {
        if (!data.busy() && !control.busy()) {
            return 0;
        }
        requireOpen();
        int sent = library.dcn_port_tx(handle, toSend.address(), toSendCount);
        toSendCount = 0;
        data.reclaimed();
        control.reclaimed();
        return sent;
    }

    @Override
    public boolean linkUp() {
        return state.getInt(NetLayout.STATE_LINK_UP) != 0;
    }

    @Override
    public long receiveDropped() {
        return state.getLong(NetLayout.STATE_RECEIVE_DROPPED);
    }

    @Override
    public PortStatistics statistics() {
        statistics.receiveDroppedRingFull = receiveDropped();
        statistics.synsShed = state.getLong(NetLayout.STATE_SYNS_SHED);
        statistics.sendDroppedLinkDown = state.getLong(NetLayout.STATE_DROPPED_LINK_DOWN);
        statistics.sendDroppedRefused = state.getLong(NetLayout.STATE_DROPPED_REFUSED);
        statistics.sendDroppedInvalid = state.getLong(NetLayout.STATE_DROPPED_INVALID);
        statistics.sendRetries = state.getLong(NetLayout.STATE_RETRIES);
        return statistics;
    }

    @Override
    public int waitDescriptor() {
        return state.getInt(NetLayout.STATE_WAIT_DESCRIPTOR);
    }

    @Override
    public void close() {
        if (handle != 0) {
            library.dcn_port_queue_close(handle);
            handle = 0;
        }
    }
}
