package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.counters.Recording;

/**
 * Counts the commands of another queue. The token given below is the number of an entry that remembers the caller's
 * token and what the command was.
 */
final class CountedQueue implements DiskQueue, DiskCompletionHandler {
    private static final byte READ = 0;
    private static final byte WRITE = 1;
    private static final byte FLUSH = 2;

    private final DiskQueue queue;
    private final DiskCounters counters;
    private final long[] tokens;
    private final byte[] kinds;
    private final long[] queuedNs;
    private final int[] free;
    private int freeCount;
    private DiskCompletionHandler handler;
    /** The clock is read once a batch: when its first command is queued, and when its first completion is taken. */
    private long batchNs;

    private boolean batchBegun;
    private long reapNs;
    /** What of {@link DiskCounters#inFlight} is this queue's: a thread's queues of a disk share it. */
    private int shownInFlight;

    CountedQueue(DiskQueue queue, DiskCounters counters) {
        this.queue = queue;
        this.counters = counters;
        this.tokens = new long[queue.depth()];
        this.kinds = new byte[queue.depth()];
        this.queuedNs = new long[queue.depth()];
        this.free = new int[queue.depth()];
        for (int i = 0; i < free.length; i++) {
            free[freeCount++] = i;
        }
    }

    @Override
    public int depth() {
        return queue.depth();
    }

    @Override
    public int inFlight() {
        return queue.inFlight();
    }

    @Override
    public boolean read(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        return freeCount > 0
                && remember(READ, token, queue.read(deviceOffsetBytes, address, lengthBytes, free[freeCount - 1]));
    }

    @Override
    public boolean write(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        return freeCount > 0
                && remember(WRITE, token, queue.write(deviceOffsetBytes, address, lengthBytes, free[freeCount - 1]));
    }

    @Override
    public boolean writeThrough(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        return freeCount > 0
                && remember(
                        WRITE, token, queue.writeThrough(deviceOffsetBytes, address, lengthBytes, free[freeCount - 1]));
    }

    @Override
    public boolean flush(long token) {
        return freeCount > 0 && remember(FLUSH, token, queue.flush(free[freeCount - 1]));
    }

    @Override
    public long resident(long deviceOffsetBytes, int lengthBytes) {
        long address = queue.resident(deviceOffsetBytes, lengthBytes);
        if (address != 0) {
            counters.cachedBytes.add(lengthBytes);
        }
        return address;
    }

    private boolean remember(byte kind, long token, boolean queued) {
        if (queued) {
            int entry = free[--freeCount];
            tokens[entry] = token;
            kinds[entry] = kind;
            if (Recording.ON && !batchBegun) {
                batchBegun = true;
                batchNs = System.nanoTime();
            }
            queuedNs[entry] = batchNs;
        }
        return queued;
    }

    @Override
    public int submit() {
        batchBegun = false;
        int taken = queue.submit();
        if (taken > 0) {
            showInFlight();
        }
        return taken;
    }

    @Override
    public int reap(DiskCompletionHandler target, int limit) {
        handler = target;
        reapNs = 0;
        int count = queue.reap(this, limit);
        if (count > 0) {
            showInFlight();
        }
        return count;
    }

    private void showInFlight() {
        counters.inFlight.add(queue.inFlight() - shownInFlight);
        shownInFlight = queue.inFlight();
    }

    @Override
    public void onCompletion(long entryNumber, int result) {
        int entry = (int) entryNumber;
        long token = tokens[entry];
        free[freeCount++] = entry;
        if (result < 0) {
            counters.errors.increment();
        } else if (kinds[entry] == READ) {
            counters.reads.increment();
            counters.readBytes.add(result);
            counters.readTime.record(sinceNs(queuedNs[entry]));
        } else if (kinds[entry] == WRITE) {
            counters.writes.increment();
            counters.writtenBytes.add(result);
        }
        handler.onCompletion(token, result);
    }

    private long sinceNs(long startNs) {
        if (Recording.ON && reapNs == 0) {
            reapNs = System.nanoTime();
        }
        return reapNs - startNs;
    }

    @Override
    public int waitDescriptor() {
        return queue.waitDescriptor();
    }

    @Override
    public void close() {
        queue.close();
        counters.inFlight.add(-shownInFlight);
        shownInFlight = 0;
        counters.depth.add(-depth());
    }
}
