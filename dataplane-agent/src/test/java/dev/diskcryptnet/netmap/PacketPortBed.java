package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A port with a ring of 8 data slots, another one that receives, and two interfaces back to back between them. */
abstract class PacketPortBed {
    static final int LARGE = 60 * 1024;

    VethPair veth;
    Port nearPort;
    Port farPort;
    PortQueue near;
    PortQueue far;
    long from;
    long to;

    final List<UnsafeBuffer> received = new ArrayList<>();
    final List<Integer> flags = new ArrayList<>();
    final FrameHandler keep = (buffer, offset, lengthBytes, frameFlags) -> {
        received.add(TestFrames.copy(buffer, offset, lengthBytes));
        flags.add(frameFlags);
    };

    /** Whether the port copies what it sends, or hands it over in a ring. */
    abstract boolean copies();

    @BeforeEach
    void open() {
        veth = VethPair.create();
        nearPort = Ports.open("packet:" + veth.near() + "?slots=8&copy=" + (copies() ? 1 : 0));
        farPort = Ports.open("packet:" + veth.far());
        near = nearPort.openQueue(0, 1);
        far = farPort.openQueue(0, 1);
        from = nearPort.facts().macAddress();
        to = farPort.facts().macAddress();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : new AutoCloseable[] {near, far, nearPort, farPort, veth}) {
            if (each != null) {
                each.close();
            }
        }
    }

    /** Keeps doing {@code step} until {@code done}, at most 5 s. */
    static void until(BooleanSupplier done, Runnable step) {
        long deadlineNs = System.nanoTime() + 5_000_000_000L;
        while (!done.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, "did not happen within 5 s");
            step.run();
        }
    }

    void receive(int frames) {
        until(() -> received.size() >= frames, () -> far.receive(keep, 256));
        assertEquals(frames, received.size());
    }

    List<Integer> numbers() {
        return received.stream().map(frame -> TestFrames.number(frame, 0)).toList();
    }
}
