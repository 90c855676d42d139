package dev.diskcryptnet.netmap;

import java.util.function.IntFunction;

/**
 * A port whose far side is an object in the same process (driver {@code peer}): for tests, and for measuring the loop
 * without the kernel. The far side gets frames of many packets with segmentation and checksums left to it. Nothing is
 * lost and nothing takes time: a slot is free when {@link PortQueue#flush} returns.
 */
public final class PeerPort implements Port {
    /** Ethernet header and the longest IP packet: as long as frames are unless others are asked for. */
    public static final int FRAME_BYTES = 14 + 65_535;

    /** Large slots as the packet driver has them. */
    public static final int DATA_SLOTS = 128;

    public static final int DATA_SLOT_BYTES = 128 * 1024;

    private static final int DATA_PAYLOAD_OFFSET = 4096;

    private static final int CONTROL_SLOTS = 512;
    private static final int CONTROL_SLOT_BYTES = 2048;
    private static final int CONTROL_PAYLOAD_OFFSET = 256;
    /** A locally administered station address (IEEE 802 8.4). */
    private static final long STATION = 0x02DC_0000_0001L;

    private static final int MTU = 1500;

    private final PortFacts facts;
    private final int slots;
    private final int slotBytes;
    private final IntFunction<PeerFarSide> farSides;

    /**
     * A port with the packet driver's slots.
     *
     * @param name what follows {@code peer:} in the URI
     * @param farSides gives each worker's queue its far side
     */
    public PeerPort(String name, IntFunction<PeerFarSide> farSides) {
        this(name, DATA_SLOTS, DATA_SLOT_BYTES, farSides);
    }

    /**
     * @param name what follows {@code peer:} in the URI
     * @param slots data slots per queue
     * @param slotBytes size of a data slot in bytes, a multiple of 4096, at least 8192
     * @param farSides gives each worker's queue its far side
     */
    public PeerPort(String name, int slots, int slotBytes, IntFunction<PeerFarSide> farSides) {
        this(name, slots, slotBytes, Math.min(FRAME_BYTES, slotBytes - DATA_PAYLOAD_OFFSET), farSides);
    }

    /**
     * A port whose frames are as long as one likes, as virtual interfaces take them.
     *
     * @param slots data slots per queue
     * @param maxFrameBytes Ethernet header included
     */
    public static PeerPort ofFrames(String name, int slots, int maxFrameBytes, IntFunction<PeerFarSide> farSides) {
        int slotBytes = (DATA_PAYLOAD_OFFSET + maxFrameBytes + DATA_PAYLOAD_OFFSET) & -DATA_PAYLOAD_OFFSET;
        return new PeerPort(name, slots, slotBytes, maxFrameBytes, farSides);
    }

    private PeerPort(String name, int slots, int slotBytes, int maxFrameBytes, IntFunction<PeerFarSide> farSides) {
        if (slotBytes % DATA_PAYLOAD_OFFSET != 0 || slotBytes < 2 * DATA_PAYLOAD_OFFSET) {
            throw new IllegalArgumentException(
                    "slotBytes=" + slotBytes + " is not a multiple of 4096 of at least 8192");
        }
        this.slots = slots;
        this.slotBytes = slotBytes;
        this.farSides = farSides;
        facts = new PortFacts(
                "peer:" + name,
                "peer",
                name,
                STATION,
                MTU,
                true,
                true,
                true,
                maxFrameBytes,
                maxFrameBytes,
                true,
                "ring",
                -1);
    }

    @Override
    public PortFacts facts() {
        return facts;
    }

    @Override
    public PortQueue openQueue(int worker, int workers) {
        return new Queue(
                new MemoryTxRing(slots, slotBytes, DATA_PAYLOAD_OFFSET),
                new MemoryTxRing(CONTROL_SLOTS, CONTROL_SLOT_BYTES, CONTROL_PAYLOAD_OFFSET),
                farSides.apply(worker),
                new PortStatistics());
    }

    @Override
    public void close() {
        // Its queues hold all there is.
    }

    /** Both rings are drained into the far side by flush, control frames first. */
    private record Queue(MemoryTxRing data, MemoryTxRing control, PeerFarSide farSide, PortStatistics statistics)
            implements PortQueue {
        @Override
        public int receive(FrameHandler handler, int limit) {
            int frames = farSide.deliver(handler, limit);
            statistics.receivedFrames += frames;
            return frames;
        }

        @Override
        public int flush() {
            int frames = control.drain(farSide) + data.drain(farSide);
            statistics.sentFrames += frames;
            statistics.sentBytes = control.sentBytes() + data.sentBytes();
            statistics.sentPackets = control.sentPackets() + data.sentPackets();
            return frames;
        }

        @Override
        public boolean linkUp() {
            return true;
        }

        @Override
        public long receiveDropped() {
            return 0;
        }

        @Override
        public int waitDescriptor() {
            return -1;
        }

        @Override
        public void close() {
            // Memory goes with the last reference.
        }
    }
}
