package dev.diskcryptnet.netmap;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;

/**
 * Wraps a port and writes all frames received and sent to a file that tcpdump reads. Frames longer than the MTU, which
 * the device cuts up or has put together, are written as they are; checksums left to the device are filled in.
 *
 * <p>For looking into trouble: it copies each frame, and writes from the thread of the queue.
 */
public final class PcapPort implements Port {
    private final Port port;
    private final LongSupplier epochNs;
    private final PcapFile file;

    /**
     * @param port what is wrapped; closed with this
     * @param path the file, overwritten
     * @param epochNs nanoseconds since the epoch, see {@link #wallClock}
     * @param onError told once, in a sentence, when writing fails; frames flow on
     * @throws java.io.UncheckedIOException when the file cannot be made
     */
    public PcapPort(Port port, Path path, LongSupplier epochNs, Consumer<String> onError) {
        this.port = port;
        this.epochNs = epochNs;
        this.file = new PcapFile(path, onError);
    }

    /** Nanoseconds since the epoch: steps like the monotonic clock, from the wall clock of now. */
    public static LongSupplier wallClock() {
        long originNs = System.currentTimeMillis() * 1_000_000L - System.nanoTime();
        return () -> originNs + System.nanoTime();
    }

    @Override
    public PortFacts facts() {
        return port.facts();
    }

    @Override
    public void serve(List<byte[]> addresses) {
        port.serve(addresses);
    }

    @Override
    public PortQueue openQueue(int worker, int workers) {
        return new Queue(port.openQueue(worker, workers), file, epochNs);
    }

    @Override
    public void close() {
        port.close();
        file.close();
    }

    private static final class Ring extends WrappedTxRing {
        private final PcapFile file;
        private final LongSupplier epochNs;

        Ring(TxRing ring, PcapFile file, LongSupplier epochNs) {
            super(ring);
            this.file = file;
            this.epochNs = epochNs;
        }

        @Override
        public void send(
                int slot, int frameOffset, int frameBytes, int segmentBytes, int headerBytes, int checksumStart) {
            file.sent(epochNs.getAsLong(), ring.buffer(), frameOffset, frameBytes, checksumStart);
            ring.send(slot, frameOffset, frameBytes, segmentBytes, headerBytes, checksumStart);
        }
    }

    private static final class Queue extends WrappedQueue {
        private final PcapFile file;
        private final LongSupplier epochNs;
        private final Ring data;
        private final Ring control;
        private final FrameHandler onReceived = this::onReceived;
        private FrameHandler handler;

        Queue(PortQueue queue, PcapFile file, LongSupplier epochNs) {
            super(queue);
            this.file = file;
            this.epochNs = epochNs;
            this.data = new Ring(queue.data(), file, epochNs);
            this.control = new Ring(queue.control(), file, epochNs);
        }

        @Override
        public int receive(FrameHandler handler, int limit) {
            this.handler = handler;
            int frames = queue.receive(onReceived, limit);
            if (frames == 0) {
                file.drain();
            }
            return frames;
        }

        private void onReceived(DirectBuffer buffer, int offset, int lengthBytes, int flags) {
            file.received(epochNs.getAsLong(), buffer, offset, lengthBytes, flags);
            handler.onFrame(buffer, offset, lengthBytes, flags);
        }

        @Override
        public TxRing data() {
            return data;
        }

        @Override
        public TxRing control() {
            return control;
        }

        @Override
        public void close() {
            queue.close();
            file.drain();
        }
    }
}
