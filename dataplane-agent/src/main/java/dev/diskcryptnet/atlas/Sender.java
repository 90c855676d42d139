package dev.diskcryptnet.atlas;

import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.tcp.SendRange;
import dev.diskcryptnet.tcp.TcpConnection;
import dev.diskcryptnet.tcp.TcpSegment;

/**
 * Turns ranges of send streams into frames. A window that opened causes a read straight into a transmit slot; when the
 * read completes, headers are put in front and the slot goes out (paper section 3.2). A range that was lost goes the
 * same way again. What the disk has in memory already, its page cache, is sent from there without a read.
 */
final class Sender implements StreamSender {
    /**
     * Bytes that a session is given in one turn, four short frames or a long one. Reads of one object that are submitted one
     * behind the other are merged by the kernel to one request to the disk, which costs the same whatever its size.
     */
    private static final int TURN_BYTES = 256 * 1024;

    private final Lane lane;
    private final int laneNumber;
    private final TxRing ring;
    private final SlotTable slots;
    private final DiskReader disks;
    private final AtlasCounters counters;
    private final SessionQueue queue = new SessionQueue(Session.SENDING);
    private final SendRange range = new SendRange();
    private final TcpSegment segment = new TcpSegment();
    /** Whether frames may be sent whose payload lies in the page cache: its checksum must not be ours to compute. */
    private final boolean references;

    private final FrameSize.Families frames;
    private final int rangesPerTurn;
    private boolean wantsSlot;
    private long countedInFlightBytes;

    Sender(Lane lane, int laneNumber, DiskReader disks, AtlasCounters counters) {
        this.lane = lane;
        this.laneNumber = laneNumber;
        this.ring = lane.queue.data();
        this.slots = new SlotTable(ring.slotCount(), counters.slotReuse);
        this.disks = disks;
        this.counters = counters;
        this.references = ring.takesReferences() && lane.facts.checksumOffload();
        this.frames = FrameSize.of(lane.facts, ring);
        this.rangesPerTurn = Math.max(1, TURN_BYTES / frames.ipv4().maxPayloadBytes());
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
     * Issues a range of each waiting session in turn, until windows, slots or disk queues are used up.
     *
     * @return ranges issued
     */
    int issue(long nowNs, int limit) {
        int issued = 0;
        int turn = 0;
        wantsSlot = false;
        while (issued < limit && !queue.isEmpty()) {
            if (ring.available() == 0) {
                counters.dataSlotsExhausted.increment();
                wantsSlot = true;
                ring.take(); // which finds none: the ring then announces the next one
                break;
            }
            Session session = queue.peek();
            if (session.closed || !session.connection.nextRange(nowNs, payloadLimit(session), range)) {
                queue.remove();
                turn = 0;
                continue;
            }
            if (!issueRange(nowNs, session)) {
                break;
            }
            issued++;
            if (++turn % rangesPerTurn == 0) {
                // To the tail: sessions take turns.
                queue.remove();
                queue.add(session);
            }
        }
        countInFlight();
        return issued;
    }

    /** Adds what has changed: a worker's lanes share the counter. */
    private void countInFlight() {
        counters.inFlightBytes.add(slots.bytesInFlight() - countedInFlightBytes);
        countedInFlightBytes = slots.bytesInFlight();
    }

    /** Whole packets, as many as a frame holds: none of them is shorter than the others for its end's sake. */
    private int payloadLimit(Session session) {
        int segmentBytes = session.connection.effectiveSegmentBytes();
        FrameSize frame = frames.towards(session.connection);
        int most = frame.maxPayloadBytes();
        return frame.segmentation() && most > segmentBytes ? most - most % segmentBytes : Math.min(most, segmentBytes);
    }

    /** Issues as much of {@link #range} as one slot takes; false when the disk's queue is full. */
    private boolean issueRange(long nowNs, Session session) {
        int index = session.indexOf(range.offset);
        int prefix = prefixBytes(session, index);
        Piece piece = pieceAfterPrefix(session, index, prefix);
        if (piece == null) {
            sendOwnBytes(nowNs, session, prefix);
            return true;
        }
        if (references && sendResident(nowNs, session, prefix, piece)) {
            return true;
        }
        if (disks.isFull(piece.object.disk())) {
            counters.diskQueueFull.increment();
            return false;
        }
        readObject(session, prefix, piece);
        return true;
    }

    /** Bytes of our own making at the range's start, as many as belong in one frame. */
    private int prefixBytes(Session session, int index) {
        long offset = range.offset;
        int room = Math.min(range.lengthBytes, ring.payloadOffset() - FrameSize.HEADER_ROOM_BYTES);
        for (int i = index; i < session.pieceCount() && session.piece(i).bytes != null; i++) {
            offset = session.piece(i).end;
        }
        return (int) Math.min(offset - range.offset, room);
    }

    /** The object's piece that goes on right behind the prefix, or null when the frame holds our own bytes only. */
    private Piece pieceAfterPrefix(Session session, int index, int prefix) {
        long offset = range.offset + prefix;
        if (prefix == range.lengthBytes || offset == session.connection.streamEnd()) {
            return null;
        }
        Piece piece = prefix == 0 ? session.piece(index) : session.piece(session.indexOf(offset));
        return piece.object == null ? null : piece;
    }

    /** Sends what lies in memory already from where it lies; false when it does not. */
    private boolean sendResident(long nowNs, Session session, int prefix, Piece piece) {
        long offset = range.offset + prefix;
        long objectOffset = piece.objectOffset + (offset - piece.start);
        long remaining = Math.min(piece.end - offset, piece.object.contiguousBytes(objectOffset));
        int length = (int) Math.min(range.lengthBytes - prefix, remaining);
        long address = disks.resident(piece.object.disk(), piece.object.deviceOffset(objectOffset), length);
        if (address == 0) {
            return false;
        }
        int slot = ring.take();
        session.connection.reserve(range, prefix + length);
        slots.occupy(slot, session, range.offset, prefix);
        slots.refers(slot, piece, address, length);
        slots.complete(slot, 0);
        sendReady(nowNs, session);
        return true;
    }

    private void readObject(Session session, int prefix, Piece piece) {
        TcpConnection connection = session.connection;
        long offset = range.offset + prefix;
        long objectOffset = piece.objectOffset + (offset - piece.start);
        int disk = piece.object.disk();
        int alignment = disks.alignmentBytes(disk);
        int lead = (int) (objectOffset & (alignment - 1));
        long length = Math.min(range.lengthBytes - prefix, piece.end - offset);
        length = Math.min(length, piece.object.contiguousBytes(objectOffset));
        length = Math.min(length, Math.min(readLimitBytes(connection, alignment), disks.maxTransferBytes(disk)) - lead);
        length = endOnBlock(objectOffset, length, piece.end - offset, alignment);
        int read = align((int) length + lead, alignment);

        int slot = ring.take();
        connection.reserve(range, prefix + (int) length);
        slots.occupy(slot, session, range.offset, prefix);
        slots.reads(slot, piece, lead, (int) length, read);
        long address = ring.region().address() + ring.slotOffset(slot) + ring.payloadOffset();
        disks.read(
                disk,
                piece.object.deviceOffset(objectOffset) - lead,
                address,
                read,
                DiskReader.token(laneNumber, slot));
        if (range.retransmission) {
            counters.rereadBytes.add(read);
        }
    }

    /** Ends a long read on a block boundary, so that the next one does not read that block again. */
    private static long endOnBlock(long objectOffset, long length, long remaining, int alignment) {
        if (length == remaining) {
            return length;
        }
        long cut = (objectOffset + length) & (alignment - 1);
        return length > 8L * alignment ? length - cut : length;
    }

    /** Whole blocks that a slot holds. */
    private int readLimitBytes(TcpConnection connection, int alignment) {
        return Math.min(frames.towards(connection).readBytes(), ring.maxPayloadBytes()) & -alignment;
    }

    private static int align(int bytes, int alignment) {
        return (bytes + alignment - 1) & -alignment;
    }

    /** Sends a frame of our own bytes; it waits for no disk, but for ranges of its session that do. */
    private void sendOwnBytes(long nowNs, Session session, int length) {
        TxRing control = lane.queue.control();
        int segmentBytes = session.connection.effectiveSegmentBytes();
        boolean small = length <= Math.min(segmentBytes, control.maxPayloadBytes());
        // The control ring leaves first: nothing of the stream before this may still be in the other one.
        boolean first = range.offset == session.connection.acknowledged();
        if (small && first && !session.hasSlots() && control.available() > 0) {
            int slot = control.take();
            session.connection.reserve(range, length);
            int payloadAt = control.slotOffset(slot) + control.payloadOffset();
            copyOwnBytes(session, range.offset, length, control, payloadAt);
            transmit(nowNs, session, control, slot, range.offset, length, payloadAt);
            return;
        }
        int slot = ring.take();
        session.connection.reserve(range, length);
        slots.occupy(slot, session, range.offset, length);
        slots.complete(slot, 0);
        sendReady(nowNs, session);
    }

    private void copyOwnBytes(Session session, long streamOffset, int length, TxRing to, int at) {
        long offset = streamOffset;
        int copied = 0;
        for (int i = session.indexOf(offset); copied < length; i++) {
            Piece piece = session.piece(i);
            int from = (int) (offset - piece.start);
            int count = Math.min(length - copied, piece.bytes.length - from);
            to.buffer().putBytes(at + copied, piece.bytes, from, count);
            copied += count;
            offset += count;
        }
    }

    /** A read of a slot has ended. */
    void onRead(long nowNs, int slot, int result) {
        Session session = slots.order.owner(slot);
        slots.complete(slot, result);
        sendReady(nowNs, session);
    }

    /** Sends the session's slots up to the first that still waits. */
    private void sendReady(long nowNs, Session session) {
        while (slots.firstIsDone(session)) {
            int slot = slots.order.removeFirst(session);
            if (session.closed) {
                ring.cancel(slot);
            } else if (slots.isWhole(slot)) {
                sendSlot(nowNs, session, slot);
            } else {
                ring.cancel(slot);
                int length = slots.prefixBytes[slot] + slots.objectBytes[slot];
                disks.onFailedRead(
                        nowNs,
                        session,
                        slots.piece[slot].object.disk(),
                        slots.result(slot),
                        slots.streamOffset[slot],
                        length);
            }
        }
        if (session.closed && !session.hasSlots()) {
            session.releaseAll();
        }
    }

    /** Gives back all slots that still wait. For when the disks are closed and no read ends any more. */
    void abandonReads() {
        for (int slot = 0; slot < ring.slotCount(); slot++) {
            Session session = slots.order.owner(slot);
            while (session != null && session.hasSlots()) {
                ring.cancel(slots.order.removeFirst(session));
            }
            if (session != null && session.closed) {
                session.releaseAll();
            }
        }
    }

    private void sendSlot(long nowNs, Session session, int slot) {
        long streamOffset = slots.streamOffset[slot];
        int prefix = slots.prefixBytes[slot];
        int length = prefix + slots.objectBytes[slot];
        // What a retransmission overlaps with newer acknowledgements is left out: its pieces may be gone.
        int skip = (int) Math.clamp(session.connection.acknowledged() - streamOffset, 0, length);
        if (skip == length) {
            ring.cancel(slot);
        } else {
            int payloadAt = ring.slotOffset(slot) + ring.payloadOffset() + slots.leadBytes[slot] - prefix;
            if (skip < prefix) {
                copyOwnBytes(session, streamOffset + skip, prefix - skip, ring, payloadAt + skip);
            }
            if (slots.address[slot] != 0) {
                int left = slots.objectBytesAfter(slot, skip);
                ring.refer(slot, slots.address[slot] + slots.objectBytes[slot] - left, left);
            }
            transmit(nowNs, session, ring, slot, streamOffset + skip, length - skip, payloadAt + skip);
        }
        if (skip > 0) {
            session.connection.transmitted(nowNs, streamOffset, skip);
        }
    }

    private void transmit(
            long nowNs, Session session, TxRing from, int slot, long streamOffset, int length, int payloadAt) {
        TcpConnection connection = session.connection;
        connection.header(nowNs, streamOffset, length, segment);
        int segmentBytes = connection.effectiveSegmentBytes(streamOffset);
        lane.writer.send(nowNs, from, slot, segment, payloadAt, length, segmentBytes);
        connection.transmitted(nowNs, streamOffset, length);
        session.onTransmitted(nowNs, streamOffset, length, counters);
    }
}
