package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only a ring does that the kernel reads slots from: order, and slots that come back late. */
class PacketRingTest extends PortBed {
    @Override
    ContractDriver driver() {
        return ContractDriver.PACKET_RING;
    }

    private static void takeAll(TxRing ring, List<Integer> held) {
        for (int slot = ring.take(); slot >= 0; slot = ring.take()) {
            held.add(slot);
        }
    }

    /** The first frame leaves at once, each further one takes 30 ms. */
    private static void slow(String interfaceName) {
        VethPair.runOrSkip("tc qdisc add dev %s root tbf rate 16mbit burst 64kb latency 5s"
                .formatted(interfaceName)
                .split(" "));
    }

    @Test
    void shouldSendInSlotOrderWhenFilledOutOfOrder() {
        TxRing ring = near.data();
        int[] slots = {ring.take(), ring.take(), ring.take()};
        for (int i = 0; i < 3; i++) {
            TestFrames.fillLarge(ring, slots[i], from, to, 1000, i, 5000);
        }

        TestFrames.sendLarge(ring, slots[2], 5000);
        assertEquals(0, near.flush());
        TestFrames.sendLarge(ring, slots[1], 5000);
        assertEquals(0, near.flush());
        assertEquals(5, ring.available());
        TestFrames.sendLarge(ring, slots[0], 5000);
        assertEquals(3, near.flush());

        assertEquals(8, ring.available());
        receive(3);
        assertEquals(List.of(0, 1, 2), numbers());
    }

    @Test
    void shouldTakeNoReferences() {
        TxRing ring = near.data();
        assertFalse(ring.takesReferences());
        int slot = ring.take();
        assertThrows(UnsupportedOperationException.class, () -> ring.refer(slot, 4096, 1));
        ring.cancel(slot);
    }

    @Test
    void shouldHaveNothingToNote() {
        assertEquals(List.of(), VethPair.notesOnAnyKernel(nearPort));
    }

    @Test
    void shouldNoteThatItsRingIsNotInHugePages() {
        try (Port port = Ports.open("packet:" + veth.near() + "?copy=0&huge=1")) {
            List<String> notes = VethPair.notesOnAnyKernel(port);
            assertEquals(1, notes.size());
            assertTrue(notes.getFirst().contains("not in huge pages"), notes::toString);
        }
    }

    @Test
    void shouldWaitForSlotsThatComeBackLate() {
        near.close();
        nearPort.close();
        slow(veth.near());
        nearPort = Ports.open("packet:" + veth.near() + "?slots=8&bypass=0&copy=0");
        near = nearPort.openQueue(0, 1);
        TxRing ring = near.data();
        for (int i = 0; i < 8; i++) {
            TestFrames.fillLarge(ring, ring.take(), from, to, 1000, i, LARGE);
            TestFrames.sendLarge(ring, i, LARGE);
        }
        assertEquals(8, near.flush());
        List<Integer> held = new ArrayList<>();
        takeAll(ring, held);
        assertTrue(held.size() < 8, "the queueing discipline holds frames");

        try (Waiter waiter = new Waiter()) {
            waiter.add(near.waitDescriptor(), Waiter.POLLIN);
            near.receive(keep, 256);
            int wakeUps = 0;
            for (; held.size() < 8; wakeUps++) {
                assertTrue(waiter.await(5_000_000_000L) > 0, "nothing woke the loop");
                near.receive(keep, 256);
                near.flush();
                takeAll(ring, held);
            }
            assertTrue(wakeUps <= 20, "wakeUps=" + wakeUps);
            held.forEach(ring::cancel);
            near.flush();
            assertEquals(8, ring.available());
            near.receive(keep, 256);
            assertEquals(0, waiter.await(50_000_000L), "nothing is wanted any more");
        }
        receive(8);
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7), numbers());
    }
}
