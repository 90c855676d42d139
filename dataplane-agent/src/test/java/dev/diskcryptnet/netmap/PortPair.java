package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.diskcryptnet.ffi.NativeException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Two ports joined back to back.
 *
 * @param veth the interfaces that they are on, or null when there are none
 * @param near the port of the driver under test
 * @param far a port that sends to it and sees what it sends
 */
record PortPair(VethPair veth, Port near, Port far) implements AutoCloseable {
    /** What frames of {@link TestFrames} are from and to. */
    private static final List<byte[]> ADDRESSES = List.of(new byte[] {10, 0, 0, 1}, new byte[] {10, 0, 0, 2});

    private static final AtomicInteger SWITCHES = new AtomicInteger();

    static PortPair onVeth(ContractDriver driver, int queues) {
        VethPair veth = VethPair.create(queues);
        try {
            return onVeth(driver, veth);
        } catch (RuntimeException | Error e) {
            veth.close();
            throw e;
        }
    }

    /** Skips the test where the driver says that the kernel is too old for it. */
    private static PortPair onVeth(ContractDriver driver, VethPair veth) {
        return new PortPair(veth, openNear(driver, veth), Ports.open("packet:" + veth.far()));
    }

    /** Opens the driver's port, another time when the one before is closed. */
    static Port openNear(ContractDriver driver, VethPair veth) {
        try {
            Port near = Ports.open(driver.uri(veth.near()));
            near.serve(ADDRESSES);
            return near;
        } catch (NativeException e) {
            assumeFalse(e.getMessage().contains("needs Linux"), e.getMessage());
            throw e;
        }
    }

    /** Two ports of a VALE switch that is theirs alone. */
    static PortPair onSwitch(ContractDriver driver) {
        String name = "vale" + SWITCHES.getAndIncrement();
        return new PortPair(null, Ports.open(driver.uri(name + ":near")), Ports.open(driver.uri(name + ":far")));
    }

    static PortPair ofPeers() {
        Deque<UnsafeBuffer> toFar = new ArrayDeque<>();
        Deque<UnsafeBuffer> toNear = new ArrayDeque<>();
        Port near = new PeerPort("near", 8, PeerPort.DATA_SLOT_BYTES, worker -> new Cable(toFar, toNear));
        return new PortPair(null, near, new PeerPort("far", worker -> new Cable(toNear, toFar)));
    }

    /** Whoever tests this needs no queues of them any more. */
    @Override
    public void close() {
        near.close();
        far.close();
        if (veth != null) {
            veth.close();
        }
    }

    /** One end of a cable between two {@link PeerPort}s. */
    private record Cable(Deque<UnsafeBuffer> out, Deque<UnsafeBuffer> in) implements PeerFarSide {
        @Override
        public void onFrame(
                DirectBuffer buffer,
                int frameOffset,
                int frameBytes,
                int segmentBytes,
                int headerBytes,
                int checksumStart) {
            out.add(TestFrames.copy(buffer, frameOffset, frameBytes));
        }

        @Override
        public int deliver(FrameHandler handler, int limit) {
            int frames = 0;
            for (; frames < limit && !in.isEmpty(); frames++) {
                UnsafeBuffer frame = in.remove();
                handler.onFrame(frame, 0, frame.capacity(), FrameHandler.CHECKSUM_GOOD);
            }
            return frames;
        }
    }
}
