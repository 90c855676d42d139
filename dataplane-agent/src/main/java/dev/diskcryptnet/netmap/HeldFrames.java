package dev.diskcryptnet.netmap;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Copies of frames that are held back, off the heap as frames are, given out when due; bounded in bytes. */
final class HeldFrames {
    /** One copy. */
    static final class Frame implements Comparable<Frame> {
        UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(2048));
        int lengthBytes;
        int flags;
        private long dueNs;
        private long order;

        @Override
        public int compareTo(Frame other) {
            int byTime = Long.compare(dueNs, other.dueNs);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private static final long MAX_BYTES = 32L << 20;

    private final PriorityQueue<Frame> held = new PriorityQueue<>();
    private final ArrayDeque<Frame> spare = new ArrayDeque<>();
    private long bytes;
    private long order;

    /** Holds a copy until {@code dueNs}; false when there is no room. */
    boolean hold(DirectBuffer buffer, int offset, int lengthBytes, int flags, long dueNs) {
        if (bytes + lengthBytes > MAX_BYTES) {
            return false;
        }
        Frame frame = spare.isEmpty() ? new Frame() : spare.pop();
        if (frame.buffer.capacity() < lengthBytes) {
            frame.buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(lengthBytes));
        }
        frame.buffer.putBytes(0, buffer, offset, lengthBytes);
        frame.lengthBytes = lengthBytes;
        frame.flags = flags;
        frame.dueNs = dueNs;
        frame.order = order++;
        bytes += lengthBytes;
        held.add(frame);
        return true;
    }

    /** The first frame that is due, or null. It stays until {@link #release}. */
    Frame due(long nowNs) {
        Frame first = held.peek();
        return first != null && first.dueNs <= nowNs ? first : null;
    }

    /** Takes out the frame that {@link #due} gave; nothing was held in between. */
    void release(Frame frame) {
        held.poll();
        bytes -= frame.lengthBytes;
        spare.push(frame);
    }
}
