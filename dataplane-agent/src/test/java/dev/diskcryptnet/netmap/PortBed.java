package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A port with a ring of 8 data slots, and another one that is joined to it back to back. */
abstract class PortBed {
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

    private PortPair pair;

    /** The driver of the near port. */
    abstract ContractDriver driver();

    @BeforeEach
    void open() {
        use(driver().pair(), 1);
    }

    /** Takes another pair in place of the one in use, if any; the near port for the first of {@code workers}. */
    void use(PortPair other, int workers) {
        close();
        pair = other;
        veth = pair.veth();
        nearPort = pair.near();
        farPort = pair.far();
        near = nearPort.openQueue(0, workers);
        far = farPort.openQueue(0, 1);
        from = nearPort.facts().macAddress();
        to = farPort.facts().macAddress();
    }

    /** Opens the near port anew, on an interface that has been changed. */
    void reopenNear() {
        near.close();
        nearPort.close();
        nearPort = PortPair.openNear(driver(), veth);
        near = nearPort.openQueue(0, 1);
    }

    @AfterEach
    void close() {
        for (PortQueue queue : new PortQueue[] {near, far}) {
            if (queue != null) {
                queue.close();
            }
        }
        if (nearPort != null) {
            nearPort.close();
        }
        if (pair != null) {
            pair.close();
        }
        near = far = null;
        nearPort = null;
        pair = null;
    }

    /** Keeps doing {@code step} until {@code done}, at most 5 s. */
    static void until(BooleanSupplier done, Runnable step) {
        long deadlineNs = System.nanoTime() + 5_000_000_000L;
        while (!done.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadlineNs, "did not happen within 5 s");
            step.run();
        }
    }

    /** Takes so many frames at the far port. */
    void receive(int frames) {
        receive(far, frames);
    }

    void receive(PortQueue queue, int frames) {
        until(() -> received.size() >= frames, () -> queue.receive(keep, 256));
        assertEquals(frames, received.size());
    }

    /**
     * Takes frames of {@link TestFrames} at a port until it has the payload of so many, whole or in segments, and checks
     * each byte; returns their numbers as they came.
     */
    List<Integer> receivePayload(PortQueue queue, int frames, int payloadBytes) {
        until(() -> payloadBytes() >= frames * payloadBytes, () -> {
            near.flush();
            queue.receive(keep, 256);
        });
        assertEquals(frames * payloadBytes, payloadBytes());
        List<Integer> numbers = new ArrayList<>();
        int at = payloadBytes;
        for (int i = 0; i < received.size(); i++) {
            UnsafeBuffer frame = received.get(i);
            assertTrue(flags.get(i) == FrameHandler.CHECKSUM_GOOD || TestFrames.checksumsHold(frame), "frame " + i);
            if (at == payloadBytes) {
                at = 0;
                numbers.add(TestFrames.number(frame, 0));
            }
            assertEquals(at, TestFrames.sequence(frame));
            for (int j = TestFrames.HEADER_BYTES; j < frame.capacity(); j++, at++) {
                assertTrue(
                        at < 4 || frame.getByte(j) == TestFrames.payload(numbers.getLast(), at), "payload byte " + at);
            }
        }
        return numbers;
    }

    private int payloadBytes() {
        return received.stream()
                .mapToInt(frame -> frame.capacity() - TestFrames.HEADER_BYTES)
                .sum();
    }

    List<Integer> numbers() {
        return received.stream().map(frame -> TestFrames.number(frame, 0)).toList();
    }
}
