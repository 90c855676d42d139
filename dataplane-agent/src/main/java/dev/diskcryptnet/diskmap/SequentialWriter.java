package dev.diskcryptnet.diskmap;

import java.nio.ByteBuffer;

/**
 * Writes bytes one after the other at the device's sequential speed, with several large writes in flight. From {@link
 * BlockIo#writer}.
 *
 * <p>A failed write is thrown by a later call, at the latest by {@link #finish}. What is written is durable only after
 * {@link #finish} and {@link BlockIo#flush}.
 */
public final class SequentialWriter implements AutoCloseable {
    private final BlockIo io;
    private long offsetBytes;
    private int slot;
    private ByteBuffer open;
    private boolean closed;

    SequentialWriter(BlockIo io, long offsetBytes) {
        this.io = io;
        this.offsetBytes = offsetBytes;
    }

    /** Appends {@code source} from its position to its limit; its bytes have been taken when this returns. */
    public void write(ByteBuffer source) {
        while (source.hasRemaining()) {
            if (open == null) {
                io.await(slot);
                open = io.view(slot, 0, io.slotBytes());
            }
            int length = Math.min(source.remaining(), open.remaining());
            open.put(source.slice(source.position(), length));
            source.position(source.position() + length);
            if (!open.hasRemaining()) {
                send();
            }
        }
    }

    /**
     * Goes on at another place. What was written before is padded with zeros to the alignment.
     *
     * @param offsetBytes aligned byte on the device
     */
    public void moveTo(long offsetBytes) {
        send();
        this.offsetBytes = offsetBytes;
    }

    private void send() {
        if (open == null || open.position() == 0) {
            return;
        }
        int written = io.roundUp(open.position());
        while (open.position() < written) {
            open.put((byte) 0);
        }
        open = null;
        io.startWrite(slot, offsetBytes, written);
        offsetBytes += written;
        slot = (slot + 1) % BlockIo.STREAM_SLOTS;
    }

    /**
     * Writes out what is left, padded with zeros to the alignment, and waits for everything.
     *
     * @throws dev.diskcryptnet.ffi.NativeException when any write failed
     */
    public void finish() {
        send();
        for (int i = 0; i < BlockIo.STREAM_SLOTS; i++) {
            io.await(i);
        }
    }

    /** Ends the stream; without {@link #finish} before, it is undefined what has been written. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            io.endStream();
        }
    }
}
