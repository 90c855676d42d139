package dev.diskcryptnet.diskmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A disk in memory that fails, delays and reorders commands as it is told, loses power, and keeps exactly as little as
 * a device with a volatile write cache may.
 *
 * <pre>
 *   write --> cache (what reads see) --> flush --> platter (what a power failure leaves)
 * </pre>
 *
 * <p>A flush makes durable what had completed before the flush was queued, and nothing else. Settings are for before a
 * queue is used; one thread uses the disk.
 */
public final class FaultDisk implements Disk {
    /** The power went: every call on the disk's queues throws this from then on. */
    public static final class PowerFailure extends RuntimeException {
        private static final long serialVersionUID = 1;

        PowerFailure(long writes) {
            super("power failed after writes=" + writes);
        }
    }

    /** A write that is in the cache, or on its way there. */
    private record Write(long offsetBytes, OffHeapRegion data, boolean through) {}

    private final MemDisk cache;
    private final MemDisk platter;
    private final List<Write> unflushed = new ArrayList<>();
    private final List<Write> unfinished = new ArrayList<>();
    private final Map<Long, Integer> failures = new HashMap<>();
    private Random order;
    private OffHeapRegion image;
    private Random resident;
    private int delayReaps;
    private long powerFailsAtWrite = Long.MAX_VALUE;
    private long commands;
    private long writes;
    private long flushed;
    private boolean powerFailed;
    private long badOffset;
    private long badEnd;
    private int badErrno;
    private int goneErrno;

    /** @param uri of a memory disk, for example {@code mem:64M} */
    public FaultDisk(String uri) {
        this.cache = MemDisk.open(uri, OpenMode.READ_WRITE);
        this.platter = MemDisk.open(uri, OpenMode.READ_WRITE);
    }

    /** Fails the command with this number, from 0 in the order of queueing: nothing moves, its result is -errno. */
    public FaultDisk failCommand(long number, int errno) {
        failures.put(number, errno);
        return this;
    }

    /** From now on reads that touch these bytes fail: nothing moves, their result is -errno. */
    public FaultDisk failReads(long offsetBytes, long lengthBytes, int errno) {
        badOffset = offsetBytes;
        badEnd = offsetBytes + lengthBytes;
        badErrno = errno;
        return this;
    }

    /** From now on every command fails with this, as of a device that was taken out. */
    public FaultDisk vanish(int errno) {
        goneErrno = errno;
        return this;
    }

    /** Ends what {@link #failReads} and {@link #vanish} began. */
    public void heal() {
        badErrno = 0;
        goneErrno = 0;
    }

    /** Completes a command only at the {@code reaps}-th reap after its submission, the first being number 0. */
    public FaultDisk delayCompletions(int reaps) {
        delayReaps = reaps;
        return this;
    }

    /** Completes in an order drawn from {@code seed}. */
    public FaultDisk reorderCompletions(long seed) {
        order = new Random(seed);
        return this;
    }

    /** Has some ranges in memory, now these and now those, as drawn from {@code seed}. For a disk that is only read. */
    public FaultDisk cacheSome(long seed) {
        resident = new Random(seed);
        image = OffHeapRegion.allocate(Math.toIntExact(facts().capacityBytes()));
        cache.load(0, image.address(), image.lengthBytes());
        return this;
    }

    /** Lets the power fail in place of the write with this number, counted from 0 in the order of completion. */
    public FaultDisk failPowerAtWrite(long number) {
        powerFailsAtWrite = number;
        return this;
    }

    /** Writes completed so far. */
    public long writes() {
        return writes;
    }

    /** Commands queued so far. */
    public long commands() {
        return commands;
    }

    /** Ends the power now. */
    public void failPower() {
        powerFailed = true;
    }

    /** What a power failure leaves at the least: all that was flushed, nothing else. The fault disk is done with. */
    public Disk afterPowerFailure() {
        powerFailed = true;
        return platter;
    }

    /**
     * What a power failure may leave: all that was flushed; of every other write nothing, all, or some of its blocks. The
     * fault disk is done with.
     */
    public Disk afterPowerFailure(Random random) {
        powerFailed = true;
        List<Write> uncertain = new ArrayList<>(unflushed);
        uncertain.addAll(unfinished);
        for (Write write : uncertain) {
            int fate = write.through() && unflushed.contains(write) ? 1 : random.nextInt(3);
            int block = platter.facts().blockSizeBytes();
            for (int at = 0; at < write.data().lengthBytes(); at += block) {
                if (fate == 1 || (fate == 2 && random.nextBoolean())) {
                    platter.store(write.offsetBytes() + at, write.data().address() + at, block);
                }
            }
        }
        return platter;
    }

    @Override
    public DiskFacts facts() {
        return cache.facts();
    }

    @Override
    public DiskQueue openQueue(int depth, OffHeapRegion... regions) {
        return new Queue(depth, new CommandCheck(facts(), true, regions));
    }

    @Override
    public void close() {
        cache.close();
    }

    private void checkPower() {
        if (powerFailed) {
            throw new PowerFailure(writes);
        }
    }

    private enum Kind {
        READ,
        WRITE,
        WRITE_THROUGH,
        FLUSH
    }

    /** A command of a queue; a flush covers the first {@code flushes} writes of the disk. */
    private record Command(
            Kind kind,
            long number,
            long offsetBytes,
            long address,
            int lengthBytes,
            long token,
            long flushes,
            Write write) {}

    private record Submitted(Command command, long dueReap) {}

    private final class Queue implements DiskQueue {
        private final int depth;
        private final CommandCheck check;
        private final List<Command> queued = new ArrayList<>();
        private final List<Submitted> submitted = new ArrayList<>();
        private long reaps;

        Queue(int depth, CommandCheck check) {
            this.depth = depth;
            this.check = check;
        }

        @Override
        public int depth() {
            return depth;
        }

        @Override
        public int inFlight() {
            return queued.size() + submitted.size();
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

        @Override
        public boolean writeThrough(long deviceOffsetBytes, long address, int lengthBytes, long token) {
            check.region(true, deviceOffsetBytes, address, lengthBytes);
            return queue(Kind.WRITE_THROUGH, deviceOffsetBytes, address, lengthBytes, token);
        }

        @Override
        public long resident(long deviceOffsetBytes, int lengthBytes) {
            check.range(deviceOffsetBytes, lengthBytes);
            return image == null || resident.nextBoolean() ? 0 : image.address() + deviceOffsetBytes;
        }

        @Override
        public boolean flush(long token) {
            return queue(Kind.FLUSH, 0, 0, 0, token);
        }

        private boolean queue(Kind kind, long offset, long address, int length, long token) {
            checkPower();
            if (inFlight() == depth) {
                return false;
            }
            Write write = null;
            if (kind == Kind.WRITE || kind == Kind.WRITE_THROUGH) {
                OffHeapRegion data = OffHeapRegion.allocate(length);
                data.buffer().putBytes(0, OffHeapRegion.wrap(address, length).buffer(), 0, length);
                write = new Write(offset, data, kind == Kind.WRITE_THROUGH);
            }
            queued.add(new Command(kind, commands++, offset, address, length, token, writes, write));
            return true;
        }

        @Override
        public int submit() {
            checkPower();
            int count = queued.size();
            for (Command command : queued) {
                submitted.add(new Submitted(command, reaps + delayReaps));
                if (command.write() != null) {
                    unfinished.add(command.write());
                }
            }
            queued.clear();
            return count;
        }

        @Override
        public int reap(DiskCompletionHandler handler, int limit) {
            checkPower();
            long now = reaps++;
            List<Submitted> due = new ArrayList<>(
                    submitted.stream().filter(one -> one.dueReap() <= now).toList());
            if (order != null) {
                java.util.Collections.shuffle(due, order);
            }
            int count = Math.min(limit, due.size());
            for (Submitted one : due.subList(0, count)) {
                submitted.remove(one);
                Command command = one.command();
                int errno = errnoOf(command);
                int result = errno == 0 ? run(command) : -errno;
                unfinished.remove(command.write());
                handler.onCompletion(command.token(), result);
            }
            return count;
        }

        private int errnoOf(Command command) {
            if (goneErrno != 0) {
                return goneErrno;
            }
            boolean bad = command.kind() == Kind.READ
                    && command.offsetBytes() < badEnd
                    && command.offsetBytes() + command.lengthBytes() > badOffset;
            return bad && badErrno != 0 ? badErrno : failures.getOrDefault(command.number(), 0);
        }

        private int run(Command command) {
            switch (command.kind()) {
                case READ -> cache.load(command.offsetBytes(), command.address(), command.lengthBytes());
                case WRITE, WRITE_THROUGH -> {
                    if (writes == powerFailsAtWrite) {
                        powerFailed = true;
                    }
                    checkPower();
                    writes++;
                    cache.store(command.offsetBytes(), command.write().data().address(), command.lengthBytes());
                    unflushed.add(command.write());
                    if (command.write().through()) {
                        // It stays in the list too: a flush stores all of that again, in order.
                        platter.store(
                                command.offsetBytes(), command.write().data().address(), command.lengthBytes());
                    }
                }
                case FLUSH -> flushTo(command.flushes());
            }
            return command.lengthBytes();
        }

        @Override
        public int waitDescriptor() {
            return -1;
        }

        @Override
        public void close() {
            while (!powerFailed && inFlight() > 0) {
                submit();
                reap((token, result) -> {}, depth);
            }
        }
    }

    /** Makes the first {@code completed} writes of the disk's life durable, as far as they are not yet. */
    private void flushTo(long completed) {
        while (flushed < completed) {
            Write write = unflushed.removeFirst();
            platter.store(
                    write.offsetBytes(), write.data().address(), write.data().lengthBytes());
            flushed++;
        }
    }
}
