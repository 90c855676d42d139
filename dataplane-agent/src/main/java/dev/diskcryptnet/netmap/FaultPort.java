package dev.diskcryptnet.netmap;

import dev.diskcryptnet.counters.CounterSet;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Wraps a port and loses, doubles, reorders, corrupts and delays frames in both directions, the same ones for the same
 * seed and traffic.
 *
 * <p>It reports neither segmentation nor checksum offload, so that faults hit single packets and a flipped bit is not
 * made right again by the device. It offers no descriptor to wait on: frames that it holds back come due by time.
 */
public final class FaultPort implements Port {
    static final int ETHERNET_BYTES = 14;

    private final Port port;
    private final FaultSpec spec;
    private final LongSupplier clock;
    private final IntFunction<CounterSet> counters;

    /**
     * @param port what is wrapped; closed with this
     * @param clock nanoseconds, any origin; read once by each receive and flush
     * @param counters counter set of each worker
     */
    public FaultPort(Port port, FaultSpec spec, LongSupplier clock, IntFunction<CounterSet> counters) {
        this.port = port;
        this.spec = spec;
        this.clock = clock;
        this.counters = counters;
    }

    @Override
    public PortFacts facts() {
        PortFacts facts = port.facts();
        int frameBytes = Math.min(facts.maxFrameBytes(), facts.mtu() + ETHERNET_BYTES);
        return new PortFacts(
                facts.uri(),
                facts.driver(),
                facts.interfaceName(),
                facts.macAddress(),
                facts.mtu(),
                false,
                false,
                false,
                frameBytes,
                frameBytes,
                facts.zeroCopy(),
                facts.transmitMode(),
                facts.numaNode());
    }

    @Override
    public void serve(List<byte[]> addresses) {
        port.serve(addresses);
    }

    @Override
    public PortQueue openQueue(int worker, int workers) {
        long seed = spec.seed() * 0x9E3779B97F4A7C15L + 2L * worker;
        String name = port.facts().interfaceName();
        CounterSet set = counters.apply(worker);
        FaultDice receive = new FaultDice(spec.receive(), seed, set, name, "receive");
        FaultDice transmit = new FaultDice(spec.transmit(), seed + 1, set, name, "transmit");
        return new Queue(port.openQueue(worker, workers), receive, transmit, clock);
    }

    @Override
    public void close() {
        port.close();
    }

    static void flip(UnsafeBuffer buffer, int frameOffset, int bit) {
        int position = frameOffset + ETHERNET_BYTES + bit / Byte.SIZE;
        if (position < buffer.capacity()) {
            buffer.putByte(position, (byte) (buffer.getByte(position) ^ 1 << bit % Byte.SIZE));
        }
    }

    private static final class Queue extends WrappedQueue {
        private final FaultDice dice;
        private final LongSupplier clock;
        private final FaultTxRing data;
        private final FaultTxRing control;
        private final HeldFrames toReceive = new HeldFrames();
        private final HeldFrames toSend = new HeldFrames();
        private final UnsafeBuffer scratch = new UnsafeBuffer(ByteBuffer.allocateDirect(1 << 17));
        private final FrameHandler onReceived = this::onReceived;
        private FrameHandler handler;
        private long nowNs;
        private int delivered;

        Queue(PortQueue queue, FaultDice receive, FaultDice transmit, LongSupplier clock) {
            super(queue);
            this.dice = receive;
            this.clock = clock;
            this.data = new FaultTxRing(queue.data(), transmit, toSend, this::nowNs);
            this.control = new FaultTxRing(queue.control(), transmit, toSend, this::nowNs);
            this.nowNs = clock.getAsLong();
        }

        private long nowNs() {
            return nowNs;
        }

        @Override
        public int receive(FrameHandler handler, int limit) {
            nowNs = clock.getAsLong();
            this.handler = handler;
            delivered = 0;
            HeldFrames.Frame frame;
            while (delivered < limit && (frame = toReceive.due(nowNs)) != null) {
                toReceive.release(frame);
                deliver(frame.buffer, 0, frame.lengthBytes, frame.flags);
            }
            queue.receive(onReceived, limit - delivered);
            return delivered;
        }

        private void onReceived(DirectBuffer buffer, int offset, int lengthBytes, int flags) {
            if (dice.drops(lengthBytes)) {
                return;
            }
            DirectBuffer frame = buffer;
            int start = offset;
            int frameFlags = flags;
            if (dice.corrupts()) {
                scratch.putBytes(0, buffer, offset, lengthBytes);
                flip(scratch, 0, dice.bit(lengthBytes));
                frame = scratch;
                start = 0;
                frameFlags &= ~FrameHandler.CHECKSUM_GOOD;
            }
            if (dice.duplicates()) {
                hold(frame, start, lengthBytes, frameFlags, 0);
            }
            long holdNs = dice.holdNs();
            if (holdNs > 0) {
                hold(frame, start, lengthBytes, frameFlags, holdNs);
            } else {
                deliver(frame, start, lengthBytes, frameFlags);
            }
        }

        private void hold(DirectBuffer buffer, int offset, int lengthBytes, int flags, long holdNs) {
            if (!toReceive.hold(buffer, offset, lengthBytes, flags, nowNs + holdNs)) {
                dice.overflowed(lengthBytes);
            }
        }

        private void deliver(DirectBuffer buffer, int offset, int lengthBytes, int flags) {
            delivered++;
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
        public int flush() {
            nowNs = clock.getAsLong();
            HeldFrames.Frame frame;
            while ((frame = toSend.due(nowNs)) != null && sendCopy(frame)) {
                toSend.release(frame);
            }
            return queue.flush();
        }

        /** A copy leaves on the control ring where it fits, as that never waits for a disk. */
        private boolean sendCopy(HeldFrames.Frame frame) {
            boolean small = frame.lengthBytes <= queue.control().maxPayloadBytes();
            TxRing ring = small ? queue.control() : queue.data();
            int slot = ring.take();
            if (slot < 0) {
                return false;
            }
            int offset = ring.slotOffset(slot) + ring.payloadOffset();
            ring.buffer().putBytes(offset, frame.buffer, 0, frame.lengthBytes);
            ring.send(slot, offset, frame.lengthBytes, 0, 0, 0);
            return true;
        }

        @Override
        public int waitDescriptor() {
            return -1;
        }
    }
}
