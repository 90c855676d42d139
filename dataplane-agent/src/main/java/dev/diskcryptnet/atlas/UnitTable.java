package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.diskmap.DiskMemory;
import dev.diskcryptnet.tls.RecordRun;
import dev.diskcryptnet.volume.StoredObject;

/**
 * Buffers that disks read into and records are sealed from, and what each holds. A unit is consecutive records of one
 * run, whose plaintext lies together in one buffer. The units of a session form a list in the order of issue, which is
 * the order in which they leave. Free buffers are taken last in, first out: the last one used is still in the cache.
 *
 * <pre>
 *   buffer  0            DATA_OFFSET (page aligned)                               bufferBytes
 *           |   headroom |  blocks as the disk delivers them                      | room for one byte |
 *                   ^ bytes of our own making, moved to stand right in front of the object's first when it is there
 * </pre>
 */
final class UnitTable implements AutoCloseable {
    /** Where the disk's blocks begin; also the most bytes that can stand in front of an object's. */
    static final int DATA_OFFSET = 4096;

    private static final int BLOCK_BYTES = 4096;
    /** Records of a unit. */
    private final int records;

    private final int bufferBytes;

    private final DiskMemory memory;
    final OffHeapRegion region;
    final IssueOrder order;
    final RecordRun[] run;
    /** Where reads come from; null when no disk has a part in the unit. */
    final StoredObject[] object;
    /** Next stream offset to be sent, and the one at which the unit ends. */
    final long[] offset;

    final long[] end;
    /** The first record, and the address of its plaintext, or what that would be if {@link #firstAddress} were not set. */
    final int[] firstRecord;

    final long[] plainAddress;
    /** Where the first record's plaintext is when it is apart from that of the others, else 0. */
    final long[] firstAddress;
    /** Bytes of our own making in front of the object's. */
    final int[] ownBytes;

    private final int[] pendingReads;
    private final int[] expectedBytes;
    /** Sum of what the reads brought; the result of the first that failed, from then on. */
    private final int[] receivedBytes;

    /** For each unit, what {@link ReuseDistance#fill} said of its last read. */
    private final long[] filled;

    private final ReuseDistance reuse;
    private final int[] free;
    private int freeCount;
    private long bytesInFlight;

    /**
     * Takes the buffers' memory.
     *
     * @param unitRecords records of a unit, of {@link FrameSize#unitRecords}
     * @param hugePages whether buffers lie in huge pages
     * @param reuse is told what goes through between two uses of a buffer
     * @throws dev.diskcryptnet.ffi.NativeException when there is not so much
     */
    UnitTable(int units, int unitRecords, boolean hugePages, ReuseDistance reuse) {
        this.reuse = reuse;
        filled = new long[units];
        records = unitRecords;
        bufferBytes = bufferBytes(records);
        memory = DiskMemory.map(Math.multiplyExact(units, bufferBytes), hugePages);
        region = memory.region();
        order = new IssueOrder(units);
        run = new RecordRun[units];
        object = new StoredObject[units];
        offset = new long[units];
        end = new long[units];
        firstRecord = new int[units];
        plainAddress = new long[units];
        firstAddress = new long[units];
        ownBytes = new int[units];
        pendingReads = new int[units];
        expectedBytes = new int[units];
        receivedBytes = new int[units];
        free = new int[units];
        while (freeCount < units) {
            free[freeCount] = units - 1 - freeCount;
            freeCount++;
        }
    }

    /** Size of a buffer: whole blocks, one more at either end, as an object's range begins and ends where it likes. */
    static int bufferBytes(int records) {
        return (DATA_OFFSET + records * RecordRun.RECORD_BYTES + 3 * BLOCK_BYTES) & -BLOCK_BYTES;
    }

    int count() {
        return run.length;
    }

    int unitRecords() {
        return records;
    }

    /** Reads of a unit whose every block lies elsewhere: a disk queue must take as many, or the unit is never read. */
    int maxReads() {
        return records * RecordRun.RECORD_BYTES / BLOCK_BYTES + 2;
    }

    boolean hasFree() {
        return freeCount > 0;
    }

    /** Takes a buffer for the bytes of {@code owner}'s stream from {@code from} to {@code to}. */
    int take(Session owner, RecordRun of, int record, long from, long to) {
        int unit = free[--freeCount];
        run[unit] = of;
        object[unit] = null;
        offset[unit] = from;
        end[unit] = to;
        firstRecord[unit] = record;
        ownBytes[unit] = 0;
        firstAddress[unit] = 0;
        pendingReads[unit] = 0;
        expectedBytes[unit] = 0;
        receivedBytes[unit] = 0;
        order.append(owner, unit);
        return unit;
    }

    /** Offset of a buffer in {@link #region}. */
    int bufferAt(int unit) {
        return unit * bufferBytes;
    }

    void expect(int unit, int readBytes) {
        // The first read of a unit stands for all: the others follow at once.
        if (pendingReads[unit]++ == 0) {
            filled[unit] = reuse.fill(filled[unit], bufferBytes);
        }
        expectedBytes[unit] += readBytes;
        bytesInFlight += readBytes;
    }

    /**
     * Where the object's first byte lies behind {@link #DATA_OFFSET}: the block that it is in has others in front of it. Bytes of
     * our own stand in front of the whole block until it has been read.
     */
    void lead(int unit, int own, int lead) {
        ownBytes[unit] = own;
        plainAddress[unit] = region.address() + bufferAt(unit) + DATA_OFFSET + lead - own;
    }

    /** A read has ended: with bytes, or a negative error, which no sum makes good. @return whether it was the last */
    boolean complete(int unit, int result) {
        if (receivedBytes[unit] >= 0) {
            receivedBytes[unit] = result < 0 ? result : receivedBytes[unit] + result;
        }
        if (--pendingReads[unit] > 0) {
            return false;
        }
        bytesInFlight -= expectedBytes[unit];
        int dataAt = bufferAt(unit) + DATA_OFFSET;
        int plainAt = (int) (plainAddress[unit] - region.address());
        region.buffer().putBytes(plainAt, region.buffer(), dataAt - ownBytes[unit], ownBytes[unit]);
        return true;
    }

    /** Whether the unit that must leave first waits for no disk. */
    boolean firstIsDone(Session owner) {
        return owner.firstSlot != IssueOrder.NONE && pendingReads[owner.firstSlot] == 0;
    }

    boolean isWhole(int unit) {
        return receivedBytes[unit] == expectedBytes[unit];
    }

    /** Bytes that came, or the error of a read that failed. */
    int result(int unit) {
        return receivedBytes[unit];
    }

    /** Gives the buffer of the session's first unit back. */
    void releaseFirst(Session owner) {
        int unit = order.removeFirst(owner);
        run[unit] = null;
        object[unit] = null;
        free[freeCount++] = unit;
    }

    long bytesInFlight() {
        return bytesInFlight;
    }

    @Override
    public void close() {
        memory.close();
    }
}
