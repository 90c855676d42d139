package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.CounterSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FaultPortTest {
    private static final int FRAMES = 5_000;
    private static final long STEP_NS = 10_000;

    /** Sends and receives numbered frames through a port with faults. */
    private static final class Link {
        final FrameScript script = new FrameScript();
        final CounterSet counters = new CounterSet(Map.of());
        final FaultPort port;
        final PortQueue queue;
        long nowNs;

        Link(String faults) {
            PeerPort peer = new PeerPort("test", 8, 8192, worker -> script);
            port = new FaultPort(peer, FaultSpec.parse(faults), () -> nowNs, worker -> counters);
            queue = port.openQueue(0, 1);
        }

        static byte[] numbered(int number) {
            byte[] frame = new byte[60];
            frame[14] = (byte) (number >>> 8);
            frame[15] = (byte) number;
            return frame;
        }

        static int number(byte[] frame) {
            return (frame[14] & 0xFF) << 8 | frame[15] & 0xFF;
        }

        List<Integer> send(TxRing ring) {
            List<Integer> arrived = new ArrayList<>();
            for (int i = 0; i < FRAMES + 1000; i++, nowNs += STEP_NS) {
                if (i < FRAMES) {
                    int slot = ring.take();
                    int offset = ring.slotOffset(slot) + ring.payloadOffset();
                    ring.buffer().putBytes(offset, numbered(i));
                    ring.send(slot, offset, 60, 0, 0, 0);
                }
                queue.flush();
                script.takeSent().forEach(frame -> arrived.add(number(frame.bytes())));
            }
            assertEquals(ring.slotCount(), ring.available());
            return arrived;
        }

        List<Integer> receive() {
            List<Integer> arrived = new ArrayList<>();
            for (int i = 0; i < FRAMES + 1000; i++, nowNs += STEP_NS) {
                if (i < FRAMES) {
                    script.inject(numbered(i), FrameHandler.CHECKSUM_GOOD);
                }
                queue.receive(
                        (buffer, offset, length, flags) -> arrived.add(
                                (buffer.getByte(offset + 14) & 0xFF) << 8 | buffer.getByte(offset + 15) & 0xFF),
                        64);
            }
            return arrived;
        }

        long counted(String name) {
            return counters.counters().stream()
                    .filter(counter -> counter.descriptor().name().equals(name))
                    .mapToLong(counter -> counter.get())
                    .sum();
        }
    }

    @Test
    void shouldPassEverythingWhenThereAreNoFaults() {
        Link link = new Link("seed=1");
        assertEquals(FRAMES, link.send(link.queue.data()).size());
        assertEquals(FRAMES, link.receive().size());
    }

    @Test
    void shouldLoseTheShareThatWasAskedForInBothDirections() {
        Link link = new Link("drop=0.1,seed=7");
        for (List<Integer> arrived : List.of(link.send(link.queue.data()), link.receive())) {
            assertEquals(0.9 * FRAMES, arrived.size(), 0.02 * FRAMES);
            assertTrue(isSorted(arrived));
        }
        long frames = link.counted("dcn_fault_frames");
        assertEquals(0.2 * FRAMES, frames, 0.04 * FRAMES);
        // All frames are as long as the first.
        long bytes = link.counted("dcn_fault_dropped_bytes");
        assertTrue(bytes > 0 && bytes % frames == 0, "bytes=" + bytes + " frames=" + frames);
    }

    @Test
    void shouldReorderWithoutLoss() {
        Link link = new Link("reorder=0.05,seed=3");
        for (List<Integer> arrived : List.of(link.send(link.queue.data()), link.receive())) {
            assertEquals(FRAMES, arrived.size());
            assertEquals(FRAMES, new HashSet<>(arrived).size());
            assertFalse(isSorted(arrived));
        }
    }

    /** What reads frames may hand their addresses to native code. */
    @Test
    void shouldDeliverWhatItCopiedFromOutsideTheHeap() {
        Link link = new Link("reorder=0.99,corrupt=0.99,seed=3");
        var onTheHeap = new AtomicInteger();
        for (int i = 0; i < FRAMES; i++, link.nowNs += STEP_NS) {
            link.script.inject(Link.numbered(i), FrameHandler.CHECKSUM_GOOD);
            link.queue.receive(
                    (buffer, offset, length, flags) -> {
                        if (flags == 0 && buffer.byteArray() != null) {
                            onTheHeap.incrementAndGet();
                        }
                    },
                    64);
        }
        assertEquals(0, onTheHeap.get());
    }

    @Test
    void shouldDuplicate() {
        Link link = new Link("duplicate=0.1,seed=3");
        for (List<Integer> arrived : List.of(link.send(link.queue.control()), link.receive())) {
            assertEquals(1.1 * FRAMES, arrived.size(), 0.02 * FRAMES);
            assertEquals(FRAMES, new HashSet<>(arrived).size());
        }
    }

    @Test
    void shouldDelayEachFrameAndKeepOrder() {
        Link link = new Link("delay=5ms");
        link.script.inject(Link.numbered(1), 0);
        link.script.inject(Link.numbered(2), 0);
        List<Integer> arrived = new ArrayList<>();
        FrameHandler handler = (buffer, offset, length, flags) -> arrived.add((int) buffer.getByte(offset + 15));
        assertEquals(0, link.queue.receive(handler, 64));
        link.nowNs = 4_999_999;
        assertEquals(0, link.queue.receive(handler, 64));
        link.nowNs = 5_000_000;
        assertEquals(1, link.queue.receive(handler, 1));
        assertEquals(1, link.queue.receive(handler, 1));
        assertEquals(List.of(1, 2), arrived);
    }

    @Test
    void shouldFlipOneBitAndNoLongerVouchForTheChecksum() {
        Link link = new Link("corrupt=1");
        link.script.inject(new byte[60], FrameHandler.CHECKSUM_GOOD);
        link.queue.receive(
                (buffer, offset, length, flags) -> {
                    int bits = 0;
                    for (int i = 0; i < length; i++) {
                        bits += Integer.bitCount(buffer.getByte(offset + i) & 0xFF);
                    }
                    assertEquals(1, bits);
                    assertEquals(0, flags);
                },
                1);
        TxRing ring = link.queue.control();
        int slot = ring.take();
        ring.send(slot, ring.slotOffset(slot), 60, 0, 0, 0);
        link.queue.flush();
        int bits = 0;
        for (byte b : link.script.takeSent().getFirst().bytes()) {
            bits += Integer.bitCount(b & 0xFF);
        }
        assertEquals(1, bits);
    }

    @Test
    void shouldDoTheSameForTheSameSeedOnly() {
        String faults = "drop=0.02,reorder=0.02,corrupt=0.001,duplicate=0.001,delay=1ms,seed=";
        Link first = new Link(faults + 5);
        Link second = new Link(faults + 5);
        Link other = new Link(faults + 6);
        List<Integer> sent = first.send(first.queue.data());
        assertEquals(sent, second.send(second.queue.data()));
        assertNotEquals(sent, other.send(other.queue.data()));
    }

    @Test
    void shouldReportNoOffloadAndRefuseIt() {
        Link link = new Link("drop=0");
        assertFalse(link.port.facts().segmentationIpv4());
        assertFalse(link.port.facts().checksumOffload());
        assertEquals(1514, link.port.facts().maxFrameBytes());
        int slot = link.queue.data().take();
        assertThrows(IllegalArgumentException.class, () -> link.queue.data().send(slot, 0, 100, 1448, 54, 34));
    }

    @Test
    void shouldParseDirectionsAndRefuseNonsense() {
        FaultSpec spec = FaultSpec.parse("drop=0.5,tx.drop=0,rx.delay=200us,seed=9");
        assertEquals(0.5, spec.receive().drop());
        assertEquals(0, spec.transmit().drop());
        assertEquals(200_000, spec.receive().delayNs());
        assertEquals(0, spec.transmit().delayNs());
        assertEquals(9, spec.seed());
        for (String wrong : List.of("", "drop", "drop=2", "drop=x", "dorp=0.1", "delay=5", "seed=x", "rx.seed=1")) {
            var refusal = assertThrows(IllegalArgumentException.class, () -> FaultSpec.parse(wrong));
            assertTrue(refusal.getMessage().contains("faults=" + wrong));
        }
    }

    private static boolean isSorted(List<Integer> numbers) {
        List<Integer> sorted = new ArrayList<>(numbers);
        Collections.sort(sorted);
        return sorted.equals(numbers);
    }
}
