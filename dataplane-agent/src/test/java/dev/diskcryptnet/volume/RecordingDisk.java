package dev.diskcryptnet.volume;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskCompletionHandler;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.diskmap.DiskQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A disk in memory that remembers every write and flush, so that a test can make the disk that a crash would have
 * left, and that fails on demand.
 */
final class RecordingDisk implements Disk {
    static final int MAX_TRANSFER_BYTES = 128 * 1024;
    private static final int EIO = 5;
    private static final int SECTOR_BYTES = 512;

    /** One command that changed something, and when; a flush has no bytes. */
    record Change(int time, long offset, byte[] bytes, boolean through) {
        boolean isFlush() {
            return bytes == null;
        }
    }

    private final byte[] content;
    private final List<Change> changes = new ArrayList<>();
    private final String name;
    private final AtomicInteger clock;
    private byte[] base;
    private boolean recording;
    private volatile long failWritesFrom = -1;
    private volatile long failWritesTo = -1;
    private volatile boolean failWritesThrough;
    private volatile int goodFlushes = Integer.MAX_VALUE;

    RecordingDisk(String name, int capacityBytes) {
        this(name, new byte[capacityBytes], new AtomicInteger());
    }

    /** @param clock ticks at each change; disks that share one crash together */
    RecordingDisk(String name, byte[] content, AtomicInteger clock) {
        this.name = name;
        this.content = content;
        this.clock = clock;
    }

    /** From now on changes are remembered; with a shared clock, all its disks begin before the first change. */
    synchronized void record() {
        base = content.clone();
        changes.clear();
        recording = true;
        clock.set(0);
    }

    /** The change at {@code time}, or null when another disk made it. */
    synchronized Change changeAt(int time) {
        return changes.stream().filter(c -> c.time == time).findFirst().orElse(null);
    }

    /** The disk with all changes before {@code time} on the medium. */
    synchronized byte[] after(int time) {
        byte[] image = base.clone();
        for (Change change : changes) {
            if (change.time < time) {
                apply(image, change, change.isFlush() ? 0 : change.bytes.length);
            }
        }
        return image;
    }

    /** As {@link #after}, and of the write at {@code time}, if it is this disk's, only the first {@code sectors}. */
    synchronized byte[] torn(int time, int sectors) {
        byte[] image = after(time);
        Change change = changeAt(time);
        if (change != null && !change.isFlush()) {
            apply(image, change, Math.min(sectors * SECTOR_BYTES, change.bytes.length));
        }
        return image;
    }

    /** As {@link #after}, but each sector written since the last flush got there or not as {@code random} has it. */
    synchronized byte[] withLostWrites(int time, Random random) {
        int flushed = 0;
        for (Change change : changes) {
            flushed = change.isFlush() && change.time < time ? change.time : flushed;
        }
        byte[] image = after(flushed);
        for (Change change : changes) {
            boolean open = change.time >= flushed && change.time < time && !change.isFlush();
            boolean whole = change.through || random.nextBoolean();
            for (int at = 0; open && at < change.bytes.length; at += SECTOR_BYTES) {
                if (whole || random.nextInt(4) == 0) {
                    System.arraycopy(change.bytes, at, image, (int) change.offset + at, SECTOR_BYTES);
                }
            }
        }
        return image;
    }

    private static void apply(byte[] image, Change change, int length) {
        if (!change.isFlush()) {
            System.arraycopy(change.bytes, 0, image, (int) change.offset, length);
        }
    }

    void flipBit(long offset, int bit) {
        content[(int) offset] ^= (byte) (1 << bit);
    }

    byte[] content() {
        return content;
    }

    /** Writes that touch this range of the device answer EIO. */
    void failWrites(long from, long to) {
        failWritesFrom = from;
        failWritesTo = to;
    }

    /** Writes that are to be durable answer EIO from now on, or no longer; their bytes get to the medium all the same. */
    void failWritesThrough(boolean fail) {
        failWritesThrough = fail;
    }

    /** After {@code count} more flushes, each answers EIO. */
    void failFlushesAfter(int count) {
        goodFlushes = count;
    }

    private synchronized int write(long offset, long address, int length, boolean through) {
        if (offset < failWritesTo && offset + length > failWritesFrom) {
            return -EIO;
        }
        UnsafeBuffer source = new UnsafeBuffer(address, length);
        source.getBytes(0, content, (int) offset, length);
        if (recording) {
            changes.add(new Change(
                    clock.getAndIncrement(),
                    offset,
                    Arrays.copyOfRange(content, (int) offset, (int) offset + length),
                    through));
        }
        return through && failWritesThrough ? -EIO : length;
    }

    private synchronized int read(long offset, long address, int length) {
        new UnsafeBuffer(address, length).putBytes(0, content, (int) offset, length);
        return length;
    }

    private synchronized int flush() {
        if (goodFlushes == 0) {
            return -EIO;
        }
        goodFlushes--;
        if (recording) {
            changes.add(new Change(clock.getAndIncrement(), 0, null, false));
        }
        return 0;
    }

    @Override
    public DiskFacts facts() {
        return TestDisks.facts(name, content.length, MAX_TRANSFER_BYTES);
    }

    @Override
    public DiskQueue openQueue(int depth, OffHeapRegion... regions) {
        return new RecordingQueue(depth, regions);
    }

    @Override
    public void close() {}

    private final class RecordingQueue implements DiskQueue {
        private record Command(int kind, long offset, long address, int length, long token) {}

        private record Completion(long token, int result) {}

        private static final int READ = 0;
        private static final int WRITE = 1;
        private static final int FLUSH = 2;
        private static final int WRITE_THROUGH = 3;

        private final int depth;
        private final OffHeapRegion[] regions;
        private final Queue<Command> queued = new ArrayDeque<>();
        private final Queue<Completion> completed = new ArrayDeque<>();

        RecordingQueue(int depth, OffHeapRegion[] regions) {
            this.depth = depth;
            this.regions = regions;
        }

        @Override
        public int depth() {
            return depth;
        }

        @Override
        public int inFlight() {
            return queued.size() + completed.size();
        }

        @Override
        public boolean read(long offset, long address, int length, long token) {
            return add(new Command(READ, offset, address, length, token));
        }

        @Override
        public boolean write(long offset, long address, int length, long token) {
            return add(new Command(WRITE, offset, address, length, token));
        }

        @Override
        public boolean writeThrough(long offset, long address, int length, long token) {
            return add(new Command(WRITE_THROUGH, offset, address, length, token));
        }

        @Override
        public boolean flush(long token) {
            return inFlight() < depth && queued.add(new Command(FLUSH, 0, 0, 0, token));
        }

        private boolean add(Command command) {
            boolean inside = Arrays.stream(regions).anyMatch(r -> r.contains(command.address, command.length));
            boolean aligned = command.offset % 4096 == 0 && command.length % 4096 == 0 && command.address % 4096 == 0;
            boolean onDisk = command.offset >= 0 && command.offset + command.length <= content.length;
            if (!inside || !aligned || !onDisk || command.length <= 0 || command.length > MAX_TRANSFER_BYTES) {
                throw new IllegalArgumentException(command.toString());
            }
            return inFlight() < depth && queued.add(command);
        }

        @Override
        public int submit() {
            int count = queued.size();
            for (Command command = queued.poll(); command != null; command = queued.poll()) {
                int result =
                        switch (command.kind) {
                            case READ -> RecordingDisk.this.read(command.offset, command.address, command.length);
                            case WRITE, WRITE_THROUGH ->
                                RecordingDisk.this.write(
                                        command.offset, command.address, command.length, command.kind == WRITE_THROUGH);
                            default -> RecordingDisk.this.flush();
                        };
                completed.add(new Completion(command.token, result));
            }
            return count;
        }

        @Override
        public int reap(DiskCompletionHandler handler, int limit) {
            int count = 0;
            while (count < limit && !completed.isEmpty()) {
                Completion completion = completed.poll();
                handler.onCompletion(completion.token, completion.result);
                count++;
            }
            return count;
        }

        @Override
        public int waitDescriptor() {
            return -1;
        }

        @Override
        public void close() {
            submit();
            reap((token, result) -> {}, Integer.MAX_VALUE);
        }
    }
}
