package dev.diskcryptnet.netmap;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A far side for packet-in, packet-out scripts: a test injects frames and looks at what was sent. */
public final class FrameScript implements PeerFarSide {
    /** One frame with what the sender left to the device. */
    public record Frame(byte[] bytes, int segmentBytes, int headerBytes, int checksumStart) {
        public UnsafeBuffer buffer() {
            return new UnsafeBuffer(bytes);
        }
    }

    private record Injected(byte[] bytes, int flags) {}

    private final ArrayDeque<Injected> injected = new ArrayDeque<>();
    private final ArrayList<Frame> sent = new ArrayList<>();

    /** Puts a frame in line for the port to receive. */
    public void inject(byte[] frame, int flags) {
        injected.add(new Injected(frame, flags));
    }

    /** Frames sent since the last call. */
    public List<Frame> takeSent() {
        List<Frame> frames = List.copyOf(sent);
        sent.clear();
        return frames;
    }

    @Override
    public void onFrame(DirectBuffer buffer, int offset, int length, int segment, int header, int checksumStart) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        sent.add(new Frame(bytes, segment, header, checksumStart));
    }

    @Override
    public int deliver(FrameHandler handler, int limit) {
        int frames = 0;
        for (; frames < limit && !injected.isEmpty(); frames++) {
            Injected next = injected.poll();
            handler.onFrame(new UnsafeBuffer(next.bytes), 0, next.bytes.length, next.flags);
        }
        return frames;
    }
}
