package dev.diskcryptnet.diskmap;

import java.nio.ByteBuffer;

/**
 * Reads a range at the device's sequential speed, with several large reads in flight. From {@link BlockIo#reader}.
 */
public final class SequentialReader implements AutoCloseable {
    private final BlockIo io;
    private final long endBytes;
    private long nextIssueBytes;
    private long nextTakeBytes;
    private int issueSlot;
    private int takeSlot;
    private int outstanding;
    private boolean holding;
    private boolean closed;

    SequentialReader(BlockIo io, long offsetBytes, long lengthBytes) {
        this.io = io;
        this.endBytes = offsetBytes + lengthBytes;
        this.nextIssueBytes = offsetBytes;
        this.nextTakeBytes = offsetBytes;
    }

    /**
     * The next bytes, or null at the end of the range.
     *
     * @return a direct buffer, position 0, limit at least 1; it is valid until the next call
     * @throws dev.diskcryptnet.ffi.NativeException when a read failed
     */
    public ByteBuffer next() {
        if (holding) {
            holding = false;
            outstanding--;
            takeSlot = (takeSlot + 1) % BlockIo.STREAM_SLOTS;
        }
        while (outstanding < BlockIo.STREAM_SLOTS && nextIssueBytes < endBytes) {
            issue();
        }
        if (outstanding == 0) {
            return null;
        }
        io.await(takeSlot);
        holding = true;
        int skip = skip(nextTakeBytes);
        int length = length(nextTakeBytes);
        nextTakeBytes += length;
        return io.view(takeSlot, skip, length);
    }

    private void issue() {
        int skip = skip(nextIssueBytes);
        int length = length(nextIssueBytes);
        io.startRead(issueSlot, nextIssueBytes - skip, io.roundUp(skip + length));
        nextIssueBytes += length;
        issueSlot = (issueSlot + 1) % BlockIo.STREAM_SLOTS;
        outstanding++;
    }

    private int skip(long offsetBytes) {
        return (int) (offsetBytes % io.facts().alignmentBytes());
    }

    private int length(long offsetBytes) {
        return (int) Math.min(endBytes - offsetBytes, io.slotBytes() - skip(offsetBytes));
    }

    /** Ends the stream and waits for what it still has in flight. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            io.endStream();
        }
    }
}
