package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Slots of a port: taken, filled, sent, given back, whichever driver it is of. */
@ParameterizedClass(name = "{0}")
@EnumSource(ContractDriver.class)
class PortRingContractTest extends PortContract {
    @Test
    void shouldHaveSlotsWhosePayloadADiskMayWrite() {
        TxRing ring = near.data();
        Set<Integer> slots = new HashSet<>();
        for (int i = 8; i-- > 0; ) {
            int slot = ring.take();
            slots.add(slot);
            assertEquals(i, ring.available());
            assertEquals(0, (ring.region().address() + ring.slotOffset(slot) + ring.payloadOffset()) % 4096);
            assertTrue(ring.slotOffset(slot) + ring.payloadOffset() + ring.maxPayloadBytes()
                    <= ring.region().lengthBytes());
        }
        assertEquals(8, slots.size());
        assertTrue(ring.payloadOffset() + ring.maxPayloadBytes()
                >= nearPort.facts().maxFrameBytes());
    }

    @Test
    void shouldSkipCancelledSlots() {
        TxRing ring = near.data();
        for (int round = 0; round < 20; round++) {
            int first = ring.take();
            int second = ring.take();
            int third = ring.take();
            fill(second, round, 1400);
            send(second, 1400);
            ring.cancel(third);
            ring.cancel(first);
            assertEquals(1, near.flush());
            settle();
        }

        assertEquals(20, receivePayload(far, 20, 1400).size());
        assertEquals(0, near.statistics().sendDroppedInvalid());
    }

    @Test
    void shouldSendEachSlotOnceWhenFilledOutOfOrder() {
        TxRing ring = near.data();
        int[] slots = {ring.take(), ring.take(), ring.take()};
        for (int i = 0; i < 3; i++) {
            fill(slots[i], i, 5000);
        }

        for (int i : new int[] {2, 0, 1}) {
            send(slots[i], 5000);
            near.flush();
        }
        settle();
        List<Integer> numbers = receivePayload(far, 3, 5000);
        assertEquals(Set.of(0, 1, 2), Set.copyOf(numbers));
    }

    @Test
    void shouldGiveNoSlotWhenRingIsFull() {
        TxRing ring = near.data();
        for (int i = 0; i < 8; i++) {
            assertEquals(i, ring.take());
        }

        assertEquals(-1, ring.take());
        for (int i = 0; i < 8; i++) {
            fill(i, i, 2000);
            send(i, 2000);
        }
        until(() -> ring.available() == 8, near::flush);
        assertEquals(0, ring.take());
        assertEquals(8, receivePayload(far, 8, 2000).size());
    }

    @Test
    void shouldCountFrameThatDoesNotFitItsSlotOrIsNone() {
        driver().needInterface();
        TxRing ring = near.control();
        int slot = ring.take();
        ring.send(slot, ring.slotOffset(slot) + 64, 3000, 0, 0, 0);
        int runt = ring.take();
        ring.send(runt, ring.slotOffset(runt) + ring.payloadOffset(), 13, 0, 0, 0);
        assertTrue(TestFrames.sendSmall(near, from, to, 1000, 1));

        assertEquals(1, near.flush());
        receive(1);
        assertEquals(2, near.statistics().sendDroppedInvalid());
    }

    @Test
    void shouldWakeWhoWaitsForFrames() {
        driver().needInterface();
        try (Waiter waiter = new Waiter()) {
            waiter.add(near.waitDescriptor(), Waiter.POLLIN);
            until(() -> near.receive(keep, 256) == 0, () -> {});
            assertEquals(0, waiter.await(20_000_000L));

            TestFrames.sendSmall(far, to, from, 1000, 5);
            far.flush();
            assertTrue(waiter.await(5_000_000_000L) > 0, "nothing woke the loop");
            receive(near, 1);
            until(() -> near.receive(keep, 256) == 0, () -> {});
            assertEquals(0, waiter.await(20_000_000L), "nothing is left");
        }
    }

    @Test
    void shouldCountFramesThatFoundReceiveRingFull() {
        driver().needInterface();
        driver().needCountOfLost();
        int sent = 20_000;
        for (int i = 0; i < sent; i++) {
            while (!TestFrames.sendSmall(far, to, from, 1000, i)) {
                far.flush();
            }
        }
        until(() -> far.flush() == 0, () -> {});
        until(() -> near.receive(keep, 256) == 0, () -> {});
        TestFrames.sendSmall(far, to, from, 1000, 1);
        far.flush();
        until(() -> near.receive(keep, 256) == 1, () -> {});

        assertEquals(sent + 1, received.size() + near.receiveDropped());
        assertTrue(near.receiveDropped() > 0);
    }

    @Test
    void shouldAllocateNothingOnThePath() {
        driver().needInterface();
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] sum = new long[1];
        FrameHandler count = (buffer, offset, lengthBytes, frameFlags) -> sum[0] += lengthBytes;
        cycles(count, 20_000);
        long before = threads.getCurrentThreadAllocatedBytes();
        cycles(count, 20_000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertTrue(sum[0] > 0);
        assertTrue(allocated < 1024, "allocatedBytes=" + allocated);
    }

    private void cycles(FrameHandler handler, int cycles) {
        for (int i = 0; i < cycles; i++) {
            TestFrames.sendSmall(near, from, to, 1000, i);
            near.flush();
            far.receive(handler, 256);
            TestFrames.sendSmall(far, to, from, 1000, i);
            far.flush();
            near.receive(handler, 256);
        }
    }
}
