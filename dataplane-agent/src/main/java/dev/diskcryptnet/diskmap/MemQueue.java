package dev.diskcryptnet.diskmap;

/** A queue of {@link MemDisk}: commands run when they are reaped, in the order in which they were submitted. */
final class MemQueue implements DiskQueue {
    private enum Kind {
        READ,
        WRITE,
        FLUSH
    }

    private final MemDisk disk;
    private final CommandCheck check;
    private final int depth;
    private final int mask;
    private final Kind[] kinds;
    private final long[] offsets;
    private final long[] addresses;
    private final int[] lengths;
    private final long[] tokens;
    // Positions that only rise; taken modulo the arrays' size. reaped <= submitted <= queued.
    private int reaped;
    private int submitted;
    private int queued;

    MemQueue(MemDisk disk, CommandCheck check, int depth) {
        if (depth < 1 || depth > 4096) {
            throw new IllegalArgumentException("depth=" + depth + " is not in 1..4096");
        }
        this.disk = disk;
        this.check = check;
        this.depth = depth;
        int size = Integer.highestOneBit(depth * 2 - 1);
        this.mask = size - 1;
        this.kinds = new Kind[size];
        this.offsets = new long[size];
        this.addresses = new long[size];
        this.lengths = new int[size];
        this.tokens = new long[size];
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public int inFlight() {
        return queued - reaped;
    }

    @Override
    public boolean read(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        check.region(false, deviceOffsetBytes, address, lengthBytes);
        return queue(Kind.READ, deviceOffsetBytes, address, lengthBytes, token);
    }

    @Override
    public boolean write(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        check.region(true, deviceOffsetBytes, address, lengthBytes);
        return queue(Kind.WRITE, deviceOffsetBytes, address, lengthBytes, token);
    }

    /** What is in memory is as durable as this disk gets. */
    @Override
    public boolean writeThrough(long deviceOffsetBytes, long address, int lengthBytes, long token) {
        return write(deviceOffsetBytes, address, lengthBytes, token);
    }

    @Override
    public boolean flush(long token) {
        return queue(Kind.FLUSH, 0, 0, 0, token);
    }

    private boolean queue(Kind kind, long deviceOffsetBytes, long address, int lengthBytes, long token) {
        if (queued - reaped == depth) {
            return false;
        }
        int at = queued++ & mask;
        kinds[at] = kind;
        offsets[at] = deviceOffsetBytes;
        addresses[at] = address;
        lengths[at] = lengthBytes;
        tokens[at] = token;
        return true;
    }

    @Override
    public long resident(long deviceOffsetBytes, int lengthBytes) {
        check.range(deviceOffsetBytes, lengthBytes);
        return disk.resident(deviceOffsetBytes, lengthBytes);
    }

    @Override
    public int submit() {
        int taken = queued - submitted;
        submitted = queued;
        return taken;
    }

    @Override
    public int reap(DiskCompletionHandler handler, int limit) {
        int count = Math.min(submitted - reaped, limit);
        for (int i = 0; i < count; i++) {
            int at = reaped & mask;
            long token = tokens[at];
            int lengthBytes = lengths[at];
            run(at);
            reaped++;
            handler.onCompletion(token, lengthBytes);
        }
        return Math.max(count, 0);
    }

    private void run(int at) {
        switch (kinds[at]) {
            case READ -> disk.load(offsets[at], addresses[at], lengths[at]);
            case WRITE -> disk.store(offsets[at], addresses[at], lengths[at]);
            case FLUSH -> {}
        }
    }

    @Override
    public int waitDescriptor() {
        return -1;
    }

    @Override
    public void close() {
        submit();
        reap((token, result) -> {}, depth);
    }
}
