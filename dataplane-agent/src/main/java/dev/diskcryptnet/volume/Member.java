package dev.diskcryptnet.volume;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.volume.VolumeException.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One disk of a volume, complete in itself: superblocks, catalogue, free space. Methods that change the catalogue are
 * called under the volume's catalogue lock; space and data channels are for any thread.
 */
final class Member implements AutoCloseable {
    private static final int CATALOGUE_BUFFERS = 2;
    private static final int IDLE_CHANNELS = 4;
    private static final long RESERVE_STEP_BYTES = CheckpointDescriptor.GROUP_BYTES;

    private final Disk disk;
    private final int index;
    private final DeviceIo io;
    private final Superblocks superblocks;
    private final Journal journal;
    private final ExtentAllocator space = new ExtentAllocator();
    private final Queue<VolumeObject> retired = new ConcurrentLinkedQueue<>();
    private final Deque<DataChannel> idleChannels = new ArrayDeque<>();
    private final List<long[]> quarantine = new ArrayList<>();
    private long[] reserve = new long[0];
    private long recordBytes;
    private int objects;
    private final AtomicInteger failedFlushes = new AtomicInteger();
    private volatile String readOnlyReason;

    Member(Disk disk, int index) {
        this.disk = disk;
        this.index = index;
        this.io = new DeviceIo(disk, CATALOGUE_BUFFERS);
        try {
            this.superblocks = Superblocks.read(io);
            MemberCheck.usable(disk, superblocks);
            this.journal = new Journal(superblocks.current());
        } catch (RuntimeException e) {
            io.close();
            throw e;
        }
    }

    int index() {
        return index;
    }

    Disk disk() {
        return disk;
    }

    Superblock superblock() {
        return superblocks.current();
    }

    String superblockWarning() {
        return superblocks.warning(disk.facts());
    }

    // ---- opening

    /** Reads the whole catalogue. Damages make the member read-only: what they hid may own space. */
    void load(RecordSink sink, Consumer<Damage> damages, Consumer<String> notes) {
        Consumer<Damage> counted = damage -> {
            damages.accept(damage.on(index));
            readOnlyReason = "its catalogue is damaged: " + damage.on(index);
        };
        new CheckpointReader(io, superblock(), sink, counted).read();
        journal.open(io, superblock().journalEntries(), sink, counted, notes);
    }

    /**
     * Gives the allocator all that neither a structure nor an object holds.
     *
     * @param taken sorted by offset
     * @return what is wrong with the extents, which makes the member read-only, or null
     */
    String loadSpace(long[] taken) {
        long at = superblock().journalOffset() + superblock().journalLengthBytes();
        long capacity = superblock().capacityBytes();
        for (int i = 0; i < taken.length; i += 2) {
            if (taken[i] < at || taken[i] + taken[i + 1] > capacity) {
                readOnlyReason = "the extent at deviceOffset=" + taken[i] + " length=" + taken[i + 1]
                        + " overlaps another or lies outside";
                return readOnlyReason;
            }
            space.free(at, taken[i] - at);
            at = taken[i] + taken[i + 1];
        }
        space.free(at, capacity - at);
        return null;
    }

    /** Makes a member that was loaded ready for writing. */
    void prepareForWriting(long lastSequence) {
        if (readOnlyReason != null) {
            return;
        }
        if (superblocks.otherDiffers() || superblock().journalEntries() != journal.entries()) {
            superblocks.write(io, superblock().again(journal.entries(), lastSequence));
        }
        if (!tryReserve(recordBytes + 1)) {
            readOnlyReason = "there is no room to fold its journal; freeBytes=" + space.freeBytes();
        }
    }

    // ---- space

    long freeBytes() {
        reclaim();
        return space.freeBytes();
    }

    /** Takes space for data; null when there is not enough. */
    long[] allocate(long bytes, long hint) {
        reclaim();
        return space.allocate(bytes, hint, Integer.MAX_VALUE);
    }

    void free(long[] extents) {
        space.free(extents);
    }

    /** Space whose record may have reached the disk although publishing it failed: free after the next publish. */
    void freeAfterNextPublish(long[] extents) {
        quarantine.add(extents);
    }

    /** The last lease of a removed object has gone. Any thread; takes no lock. */
    void retire(VolumeObject object) {
        retired.add(object);
    }

    private void reclaim() {
        for (VolumeObject object = retired.poll(); object != null; object = retired.poll()) {
            space.free(object.extents());
        }
    }

    /**
     * Holds enough space for a checkpoint of {@code streamBytes}, so that a fold, and with it a removal, is possible
     * on a full disk. The space held has no content and may move.
     */
    boolean tryReserve(long streamBytes) {
        long needed = CheckpointDescriptor.diskBytes(streamBytes);
        synchronized (space) {
            long held = Extents.bytes(reserve);
            if (held >= needed) {
                return true;
            }
            reclaim();
            space.free(reserve);
            long wanted = SuperblockDescriptor.roundUp(needed + Math.max(RESERVE_STEP_BYTES, needed / 8));
            int most = SuperblockDescriptor.MAX_CHECKPOINT_EXTENTS;
            long[] taken = space.allocate(wanted, -1, most);
            if (taken == null) {
                taken = space.allocate(needed, -1, most);
            }
            reserve = taken != null ? taken : space.allocate(held, -1, most);
            return taken != null;
        }
    }

    // ---- data

    DataChannel borrowChannel() {
        synchronized (idleChannels) {
            DataChannel idle = idleChannels.poll();
            if (idle != null) {
                return idle;
            }
        }
        return new DataChannel(disk);
    }

    void returnChannel(DataChannel channel) {
        channel.discard();
        synchronized (idleChannels) {
            if (idleChannels.size() < IDLE_CHANNELS) {
                idleChannels.push(channel);
                return;
            }
        }
        channel.close();
    }

    /** Grows what {@link #tryReserve} holds for records to come. */
    void requireReserve(long moreBytes) {
        if (!tryReserve(recordBytes + moreBytes)) {
            long needed = CheckpointDescriptor.diskBytes(recordBytes + moreBytes);
            throw new VolumeException(
                    Reason.NO_SPACE,
                    "no space for the catalogue on disk=" + disk.facts().uri() + " needBytes=" + needed + " freeBytes="
                            + space.freeBytes() + "; remove objects or add a disk");
        }
    }

    /** Counts failed flushes: data written before one cannot be trusted to be durable after a later good one. */
    int failedFlushes() {
        // A device that came back has lost what it had not been told to keep.
        return failedFlushes.get() + disk.generation();
    }

    void flushFailed() {
        failedFlushes.incrementAndGet();
    }

    // ---- catalogue

    boolean readOnly() {
        return readOnlyReason != null;
    }

    String readOnlyReason() {
        return readOnlyReason;
    }

    void requireWritable() {
        if (readOnlyReason != null) {
            throw new VolumeException(
                    Reason.READ_ONLY,
                    "disk=" + disk.facts().uri() + " takes no writes: " + readOnlyReason
                            + "; copy its objects elsewhere and format it again");
        }
    }

    int objects() {
        return objects;
    }

    long journalUsedBytes() {
        return journal.usedBytes();
    }

    void counted(int records, long bytes) {
        objects += records;
        recordBytes += bytes;
    }

    /**
     * Publishes records in one atomic, durable step: a journal entry, or a fold when there is no room for one.
     *
     * @param live says for a put record of the old catalogue, by path and sequence, whether it still counts
     */
    void publish(List<byte[]> records, long lastSequence, Predicate<CatalogueRecord> live) {
        requireWritable();
        long bytes = 0;
        for (byte[] record : records) {
            bytes += record.length;
        }
        if (journal.fits(bytes)) {
            try {
                journal.append(io, records);
            } catch (VolumeException e) {
                flushFailed();
                throw e;
            }
        } else {
            fold(records, lastSequence, live);
        }
        quarantine.forEach(space::free);
        quarantine.clear();
    }

    /** Writes a new checkpoint with {@code records} applied, flips the superblocks, empties the journal. */
    private void fold(List<byte[]> records, long lastSequence, Predicate<CatalogueRecord> live) {
        CatalogueRecord view = new CatalogueRecord();
        Set<String> changed = new HashSet<>();
        long streamBytes = recordBytes;
        for (byte[] record : records) {
            view.wrap(new UnsafeBuffer(record), 0, record.length);
            changed.add(view.path());
            streamBytes += view.isPut() ? record.length : 0;
        }
        requireReserve(streamBytes - recordBytes);
        Superblock old = superblock();
        long[] target = reserve;
        CheckpointWriter writer = new CheckpointWriter(io, target, old.generation() + 1, old.memberUuid());
        replay(record -> {
            if (record.isPut() && live.test(record) && !changed.contains(record.path())) {
                writer.append(record.buffer(), 0, record.lengthBytes());
            }
        });
        for (byte[] record : records) {
            view.wrap(new UnsafeBuffer(record), 0, record.length);
            if (view.isPut()) {
                writer.append(view.buffer(), 0, record.length);
            }
        }
        writer.finish();
        io.flush();
        long used = CheckpointDescriptor.diskBytes(writer.payloadBytes());
        flip(old.afterFold(writer.payloadBytes(), writer.records(), Extents.head(target, used), lastSequence));
        journal.reset(superblock().journalEpoch());
        space.free(old.checkpointExtents());
        reserve = Extents.tail(target, used);
        tryReserve(writer.payloadBytes());
    }

    private void replay(RecordSink sink) {
        readCatalogue(sink, damage -> {
            readOnlyReason = "its catalogue is damaged: " + damage.on(index);
            throw new VolumeException(
                    Reason.DAMAGED,
                    damage.on(index) + " (" + disk.facts().uri()
                            + "): the catalogue cannot be rewritten; the disk takes no more writes until it is"
                            + " formatted again");
        });
    }

    private void flip(Superblock next) {
        try {
            superblocks.flip(io, next);
        } catch (VolumeException e) {
            readOnlyReason = "writing its superblock failed, so which state the disk holds is not known until the"
                    + " volume is opened again (" + e.getMessage() + ")";
            throw e;
        }
    }

    /** Reads checkpoint and journal again, in the order of publishing. */
    void readCatalogue(RecordSink sink, Consumer<Damage> damages) {
        new CheckpointReader(io, superblock(), sink, damages).read();
        journal.replay(io, sink, damages);
    }

    /** @throws VolumeException MEMBERS when the disk is not this member as it was left */
    void checkReturned(Disk found) {
        try (DeviceIo returned = new DeviceIo(found, 1)) {
            Superblock now = Superblocks.read(returned).current();
            Superblock known = superblock();
            if (now == null
                    || !now.volumeUuid().equals(known.volumeUuid())
                    || !now.memberUuid().equals(known.memberUuid())) {
                throw new VolumeException(
                        Reason.MEMBERS,
                        "disk=" + found.facts().uri() + " is not member " + (known.memberIndex() + 1) + " of volume="
                                + known.volumeUuid() + ", which went; plug that one in, or start the agent again");
            }
            if (now.generation() != known.generation() && readOnlyReason == null) {
                throw new VolumeException(
                        Reason.MEMBERS,
                        "disk=" + found.facts().uri() + " was written while it was away: its superblock has generation="
                                + now.generation() + " and had generation=" + known.generation()
                                + "; start the agent again to serve what it holds now");
            }
        }
    }

    void verifySuperblocks(Consumer<Damage> damages) {
        superblocks.verify(io, damages);
    }

    /** Notes in the superblock how long the journal is, so that damage to its last entry can be told from its end. */
    void seal(long lastSequence) {
        if (readOnlyReason == null && superblock().journalEntries() != journal.entries()) {
            superblocks.write(io, superblock().again(journal.entries(), lastSequence));
        }
    }

    @Override
    public void close() {
        synchronized (idleChannels) {
            idleChannels.forEach(DataChannel::close);
            idleChannels.clear();
        }
        io.close();
    }
}
