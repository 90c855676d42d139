package dev.diskcryptnet.atlas;

import dev.diskcryptnet.tls.RecordRun;
import dev.diskcryptnet.volume.StoredObject;

/** Brings the plaintext of records together in a unit's buffer: bytes of our own at once, an object's by reads. */
final class UnitReader {
    private final UnitTable units;
    private final DiskReader disks;
    private final int laneNumber;
    private final AtlasCounters counters;

    UnitReader(UnitTable units, DiskReader disks, int laneNumber, AtlasCounters counters) {
        this.units = units;
        this.disks = disks;
        this.laneNumber = laneNumber;
        this.counters = counters;
    }

    /**
     * Takes a unit for records {@code first} to {@code last} of a run and issues what it wants from a disk.
     *
     * @param from stream offset of the first byte to be sent
     * @param to stream offset past the last
     * @return false when the disk's queue has no room; nothing was taken then
     */
    boolean fill(Session session, RecordRun run, int first, int last, long from, long to, boolean again) {
        long plainStart = run.plainStart(first);
        int plainBytes = (int) (run.plainStart(last + 1) - plainStart);
        if (run.bytes() != null) {
            int unit = units.take(session, run, first, from, to);
            units.plainAt[unit] = units.bufferAt(unit) + UnitTable.DATA_OFFSET;
            units.region.buffer().putBytes(units.plainAt[unit], run.bytes(), (int) plainStart, plainBytes);
            return true;
        }
        int index = session.indexOf(plainStart);
        int own = ownBytes(session, index, plainStart, plainBytes);
        if (own == plainBytes) {
            int unit = units.take(session, run, first, from, to);
            units.plainAt[unit] = units.bufferAt(unit) + UnitTable.DATA_OFFSET;
            copyOwnBytes(session, index, plainStart, own, units.plainAt[unit]);
            return true;
        }
        Piece piece = own == 0 ? session.piece(index) : session.piece(session.indexOf(plainStart + own));
        long objectOffset = piece.objectOffset + (plainStart + own - piece.start);
        int alignment = disks.alignmentBytes(piece.object.disk());
        int lead = (int) (objectOffset & (alignment - 1));
        int length = plainBytes - own + lead;
        if (disks.room(piece.object.disk()) < reads(piece.object, objectOffset - lead, length, alignment)) {
            return false;
        }
        int unit = units.take(session, run, first, from, to);
        units.object[unit] = piece.object;
        units.lead(unit, own, lead);
        copyOwnBytes(session, index, plainStart, own, units.bufferAt(unit) + UnitTable.DATA_OFFSET - own);
        int read = read(unit, piece.object, objectOffset - lead, length, alignment);
        if (again) {
            counters.rereadBytes.add(read);
        }
        return true;
    }

    /** Bytes of our own making from {@code plainStart} on. */
    private static int ownBytes(Session session, int index, long plainStart, int plainBytes) {
        long end = plainStart;
        for (int i = index; i < session.pieceCount() && session.piece(i).bytes != null; i++) {
            end = session.piece(i).end;
        }
        return (int) Math.min(end - plainStart, plainBytes);
    }

    private void copyOwnBytes(Session session, int index, long plainStart, int length, int at) {
        int copied = 0;
        for (int i = index; copied < length; i++) {
            Piece piece = session.piece(i);
            int from = (int) (plainStart + copied - piece.start);
            int count = Math.min(length - copied, piece.bytes.length - from);
            units.region.buffer().putBytes(at + copied, piece.bytes, from, count);
            copied += count;
        }
    }

    /** How many reads it takes: one for each piece that lies together on the disk, none larger than the disk takes. */
    private int reads(StoredObject object, long objectOffset, int length, int alignment) {
        int reads = 0;
        for (int done = 0; done < length; reads++) {
            done += readBytes(object, objectOffset + done, length - done, alignment);
        }
        return reads;
    }

    /** @return bytes asked for */
    private int read(int unit, StoredObject object, long objectOffset, int length, int alignment) {
        long address = units.region.address() + units.bufferAt(unit) + UnitTable.DATA_OFFSET;
        long token = DiskReader.unitToken(laneNumber, unit);
        int done = 0;
        while (done < length) {
            int bytes = readBytes(object, objectOffset + done, length - done, alignment);
            units.expect(unit, bytes);
            disks.read(object.disk(), object.deviceOffset(objectOffset + done), address + done, bytes, token);
            done += bytes;
        }
        return done;
    }

    private int readBytes(StoredObject object, long objectOffset, int length, int alignment) {
        long together = Math.min(length, object.contiguousBytes(objectOffset));
        long whole = (together + alignment - 1) & -alignment;
        return (int) Math.min(whole, disks.maxTransferBytes(object.disk()) & -alignment);
    }
}
