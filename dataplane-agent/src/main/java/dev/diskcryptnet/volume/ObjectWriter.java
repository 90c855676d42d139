package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.RecordDescriptor.PIECE_BYTES;
import static dev.diskcryptnet.volume.SuperblockDescriptor.roundUp;

import dev.diskcryptnet.volume.VolumeException.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * Streams one object onto a disk. Nothing of it is visible before {@link #commit}; closing without a commit gives its
 * space back. Memory is bounded: 4 MiB, and 4 bytes for each MiB written. One thread at a time; several writers of one
 * volume stream side by side.
 */
public final class ObjectWriter implements AutoCloseable {
    private static final long FIRST_CHUNK_BYTES = 1 << 20;
    private static final long MAX_CHUNK_BYTES = 256L << 20;

    /** What becomes of a finished object, and of the channel it went through. */
    interface Owner {
        /** Makes the object durable and visible, or takes it into a batch. */
        StoredObject finished(PendingPut put, ObjectWriter writer);

        /** The writer needs its channel no more. */
        void done(ObjectWriter writer);
    }

    private enum Phase {
        OPEN,
        COMMITTED,
        ABORTED
    }

    private final Owner owner;
    private final Member member;
    private final DataChannel channel;
    private final String path;
    private final String contentType;
    private final long lastModifiedMs;
    private final int failedFlushesBefore;
    private final CRC32 wholeCrc = new CRC32();
    private final CRC32C pieceCrc = new CRC32C();
    private int[] pieceCrcs = new int[1];
    private int pieces;
    private long[] extents = new long[0];
    private long allocatedBytes;
    private int extent;
    private long inExtent;
    private long position;
    private Phase phase = Phase.OPEN;

    ObjectWriter(Owner owner, Member member, DataChannel channel, ObjectSpec spec) {
        this.owner = owner;
        this.member = member;
        this.channel = channel;
        this.path = spec.path();
        this.contentType = spec.contentType();
        this.lastModifiedMs = spec.lastModifiedMs();
        this.failedFlushesBefore = member.failedFlushes();
        if (spec.expectedBytes() > 0) {
            allocate(roundUp(spec.expectedBytes()), roundUp(spec.expectedBytes()));
        }
    }

    /** Bytes written so far. */
    public long position() {
        return position;
    }

    /**
     * Takes the remaining bytes of {@code source}.
     *
     * @throws VolumeException NO_SPACE or DEVICE; the object is aborted then
     */
    public void write(ByteBuffer source) {
        require();
        try {
            while (source.hasRemaining()) {
                if (position == allocatedBytes) {
                    grow();
                }
                writePart(source);
            }
        } catch (RuntimeException e) {
            abort();
            throw e;
        }
    }

    private void writePart(ByteBuffer source) {
        long inPiece = PIECE_BYTES - position % PIECE_BYTES;
        long room = extents[2 * extent + 1] - inExtent;
        int length = (int) Math.min(source.remaining(), Math.min(inPiece, room));
        ByteBuffer part = source.slice(source.position(), length);
        wholeCrc.update(part.duplicate());
        pieceCrc.update(part.duplicate());
        channel.append(extents[2 * extent] + inExtent, part);
        source.position(source.position() + length);
        position += length;
        inExtent += length;
        if (length == room && position < allocatedBytes) {
            extent++;
            inExtent = 0;
        }
        if (length == inPiece) {
            endPiece();
        }
    }

    private void endPiece() {
        if (pieces == pieceCrcs.length) {
            pieceCrcs = Arrays.copyOf(pieceCrcs, pieces * 2);
        }
        pieceCrcs[pieces++] = (int) pieceCrc.getValue();
        pieceCrc.reset();
    }

    private void grow() {
        long chunk = Math.clamp(Long.highestOneBit(Math.max(1, allocatedBytes)), FIRST_CHUNK_BYTES, MAX_CHUNK_BYTES);
        boolean wasFull = extents.length > 0;
        allocate(Math.max(SuperblockDescriptor.BLOCK_BYTES, Math.min(chunk, member.freeBytes())), allocatedBytes + 1);
        if (wasFull) {
            extent++;
            inExtent = 0;
        }
    }

    private void allocate(long bytes, long needBytes) {
        long hint = extents.length == 0 ? -1 : extents[extents.length - 2] + extents[extents.length - 1];
        long[] taken = member.allocate(bytes, hint);
        if (taken == null) {
            throw new VolumeException(
                    Reason.NO_SPACE,
                    "no space for path=" + path + " needBytes=" + needBytes + " freeBytes=" + member.freeBytes()
                            + " on disk=" + member.disk().facts().uri() + "; remove objects or add a disk");
        }
        extents = Extents.concat(extents, taken);
        allocatedBytes += bytes;
    }

    /**
     * Makes the object durable and visible; in a batch, that happens when the batch is published.
     *
     * @return the object, or null in a batch
     * @throws VolumeException when a device refuses; the object is aborted then and what was there before stays
     */
    public StoredObject commit() {
        require();
        try {
            if (position % PIECE_BYTES != 0) {
                endPiece();
            }
            channel.pad();
            long used = roundUp(position);
            member.free(Extents.tail(extents, used));
            extents = Extents.joined(Extents.head(extents, used));
            StoredObject object = owner.finished(pending(), this);
            phase = Phase.COMMITTED;
            owner.done(this);
            return object;
        } catch (RuntimeException e) {
            abort();
            throw e;
        }
    }

    private PendingPut pending() {
        int[] crcs = Arrays.copyOf(pieceCrcs, pieces);
        CRC32C listCrc = new CRC32C();
        ByteBuffer list = ByteBuffer.allocate(crcs.length * Integer.BYTES).order(SuperblockDescriptor.ORDER);
        list.asIntBuffer().put(crcs);
        listCrc.update(list);
        long checksum = wholeCrc.getValue() << Integer.SIZE | listCrc.getValue();
        byte[] record = CatalogueRecord.put(path, contentType, position, lastModifiedMs, checksum, extents, crcs);
        return new PendingPut(path, contentType, position, lastModifiedMs, checksum, member, extents, record);
    }

    /** Forgets the object. Does nothing after a commit. */
    public void abort() {
        if (phase == Phase.OPEN) {
            phase = Phase.ABORTED;
            // First the channel is quiet, then the space may go to another object.
            channel.drain();
            member.free(extents);
            owner.done(this);
        }
    }

    /** Aborts what was not committed. */
    @Override
    public void close() {
        abort();
    }

    /** The space's fate is another's: it may be named by a record that reached the disk. */
    void keepSpace() {
        extents = new long[0];
    }

    DataChannel channel() {
        return channel;
    }

    Member member() {
        return member;
    }

    int failedFlushesBefore() {
        return failedFlushesBefore;
    }

    private void require() {
        if (phase != Phase.OPEN) {
            throw new VolumeException(Reason.MISUSE, "path=" + path + " is " + phase + " already");
        }
    }
}
