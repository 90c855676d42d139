package dev.diskcryptnet.atlas;

import dev.diskcryptnet.tls.RecordRun;
import dev.diskcryptnet.volume.StoredObject;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Brings the plaintext of records together in a unit's buffer: bytes of our own at once, an object's by reads. What the
 * disk has in memory already stays where it is.
 */
final class UnitReader {
    private final UnitTable units;
    private final DiskReader disks;
    private final int laneNumber;
    private final AtlasCounters counters;
    private final UnsafeBuffer cached = new UnsafeBuffer(0, 0);

    // The records that are being brought together.
    private Session session;
    private RecordRun run;
    private int first;
    private long from;
    private long to;
    private long plainStart;

    // What they are made of: bytes of our own from a piece on, then an object's from an offset on.
    private int index;
    private int own;
    private StoredObject object;
    private long objectOffset;

    UnitReader(UnitTable units, DiskReader disks, int laneNumber, AtlasCounters counters) {
        this.units = units;
        this.disks = disks;
        this.laneNumber = laneNumber;
        this.counters = counters;
    }

    /**
     * Takes a unit for records of a run from {@code firstRecord} on, and issues what it wants from a disk.
     *
     * @param last the last record wanted; the unit may end before it
     * @param offset stream offset of the first byte to be sent
     * @param end stream offset past the last byte that may be sent
     * @param again whether it was sent before
     * @return false when the disk's queue has no room; nothing was taken then
     */
    boolean fill(Session of, RecordRun in, int firstRecord, int last, long offset, long end, boolean again) {
        session = of;
        run = in;
        first = firstRecord;
        from = offset;
        to = end;
        plainStart = in.plainStart(first);
        int plainBytes = plainBytes(last);
        if (in.bytes() != null) {
            units.region.buffer().putBytes(dataOf(take(last)), in.bytes(), (int) plainStart, plainBytes);
            return true;
        }
        index = session.indexOf(plainStart);
        own = ownBytes(plainBytes);
        if (own == plainBytes) {
            copyOwnBytes(dataOf(take(last)));
            return true;
        }
        Piece piece = own == 0 ? session.piece(index) : session.piece(session.indexOf(plainStart + own));
        object = piece.object;
        objectOffset = piece.objectOffset + (plainStart + own - piece.start);
        return takeResident(last) || readObject(last, again);
    }

    private int plainBytes(int last) {
        return (int) (run.plainStart(last + 1) - plainStart);
    }

    private int take(int last) {
        return units.take(session, run, first, from, Math.min(to, run.recordStart(last + 1)));
    }

    /** Where a unit's plaintext begins in the region when nothing is read for it. */
    private int dataOf(int unit) {
        units.lead(unit, 0, 0);
        return units.bufferAt(unit) + UnitTable.DATA_OFFSET;
    }

    /** Bytes of our own making from {@link #plainStart} on. */
    private int ownBytes(int plainBytes) {
        long end = plainStart;
        for (int i = index; i < session.pieceCount() && session.piece(i).bytes != null; i++) {
            end = session.piece(i).end;
        }
        return (int) Math.min(end - plainStart, plainBytes);
    }

    private void copyOwnBytes(int at) {
        int copied = 0;
        for (int i = index; copied < own; i++) {
            Piece piece = session.piece(i);
            int within = (int) (plainStart + copied - piece.start);
            int count = Math.min(own - copied, piece.bytes.length - within);
            units.region.buffer().putBytes(at + copied, piece.bytes, within, count);
            copied += count;
        }
    }

    /**
     * Records that lie in memory are sealed from there, but for one that has bytes of our own in front, which is put together.
     * Should the kernel take the memory away in the moment between, sealing waits for the disk; should the disk fail
     * just then, the process ends by SIGBUS and is started again, which is a disk's failure with direct I/O made worse: one
     * more reason why {@code direct: false} is for what lies in memory.
     */
    private boolean takeResident(int last) {
        int wanted = plainBytes(last) - own;
        if (object.contiguousBytes(objectOffset) < wanted) {
            return false;
        }
        long address = disks.resident(object.disk(), object.deviceOffset(objectOffset), wanted);
        if (address == 0) {
            return false;
        }
        int unit = take(last);
        units.plainAddress[unit] = address - own;
        if (own > 0) {
            int at = units.bufferAt(unit) + UnitTable.DATA_OFFSET;
            int rest = plainBytes(first) - own;
            copyOwnBytes(at);
            cached.wrap(address, rest);
            units.region.buffer().putBytes(at + own, cached, 0, rest);
            units.firstAddress[unit] = units.region.address() + at;
        }
        return true;
    }

    private boolean readObject(int last, boolean again) {
        int alignment = disks.alignmentBytes(object.disk());
        int lead = (int) (objectOffset & (alignment - 1));
        int length = plainBytes(last) - own + lead;
        if (disks.room(object.disk()) < reads(objectOffset - lead, length, alignment)) {
            return false;
        }
        int unit = take(last);
        units.object[unit] = object;
        units.lead(unit, own, lead);
        copyOwnBytes(units.bufferAt(unit) + UnitTable.DATA_OFFSET - own);
        int read = read(unit, objectOffset - lead, length, alignment);
        if (again) {
            counters.rereadBytes.add(read);
        }
        return true;
    }

    /** How many reads it takes: one for each piece that lies together on the disk, none larger than the disk takes. */
    private int reads(long start, int length, int alignment) {
        int reads = 0;
        for (int done = 0; done < length; reads++) {
            done += readBytes(start + done, length - done, alignment);
        }
        return reads;
    }

    /** @return bytes asked for */
    private int read(int unit, long start, int length, int alignment) {
        long address = units.region.address() + units.bufferAt(unit) + UnitTable.DATA_OFFSET;
        long token = DiskReader.unitToken(laneNumber, unit);
        int done = 0;
        while (done < length) {
            int bytes = readBytes(start + done, length - done, alignment);
            units.expect(unit, bytes);
            disks.read(object.disk(), object.deviceOffset(start + done), address + done, bytes, token);
            done += bytes;
        }
        return done;
    }

    private int readBytes(long start, int length, int alignment) {
        long together = Math.min(length, object.contiguousBytes(start));
        long whole = (together + alignment - 1) & -alignment;
        return (int) Math.min(whole, disks.maxTransferBytes(object.disk()) & -alignment);
    }
}
