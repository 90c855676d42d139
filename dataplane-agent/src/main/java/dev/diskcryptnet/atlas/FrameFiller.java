package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.crypt.SealBatch;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.tls.RecordRun;

/**
 * Puts what a unit has to say next into a transmit slot. Where a frame takes whole records they are sealed straight into the
 * slot. Where it is one packet, because the port does not cut frames up, a unit is sealed once beside the slots and copied
 * out packet by packet.
 */
final class FrameFiller implements AutoCloseable {
    private static final int NONE = -1;

    private final UnitTable units;
    private final TxRing ring;
    private final int unitRecords;
    private final SealBatch batch;
    private final TlsCounters counters;
    /** Sealed records of {@link #staged}, or null when records are always sealed into slots. */
    private final OffHeapRegion stage;

    private int staged = NONE;
    private long stagedFrom;
    private int payloadAt;

    FrameFiller(UnitTable units, TxRing ring, PortFacts facts, TlsCounters counters) {
        this.counters = counters;
        this.units = units;
        this.ring = ring;
        FrameSize.Families frames = FrameSize.of(facts, ring);
        this.unitRecords = frames.ipv4().unitRecords();
        this.batch = new SealBatch(unitRecords);
        boolean whole = frames.ipv4().records() > 0 && frames.ipv6().records() > 0;
        stage = whole ? null : OffHeapRegion.allocate(unitRecords * FrameSize.MAX_RECORD_BYTES);
    }

    /**
     * Fills a slot with the next bytes of a unit: from {@code units.offset} on.
     *
     * @param frame how much a frame takes
     * @param segmentBytes payload bytes per wire packet
     * @return stream offset of the frame's end
     */
    long fill(int unit, int slot, FrameSize frame, int segmentBytes) {
        RecordRun run = units.run[unit];
        payloadAt = ring.slotOffset(slot) + ring.payloadOffset();
        if (run.isRaw()) {
            return putRaw(run, unit, chunkBytes(frame, segmentBytes));
        }
        return frame.records() > 0
                ? sealIntoSlot(run, unit, frame.records())
                : copyStaged(run, unit, chunkBytes(frame, segmentBytes));
    }

    /** Where the frame's payload begins in the ring's buffer. */
    int payloadAt() {
        return payloadAt;
    }

    /** The unit's buffer holds something else from now on. */
    void forget(int unit) {
        if (staged == unit) {
            staged = NONE;
        }
    }

    private static int chunkBytes(FrameSize frame, int segmentBytes) {
        return frame.segmentation() ? frame.maxPayloadBytes() : segmentBytes;
    }

    private long putRaw(RecordRun run, int unit, int chunkBytes) {
        int from = (int) (units.offset[unit] - run.start());
        int length = (int) Math.min(units.end[unit] - units.offset[unit], chunkBytes);
        ring.buffer().putBytes(payloadAt, run.bytes(), from, length);
        return units.offset[unit] + length;
    }

    /** Headers are written over what of the first record is not to be sent. */
    private long sealIntoSlot(RecordRun run, int unit, int records) {
        long offset = units.offset[unit];
        int first = run.recordAt(offset);
        int past = seal(run, unit, first, first + records, ring.region().address() + payloadAt);
        payloadAt += (int) (offset - run.recordStart(first));
        return Math.min(units.end[unit], run.recordStart(past));
    }

    private long copyStaged(RecordRun run, int unit, int chunkBytes) {
        long offset = units.offset[unit];
        if (staged != unit || offset < stagedFrom) {
            int first = run.recordAt(offset);
            seal(run, unit, first, Integer.MAX_VALUE, stage.address());
            staged = unit;
            stagedFrom = run.recordStart(first);
        }
        int length = (int) Math.min(units.end[unit] - offset, chunkBytes);
        ring.buffer().putBytes(payloadAt, stage.buffer(), (int) (offset - stagedFrom), length);
        return offset + length;
    }

    /** Seals records from {@code first} to before {@code limit} or the unit's end, one behind the other. @return the record past the last */
    private int seal(RecordRun run, int unit, int first, int limit, long address) {
        long plain = units.plainAddress[unit] - run.plainStart(units.firstRecord[unit]);
        long target = address - run.recordStart(first);
        int record = first;
        while (record < limit && run.recordStart(record) < units.end[unit]) {
            boolean apart = record == units.firstRecord[unit] && units.firstAddress[unit] != 0;
            batch.add(
                    run.key(),
                    run.sequence(record),
                    run.type(),
                    apart ? units.firstAddress[unit] : plain + run.plainStart(record),
                    run.plainBytes(record),
                    target + run.recordStart(record));
            record++;
        }
        counters.onSealed(record - first, (int) (run.plainStart(record) - run.plainStart(first)));
        batch.seal();
        return record;
    }

    @Override
    public void close() {
        batch.close();
    }
}
