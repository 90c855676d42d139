package dev.diskcryptnet.tcp;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The receiving half of a connection: in-order bytes go up at once and from the packet itself; only what has a hole
 * before it, or what the layer above has no room for, is stored, in one receive window's worth from a bounded pool.
 * Index 0 of the storage is the first byte not taken yet.
 */
final class Receiver {
    private final TcpConnection connection;
    private final TcpStack stack;
    private final int windowBytes;
    /** Sequence number of receive offset 0. */
    private final int firstSequence;

    /** First offset the layer above has not taken, and first not received. */
    private long taken;

    private long next;
    /** Offset of the peer's FIN, -1 before it is seen. */
    private long finAt = -1;

    private boolean finReceived;
    private UnsafeBuffer storage;
    private RangeSet ahead;
    private long lastAheadStart;
    private boolean offering;

    Receiver(TcpConnection connection, TcpStack stack, int initialReceive) {
        this.connection = connection;
        this.stack = stack;
        this.windowBytes = stack.config().receiveWindowBytes();
        this.firstSequence = initialReceive + 1;
    }

    /** RCV.NXT as a 64-bit offset; the FIN counts as one. */
    long nextOffset() {
        return next + (finReceived ? 1 : 0);
    }

    int nextSequence() {
        return firstSequence + (int) nextOffset();
    }

    boolean finReceived() {
        return finReceived;
    }

    long offsetOf(int sequence) {
        return next + (sequence - (firstSequence + (int) next));
    }

    /** What is offered to the peer: shrinks by what lies here untaken, its right edge never moves back. */
    int window() {
        return (int) (taken + windowBytes - next);
    }

    /** RFC 9293 3.10.7.4, first; with a closed window, what starts at its edge is let in for its acknowledgement. */
    boolean isAcceptable(long start, long end) {
        long expected = nextOffset();
        long edge = taken + windowBytes;
        if (start == expected) {
            return true;
        }
        return start < edge && (end == start ? start > expected : end > expected);
    }

    boolean isInWindow(long offset) {
        return offset >= nextOffset() && offset < Math.max(taken + windowBytes, nextOffset() + 1);
    }

    /**
     * Takes payload and FIN of an acceptable segment.
     *
     * @return whether an ACK is due at once (RFC 5681 4.2: out of order, filling a hole, duplicate; or a FIN)
     */
    boolean onData(long start, DirectBuffer payload, int payloadOffset, int payloadLength, boolean fin) {
        long end = start + payloadLength;
        if (fin && finAt < 0 && end <= taken + windowBytes && end >= next) {
            finAt = end;
        }
        boolean ackNow = fin;
        long from = Math.max(start, next);
        long to = Math.min(Math.min(end, taken + windowBytes), finAt < 0 ? Long.MAX_VALUE : finAt);
        if (payloadLength > 0) {
            if (from >= to) {
                ackNow = true;
            } else {
                int index = payloadOffset + (int) (from - start);
                ackNow |= storage == null && from == next
                        ? deliver(payload, index, (int) (to - from))
                        : store(payload, index, from, to);
            }
        }
        if (!connection.isClosed() && next == finAt && !finReceived) {
            finReceived = true;
            stack.events().onRemoteClosed(connection);
        }
        return ackNow;
    }

    private boolean deliver(DirectBuffer payload, int index, int lengthBytes) {
        int took = offer(payload, index, lengthBytes);
        if (connection.isClosed()) {
            return false;
        }
        taken += took;
        next = taken;
        int left = lengthBytes - took;
        if (left == 0) {
            return false;
        }
        // Not offered again at once: the layer above has just said that it has no room.
        if (!place(payload, index + took, next, next + left)) {
            return true;
        }
        next += left;
        return false;
    }

    /** @return whether to acknowledge at once */
    private boolean store(DirectBuffer payload, int index, long from, long to) {
        if (!place(payload, index, from, to)) {
            return true;
        }
        if (from > next) {
            stack.counters().outOfOrder.increment();
            if (ahead == null) {
                ahead = stack.rangeSets().take();
            }
            ahead.add(from, to);
            lastAheadStart = from;
            return true;
        }
        boolean filled = ahead != null;
        next = to;
        if (filled) {
            joinAhead();
        }
        offerReceived();
        return filled;
    }

    /** @return false when there is no storage */
    private boolean place(DirectBuffer payload, int index, long from, long to) {
        if (storage == null) {
            storage = stack.receivePool().take();
            if (storage == null) {
                stack.counters().droppedNoStorage.increment();
                return false;
            }
        }
        storage.putBytes((int) (from - taken), payload, index, (int) (to - from));
        return true;
    }

    private void joinAhead() {
        if (ahead.start(0) <= next) {
            next = Math.max(next, ahead.end(0));
        }
        ahead.removeBelow(next);
        if (ahead.isEmpty()) {
            stack.rangeSets().give(ahead);
            ahead = null;
        }
    }

    /** Offers stored in-order bytes again; gives the storage back when nothing is left in it. */
    void offerReceived() {
        if (storage == null || offering || next == taken) {
            return;
        }
        int took = offer(storage, 0, (int) (next - taken));
        if (connection.isClosed()) {
            return;
        }
        long storedEnd = ahead == null ? next : ahead.end(ahead.size() - 1);
        taken += took;
        int left = (int) (storedEnd - taken);
        if (left == 0) {
            stack.receivePool().give(storage);
            storage = null;
        } else if (took > 0) {
            storage.putBytes(0, storage, took, left);
        }
    }

    private int offer(DirectBuffer buffer, int index, int lengthBytes) {
        offering = true;
        int took = stack.events().onReceived(connection, buffer, index, lengthBytes);
        offering = false;
        if (took < 0 || took > lengthBytes) {
            throw new IllegalStateException("taken=" + took + " of lengthBytes=" + lengthBytes);
        }
        return took;
    }

    /** Fills SACK blocks, the most recently received first (RFC 2018 4). */
    void sackBlocks(TcpSegment segment) {
        if (ahead == null) {
            return;
        }
        int latest = Math.min(ahead.firstEndingAfter(lastAheadStart), ahead.size() - 1);
        block(segment, latest);
        for (int i = 0; i < ahead.size() && segment.sackBlockCount < TcpSegment.MAX_SACK_BLOCKS; i++) {
            if (i != latest) {
                block(segment, i);
            }
        }
    }

    private void block(TcpSegment segment, int index) {
        segment.sackStart[segment.sackBlockCount] = firstSequence + (int) ahead.start(index);
        segment.sackEnd[segment.sackBlockCount] = firstSequence + (int) ahead.end(index);
        segment.sackBlockCount++;
    }

    void release() {
        if (storage != null) {
            stack.receivePool().give(storage);
            storage = null;
        }
        if (ahead != null) {
            stack.rangeSets().give(ahead);
            ahead = null;
        }
    }
}
