package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import org.agrona.concurrent.UnsafeBuffer;

/** A ring that does something of its own when a frame is sent. */
abstract class WrappedTxRing implements TxRing {
    protected final TxRing ring;

    WrappedTxRing(TxRing ring) {
        this.ring = ring;
    }

    @Override
    public int slotCount() {
        return ring.slotCount();
    }

    @Override
    public int available() {
        return ring.available();
    }

    @Override
    public int take() {
        return ring.take();
    }

    @Override
    public OffHeapRegion region() {
        return ring.region();
    }

    @Override
    public UnsafeBuffer buffer() {
        return ring.buffer();
    }

    @Override
    public int slotOffset(int slot) {
        return ring.slotOffset(slot);
    }

    @Override
    public int payloadOffset() {
        return ring.payloadOffset();
    }

    @Override
    public int maxPayloadBytes() {
        return ring.maxPayloadBytes();
    }

    @Override
    public void cancel(int slot) {
        ring.cancel(slot);
    }
}
