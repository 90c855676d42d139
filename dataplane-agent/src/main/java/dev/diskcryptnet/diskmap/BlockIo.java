package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.WaitLibrary;
import java.nio.ByteBuffer;

/**
 * Blocking reads and writes for one thread of administration: formats, catalogues, ingest, verification. It waits, it
 * allocates, and it is not for a loop.
 *
 * <p>The slots {@code 0 .. STREAM_SLOTS - 1} keep a sequential stream's commands in flight, the last one serves {@link
 * #read}, {@link #write} and {@link #flush}, which may be called while a stream is open.
 */
public final class BlockIo implements AutoCloseable {
    /** Commands that a {@link SequentialWriter} or {@link SequentialReader} keeps in flight. */
    static final int STREAM_SLOTS = 8;

    private static final int SLOT_BYTES_MAX = 1 << 20;
    private static final int SYNC_SLOT = STREAM_SLOTS;
    private static final int SLOTS = STREAM_SLOTS + 1;
    private static final int EIO = 5;
    private static final long WAIT_NS = 1_000_000_000L;

    private final DiskFacts facts;
    private final int slotBytes;
    private final OffHeapRegion region;
    private final DiskQueue queue;
    private final OffHeapRegion waitEntry = OffHeapRegion.allocate(WaitLibrary.ENTRY_SIZE);
    private final boolean[] inFlight = new boolean[SLOTS];
    private final int[] expected = new int[SLOTS];
    private final int[] results = new int[SLOTS];
    private boolean streaming;

    /**
     * Opens a queue on {@code disk}.
     *
     * @throws dev.diskcryptnet.ffi.NativeException when the disk refuses a queue
     */
    public BlockIo(Disk disk) {
        facts = disk.facts();
        int alignment = facts.alignmentBytes();
        slotBytes = Math.min(SLOT_BYTES_MAX, facts.maxTransferBytes()) / alignment * alignment;
        region = OffHeapRegion.allocate(SLOTS * slotBytes);
        queue = disk.openQueue(SLOTS, region);
        waitEntry.buffer().putInt(WaitLibrary.ENTRY_FD, queue.waitDescriptor());
        waitEntry.buffer().putShort(WaitLibrary.ENTRY_WANTED, (short) WaitLibrary.POLLIN);
        waitEntry.buffer().putInt(WaitLibrary.ENTRY_CLEAR, 1);
    }

    /** Facts of the disk. */
    public DiskFacts facts() {
        return facts;
    }

    /**
     * Fills {@code target} from its position to its limit.
     *
     * @param offsetBytes first byte on the device; neither it nor the length need be aligned
     * @throws dev.diskcryptnet.ffi.NativeException when the device fails
     * @throws IllegalArgumentException when the range ends behind the device
     */
    public void read(long offsetBytes, ByteBuffer target) {
        long alignment = facts.alignmentBytes();
        long offset = offsetBytes;
        while (target.hasRemaining()) {
            int skip = (int) (offset % alignment);
            int wanted = Math.min(target.remaining(), slotBytes - skip);
            int length = roundUp(skip + wanted);
            startRead(SYNC_SLOT, offset - skip, length);
            await(SYNC_SLOT);
            target.put(view(SYNC_SLOT, skip, wanted));
            offset += wanted;
        }
    }

    /**
     * Writes {@code source} from its position to its limit.
     *
     * @param offsetBytes first byte on the device, a multiple of {@link DiskFacts#alignmentBytes()}, as must be the
     *     length
     * @throws dev.diskcryptnet.ffi.NativeException when the device fails; any part may have been written
     */
    public void write(long offsetBytes, ByteBuffer source) {
        long offset = offsetBytes;
        while (source.hasRemaining()) {
            int length = Math.min(source.remaining(), slotBytes);
            view(SYNC_SLOT, 0, length).put(source.slice(source.position(), length));
            startWrite(SYNC_SLOT, offset, length);
            await(SYNC_SLOT);
            source.position(source.position() + length);
            offset += length;
        }
    }

    /** Makes all that was written before durable. A stream's writes count once it is finished. */
    public void flush() {
        expected[SYNC_SLOT] = 0;
        start(SYNC_SLOT, queue.flush(SYNC_SLOT));
        await(SYNC_SLOT);
    }

    /**
     * Opens a writer that streams from {@code offsetBytes} on, which is aligned. One stream may be open at a time.
     *
     * @throws IllegalStateException when another stream is open
     */
    public SequentialWriter writer(long offsetBytes) {
        beginStream();
        return new SequentialWriter(this, offsetBytes);
    }

    /**
     * Opens a reader of {@code lengthBytes} bytes from {@code offsetBytes} on; neither need be aligned. One stream may
     * be open at a time.
     *
     * @throws IllegalStateException when another stream is open
     */
    public SequentialReader reader(long offsetBytes, long lengthBytes) {
        beginStream();
        return new SequentialReader(this, offsetBytes, lengthBytes);
    }

    private void beginStream() {
        if (streaming) {
            throw new IllegalStateException("disk=" + facts.id() + " has a stream open; close it first");
        }
        streaming = true;
    }

    /** Waits for the stream's commands, whatever becomes of them. */
    void endStream() {
        for (int slot = 0; slot < STREAM_SLOTS; slot++) {
            while (inFlight[slot]) {
                progress();
            }
        }
        streaming = false;
    }

    int slotBytes() {
        return slotBytes;
    }

    /** Next multiple of the alignment. */
    int roundUp(int lengthBytes) {
        int alignment = facts.alignmentBytes();
        return (lengthBytes + alignment - 1) / alignment * alignment;
    }

    /** Bytes of a slot's memory, position 0. */
    ByteBuffer view(int slot, int offset, int lengthBytes) {
        return region.byteBuffer().slice(slot * slotBytes + offset, lengthBytes);
    }

    void startRead(int slot, long offsetBytes, int lengthBytes) {
        expected[slot] = lengthBytes;
        start(slot, queue.read(offsetBytes, region.address() + (long) slot * slotBytes, lengthBytes, slot));
    }

    void startWrite(int slot, long offsetBytes, int lengthBytes) {
        expected[slot] = lengthBytes;
        start(slot, queue.write(offsetBytes, region.address() + (long) slot * slotBytes, lengthBytes, slot));
    }

    private void start(int slot, boolean queued) {
        if (!queued) {
            throw new IllegalStateException("disk=" + facts.id() + " slot=" + slot + " finds its queue full");
        }
        inFlight[slot] = true;
        queue.submit();
    }

    /**
     * Waits for a slot's command, if there is one.
     *
     * @throws dev.diskcryptnet.ffi.NativeException when it failed or moved fewer bytes than asked for
     */
    void await(int slot) {
        while (inFlight[slot]) {
            progress();
        }
        int result = results[slot];
        int wanted = expected[slot];
        results[slot] = 0;
        expected[slot] = 0;
        if (result < 0) {
            throw NativeErrors.failure(result, "disk=" + facts.uri() + " lengthBytes=" + wanted);
        }
        if (result < wanted) {
            throw NativeErrors.failure(
                    -EIO, "disk=" + facts.uri() + " lengthBytes=" + wanted + " transferredBytes=" + result);
        }
    }

    private void progress() {
        if (queue.reap(this::complete, SLOTS) > 0) {
            return;
        }
        // What the queue could not take at once goes with a later call.
        if (queue.submit() > 0 || queue.waitDescriptor() < 0) {
            Thread.onSpinWait();
            return;
        }
        NativeErrors.check(WaitLibrary.get().dcn_wait(waitEntry.address(), 1, WAIT_NS), "dcn_wait");
    }

    private void complete(long token, int result) {
        int slot = (int) token;
        inFlight[slot] = false;
        results[slot] = result;
    }

    @Override
    public void close() {
        queue.close();
    }
}
