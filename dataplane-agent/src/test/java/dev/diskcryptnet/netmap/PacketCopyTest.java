package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What only a port does that copies what it sends: any order, and payload that lies elsewhere. */
class PacketCopyTest extends PortBed {
    @Override
    ContractDriver driver() {
        return ContractDriver.PACKET_COPY;
    }

    @Test
    void shouldSendAtOnceWhenFilledOutOfOrder() {
        TxRing ring = near.data();
        int[] slots = {ring.take(), ring.take(), ring.take()};
        for (int i = 0; i < 3; i++) {
            TestFrames.fillLarge(ring, slots[i], from, to, 1000, i, 5000);
        }

        for (int i = 2; i >= 0; i--) {
            TestFrames.sendLarge(ring, slots[i], 5000);
            assertEquals(1, near.flush());
            assertEquals(8 - i, ring.available());
        }
        receive(3);
        assertEquals(List.of(2, 1, 0), numbers());
    }

    @Test
    void shouldNoteThatItCopies() {
        assertEquals(
                List.of("interface=" + veth.near() + " is virtual: the kernel copies each frame that is sent"),
                VethPair.notesOnAnyKernel(nearPort));
    }

    @Test
    void shouldSendPayloadFromWhereItLies() {
        TxRing ring = near.data();
        assertTrue(ring.takesReferences());
        int slot = ring.take();
        TestFrames.fillLarge(ring, slot, from, to, 1000, 7, LARGE);
        OffHeapRegion elsewhere = OffHeapRegion.allocate(LARGE);
        int inSlot = ring.slotOffset(slot) + ring.payloadOffset() + 100;
        elsewhere.buffer().putBytes(0, ring.buffer(), inSlot, LARGE - 100);
        ring.buffer().setMemory(inSlot, LARGE - 100, (byte) 0);
        ring.refer(slot, elsewhere.address(), LARGE - 100);
        TestFrames.sendLarge(ring, slot, LARGE);
        int next = ring.take();
        TestFrames.fillLarge(ring, next, from, to, 1000, 8, LARGE);
        TestFrames.sendLarge(ring, next, LARGE);

        assertEquals(2, near.flush());
        receive(2);
        for (int number = 7; number <= 8; number++) {
            UnsafeBuffer frame = received.get(number - 7);
            assertEquals(TestFrames.HEADER_BYTES + LARGE, frame.capacity());
            for (int i = 4; i < LARGE; i++) {
                assertEquals(TestFrames.payload(number, i), frame.getByte(TestFrames.HEADER_BYTES + i));
            }
        }
        // A slot that was taken again refers to nothing.
        int again = ring.take();
        ring.refer(again, 64, 100);
        ring.cancel(again);
        assertEquals(again, ring.take());
        TestFrames.sendLarge(ring, again, LARGE);
        assertEquals(1, near.flush());
    }

    @Test
    void shouldGoOnSendingLargeFramesWhenSegmentationIsTurnedOff() {
        VethPair.runOrSkip("ethtool", "-K", veth.near(), "tso", "off", "gso", "off");
        TxRing ring = near.data();
        int slot = ring.take();
        TestFrames.fillLarge(ring, slot, from, to, 1000, 0, LARGE);
        TestFrames.sendLarge(ring, slot, LARGE);

        assertEquals(1, near.flush());
        until(
                () -> received.stream()
                                .mapToInt(frame -> frame.capacity() - TestFrames.HEADER_BYTES)
                                .sum()
                        >= LARGE,
                () -> far.receive(keep, 256));
        assertEquals(0, near.statistics().sendDroppedRefused());
    }
}
