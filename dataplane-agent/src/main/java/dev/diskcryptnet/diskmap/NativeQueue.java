package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.DiskLayout;
import dev.diskcryptnet.ffi.DiskLibrary;
import dev.diskcryptnet.ffi.NativeErrors;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A queue pair of {@link NativeDisk}: commands are written to an off-heap array, and one native call hands them over.
 *
 * <pre>
 *   ops    | 0 .. queued |            depth        written here, read by the library during submit
 *   dones  | 0 .. count  |            depth        written by the library during reap, read here
 * </pre>
 */
final class NativeQueue implements DiskQueue {
    private final DiskLibrary library = DiskLibrary.get();
    private final DiskFacts facts;
    private final CommandCheck check;
    private final boolean cached;
    private final long disk;
    private final int depth;
    private final long handle;
    private final int eventFd;
    private final OffHeapRegion opsRegion;
    private final OffHeapRegion donesRegion;
    private final UnsafeBuffer ops;
    private final UnsafeBuffer dones;
    private final String submitCall;
    private final String reapCall;
    private int queued;
    private int submitted;
    private boolean closed;

    NativeQueue(
            DiskFacts facts,
            boolean writable,
            int depth,
            OffHeapRegion[] regions,
            long disk,
            long handle,
            int eventFd) {
        this.facts = facts;
        this.cached = !facts.direct();
        this.disk = disk;
        this.check = new CommandCheck(facts, writable, regions);
        this.depth = depth;
        this.handle = handle;
        this.eventFd = eventFd;
        this.opsRegion = OffHeapRegion.allocate(depth * DiskLayout.OP_SIZE);
        this.donesRegion = OffHeapRegion.allocate(depth * DiskLayout.DONE_SIZE);
        this.ops = opsRegion.buffer();
        this.dones = donesRegion.buffer();
        this.submitCall = "dcn_disk_queue_submit disk=" + facts.uri();
        this.reapCall = "dcn_disk_queue_reap disk=" + facts.uri();
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public int inFlight() {
        return queued + submitted;
    }

    @Override
    public boolean read(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        int region = check.region(false, deviceOffsetBytes, address, lengthBytes);
        return queue(DiskLibrary.DCN_DISK_READ, deviceOffsetBytes, address, lengthBytes, region, token);
    }

    @Override
    public boolean write(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        int region = check.region(true, deviceOffsetBytes, address, lengthBytes);
        return queue(DiskLibrary.DCN_DISK_WRITE, deviceOffsetBytes, address, lengthBytes, region, token);
    }

    @Override
    public boolean writeThrough(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        int region = check.region(true, deviceOffsetBytes, address, lengthBytes);
        return queue(DiskLibrary.DCN_DISK_WRITE_THROUGH, deviceOffsetBytes, address, lengthBytes, region, token);
    }

    @Override
    public boolean flush(long token) {
        return queue(DiskLibrary.DCN_DISK_FLUSH, 0, 0, 0, 0, token);
    }

    private boolean queue(short opcode, long deviceOffsetBytes, long address, int lengthBytes, int region, long token) {
        if (queued + submitted == depth) {
            return false;
        }
        int at = queued * DiskLayout.OP_SIZE;
        ops.putLong(at + DiskLayout.OP_TOKEN, token);
        ops.putLong(at + DiskLayout.OP_OFFSET, deviceOffsetBytes);
        ops.putLong(at + DiskLayout.OP_ADDRESS, address);
        ops.putInt(at + DiskLayout.OP_LENGTH_BYTES, lengthBytes);
        ops.putShort(at + DiskLayout.OP_OPCODE, opcode);
        ops.putShort(at + DiskLayout.OP_REGION, (short) region);
        queued++;
        return true;
    }

    @Override
    public long resident(long deviceOffsetBytes, int lengthBytes) {
        check.range(deviceOffsetBytes, lengthBytes);
        return cached ? library.dcn_disk_resident(disk, deviceOffsetBytes, lengthBytes) : 0;
    }

    @Override
    public int submit() {
        if (queued == 0) {
            return 0;
        }
        int taken = NativeErrors.check(library.dcn_disk_queue_submit(handle, opsRegion.address(), queued), submitCall);
        int left = queued - taken;
        if (left > 0) {
            ops.putBytes(0, ops, taken * DiskLayout.OP_SIZE, left * DiskLayout.OP_SIZE);
        }
        queued = left;
        submitted += taken;
        return taken;
    }

    @Override
    public int reap(DiskCompletionHandler handler, int limit) {
        if (submitted == 0 || limit <= 0) {
            return 0;
        }
        int max = Math.min(limit, depth);
        int count = NativeErrors.check(library.dcn_disk_queue_reap(handle, donesRegion.address(), max), reapCall);
        for (int i = 0; i < count; i++) {
            int at = i * DiskLayout.DONE_SIZE;
            submitted--;
            handler.onCompletion(dones.getLong(at + DiskLayout.DONE_TOKEN), dones.getInt(at + DiskLayout.DONE_RESULT));
        }
        return count;
    }

    @Override
    public int waitDescriptor() {
        return eventFd;
    }

    @Override
    public void close() {
        if (!closed) {
            NativeErrors.check(
                    library.dcn_disk_queue_close(handle),
                    "dcn_disk_queue_close disk=" + facts.uri() + " inFlight=" + submitted);
            closed = true;
        }
    }
}
