package dev.diskcryptnet.atlas;

import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.tcp.SendRange;
import dev.diskcryptnet.tcp.TcpConnection;
import dev.diskcryptnet.tcp.TcpSegment;
import dev.diskcryptnet.tls.RecordRun;

/**
 * Turns ranges of TLS send streams into frames. A window that opened causes a read into a buffer; when it completes, the
 * records are sealed while they are in the cache, from the buffer straight into a transmit slot (paper section 3.2). The
 * slot is taken only then, so a slow read holds up nobody. A range that was lost goes the same way again: whole records
 * are read and sealed to the same bytes, and the part that was lost is sent.
 */
final class SealedSender implements StreamSender {
    private final Lane lane;
    private final TxRing ring;
    private final UnitTable units;
    private final DiskReader disks;
    private final UnitReader reader;
    private final FrameFiller filler;
    private final FrameSize.Families frames;
    private final AtlasCounters counters;
    private final SessionQueue queue = new SessionQueue(Session.SENDING);
    /** Sessions whose first unit is read and found no transmit slot. */
    private final SessionQueue waiting = new SessionQueue(Session.WANTS_SLOT);

    private final SendRange range = new SendRange();
    private final TcpSegment segment = new TcpSegment();
    private boolean wantsSlot;
    private long countedInFlightBytes;

    SealedSender(Lane lane, int laneNumber, UnitTable units, DiskReader disks, AtlasCounters counters) {
        this.lane = lane;
        this.ring = lane.queue.data();
        this.units = units;
        this.disks = disks;
        this.reader = new UnitReader(units, disks, laneNumber, counters);
        this.counters = counters;
        this.frames = FrameSize.of(lane.facts, ring);
        this.filler = new FrameFiller(units, ring, lane.facts, counters.tls);
    }

    @Override
    public void enqueue(Session session) {
        queue.add(session);
    }

    /** Whether {@link #issue} ended for want of a slot, and there is one now. */
    boolean canGoOn() {
        return wantsSlot && ring.available() > 0;
    }

    /**
     * Sends what waited for slots, then issues a range of each waiting session in turn, until windows, buffers or disk
     * queues are used up.
     *
     * @return units issued
     */
    int issue(long nowNs, int limit) {
        wantsSlot = false;
        int issued = sendWaiting(nowNs);
        while (issued < limit && !queue.isEmpty() && waiting.isEmpty()) {
            if (!units.hasFree()) {
                counters.buffersExhausted.increment();
                break;
            }
            Session session = queue.peek();
            if (session.closed || !nextRange(nowNs, session)) {
                queue.remove();
                continue;
            }
            if (!issueRange(nowNs, session)) {
                counters.diskQueueFull.increment();
                break;
            }
            // To the tail: sessions take turns.
            queue.remove();
            queue.add(session);
            issued++;
        }
        counters.inFlightBytes.add(units.bytesInFlight() - countedInFlightBytes);
        countedInFlightBytes = units.bytesInFlight();
        return issued;
    }

    private int sendWaiting(long nowNs) {
        int sent = 0;
        for (int left = waiting.size(); left > 0 && ring.available() > 0; left--) {
            sendReady(nowNs, waiting.remove());
            sent++;
        }
        if (!waiting.isEmpty()) {
            waitForSlot();
        }
        return sent;
    }

    private void waitForSlot() {
        if (!wantsSlot) {
            counters.dataSlotsExhausted.increment();
            wantsSlot = true;
            if (ring.available() == 0) {
                ring.take(); // which finds none: the ring then announces the next one
            }
        }
    }

    private boolean nextRange(long nowNs, Session session) {
        if (session.tls.mustUpdateKey(session.connection)) {
            session.tls.updateKey(session.connection, counters.tls);
        }
        int overhead = session.tls.recordOverheadBytes();
        int most = units.unitRecords() * (RecordRun.RECORD_BYTES + overhead);
        // A range is cut to whole packets; one packet more, and the last record is still in it as a whole.
        return session.connection.nextRange(nowNs, most + session.connection.effectiveSegmentBytes(), range);
    }

    /** Issues as much of {@link #range} as one unit takes; false when the disk's queue is full. */
    private boolean issueRange(long nowNs, Session session) {
        RecordRun run = session.tls.records.at(range.offset);
        long rangeEnd = Math.min(run.end(), range.offset + range.lengthBytes);
        if (run.isRaw()) {
            commit(session, units.take(session, run, 0, range.offset, rangeEnd));
            sendReady(nowNs, session);
            return true;
        }
        int first = run.recordAt(range.offset);
        int last = lastRecord(run, first, rangeEnd);
        if (!reader.fill(session, run, first, last, range.offset, rangeEnd, range.retransmission)) {
            return false;
        }
        commit(session, session.lastSlot);
        if (units.firstIsDone(session)) {
            sendReady(nowNs, session);
        }
        return true;
    }

    private void commit(Session session, int unit) {
        session.connection.reserve(range, (int) (units.end[unit] - units.offset[unit]));
    }

    /** The last record that lies in the range as a whole, or the first one if none does. */
    private int lastRecord(RecordRun run, int first, long rangeEnd) {
        int last = rangeEnd == run.end() ? run.records() - 1 : run.recordAt(rangeEnd) - 1;
        return Math.clamp(last, first, first + units.unitRecords() - 1);
    }

    /** A read of a unit has ended. */
    void onRead(long nowNs, int unit, int result) {
        if (units.complete(unit, result)) {
            sendReady(nowNs, units.order.owner(unit));
        }
    }

    /** Sends the session's units up to the first that still waits for a disk, or for a slot. */
    private void sendReady(long nowNs, Session session) {
        while (units.firstIsDone(session) && !waiting.contains(session)) {
            int unit = session.firstSlot;
            if (!session.closed && !units.isWhole(unit)) {
                int disk = units.object[unit].disk();
                int result = units.result(unit);
                long offset = units.offset[unit];
                int length = (int) (units.end[unit] - offset);
                release(session);
                disks.onFailedRead(nowNs, session, disk, result, offset, length);
                continue;
            }
            if (!session.closed && !sendUnit(nowNs, session, unit)) {
                waiting.add(session);
                waitForSlot();
                return;
            }
            release(session);
        }
        if (session.closed && !session.hasSlots()) {
            session.releaseAll();
        }
    }

    private void release(Session session) {
        filler.forget(session.firstSlot);
        units.releaseFirst(session);
    }

    /** Sends what is left of a unit, frame by frame; false when the slots are used up. */
    private boolean sendUnit(long nowNs, Session session, int unit) {
        skipAcknowledged(nowNs, session, unit);
        while (units.offset[unit] < units.end[unit] && !session.closed) {
            int slot = ring.take();
            if (slot < 0) {
                return false;
            }
            long offset = units.offset[unit];
            long end = filler.fill(
                    unit, slot, frames.towards(session.connection), session.connection.effectiveSegmentBytes(offset));
            units.offset[unit] = end;
            transmit(nowNs, session, slot, offset, (int) (end - offset));
        }
        return true;
    }

    /** What a retransmission overlaps with newer acknowledgements is left out. */
    private void skipAcknowledged(long nowNs, Session session, int unit) {
        long offset = units.offset[unit];
        long sendFrom = Math.clamp(session.connection.acknowledged(), offset, units.end[unit]);
        if (sendFrom > offset) {
            session.connection.transmitted(nowNs, offset, (int) (sendFrom - offset));
            units.offset[unit] = sendFrom;
        }
    }

    private void transmit(long nowNs, Session session, int slot, long offset, int length) {
        TcpConnection connection = session.connection;
        connection.header(nowNs, offset, length, segment);
        int segmentBytes = connection.effectiveSegmentBytes(offset);
        lane.writer.send(nowNs, ring, slot, segment, filler.payloadAt(), length, segmentBytes);
        connection.transmitted(nowNs, offset, length);
        session.onTransmitted(nowNs, offset, length, counters);
    }

    /** Lets all units go. For when the disks are closed and no read ends any more. */
    void abandonReads() {
        for (int unit = 0; unit < units.count(); unit++) {
            Session session = units.order.owner(unit);
            while (session != null && session.hasSlots()) {
                units.releaseFirst(session);
            }
            if (session != null && session.closed) {
                session.releaseAll();
            }
        }
    }

    void close() {
        filler.close();
    }
}
