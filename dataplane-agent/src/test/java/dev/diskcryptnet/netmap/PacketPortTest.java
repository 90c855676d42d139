package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What a port does in whichever way it sends. */
@ParameterizedClass(name = "copies={0}")
@ValueSource(booleans = {false, true})
class PacketPortTest extends PacketPortBed {
    @Parameter
    private boolean copies;

    @Override
    boolean copies() {
        return copies;
    }

    @Test
    void shouldTellFactsOfInterface() {
        PortFacts facts = nearPort.facts();

        assertEquals("packet", facts.driver());
        assertEquals(veth.near(), facts.interfaceName());
        assertEquals(1500, facts.mtu());
        assertTrue(facts.segmentationIpv4());
        assertTrue(facts.checksumOffload());
        assertFalse(facts.zeroCopy(), "veth copies");
        assertEquals(-1, facts.numaNode());
        assertEquals(0x02, (int) (facts.macAddress() >>> 40) & 0x03, "veth addresses are locally administered");
    }

    @Test
    void shouldNameInterfaceThatIsMissingOrDown() {
        NativeException missing = assertThrows(NativeException.class, () -> Ports.open("packet:dcn-none"));
        assertTrue(missing.getMessage().contains("interface=dcn-none does not exist"), missing.getMessage());

        veth.set(veth.near(), "down");
        NativeException down = assertThrows(NativeException.class, () -> nearPort.openQueue(0, 1));
        assertTrue(down.getMessage().contains("interface=" + veth.near() + " is down"), down.getMessage());
        assertEquals(100, down.errno());
    }

    @Test
    void shouldTellThatKernelHasAddressOnInterfaceAndHowToClearIt() {
        assertEquals(List.of(), nearPort.conflicts());
        VethPair.run("ip", "address", "add", "192.0.2.1/24", "dev", veth.near());

        try (Port port = Ports.open("packet:" + veth.near())) {
            assertEquals(1, port.conflicts().size());
            String conflict = port.conflicts().getFirst();
            assertTrue(conflict.startsWith("interface=" + veth.near() + " has an IP address"), conflict);
            assertTrue(conflict.endsWith("ip address flush dev " + veth.near()), conflict);
        }
    }

    @Test
    void shouldDeliverSmallFramesWithGoodChecksums() {
        for (int i = 0; i < 100; i++) {
            assertTrue(TestFrames.sendSmall(near, from, to, 1000, i));
        }

        assertEquals(100, near.flush());
        receive(100);
        for (int i = 0; i < 100; i++) {
            assertEquals(i, TestFrames.number(received.get(i), 0));
            assertEquals(TestFrames.HEADER_BYTES + 64, received.get(i).capacity());
            assertEquals(FrameHandler.CHECKSUM_GOOD, flags.get(i));
        }
        assertEquals(100, near.statistics().sentFrames());
        assertEquals(100, far.statistics().receivedFrames());
        assertEquals(100L * (TestFrames.HEADER_BYTES + 64), far.statistics().receivedBytes());
    }

    @Test
    void shouldDeliverLargeFrameWhole() {
        TxRing ring = near.data();
        int slot = ring.take();
        TestFrames.fillLarge(ring, slot, from, to, 1000, 7, LARGE);
        TestFrames.sendLarge(ring, slot, LARGE);

        assertEquals(1, near.flush());
        receive(1);
        UnsafeBuffer frame = received.getFirst();
        assertEquals(TestFrames.HEADER_BYTES + LARGE, frame.capacity());
        assertEquals(FrameHandler.CHECKSUM_GOOD, flags.getFirst());
        for (int i = 4; i < LARGE; i++) {
            assertEquals(TestFrames.payload(7, i), frame.getByte(TestFrames.HEADER_BYTES + i));
        }
    }

    @Test
    void shouldDeliverManyLargeFramesInBatches() {
        int rounds = 12;
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < 8; i++) {
                int slot = near.data().take();
                TestFrames.fillLarge(near.data(), slot, from, to, 1000, round * 8 + i, 10_000);
                TestFrames.sendLarge(near.data(), slot, 10_000);
            }
            near.flush();
        }

        receive(rounds * 8);
        for (int i = 0; i < rounds * 8; i++) {
            assertEquals(i, TestFrames.number(received.get(i), 0));
            assertEquals(TestFrames.HEADER_BYTES + 10_000, received.get(i).capacity());
        }
    }

    @Test
    void shouldSkipCancelledSlots() {
        TxRing ring = near.data();
        for (int round = 0; round < 20; round++) {
            int first = ring.take();
            int second = ring.take();
            int third = ring.take();
            TestFrames.fillLarge(ring, second, from, to, 1000, round, 3000);
            TestFrames.sendLarge(ring, second, 3000);
            ring.cancel(third);
            ring.cancel(first);
            assertEquals(1, near.flush());
            assertEquals(8, ring.available());
        }

        receive(20);
        assertEquals(0, near.statistics().sendDroppedInvalid());
    }

    @Test
    void shouldGiveNoSlotWhenRingIsFull() {
        TxRing ring = near.data();
        for (int i = 0; i < 8; i++) {
            assertEquals(i, ring.take());
        }

        assertEquals(-1, ring.take());
        for (int i = 0; i < 8; i++) {
            TestFrames.fillLarge(ring, i, from, to, 1000, i, 2000);
            TestFrames.sendLarge(ring, i, 2000);
        }
        near.flush();
        assertEquals(0, ring.take());
    }

    @Test
    void shouldCutLargeFramesInTheKernelWhereTheDeviceDoesNot() {
        VethPair.runOrSkip("ethtool", "-K", veth.near(), "tso", "off", "gso", "off", "tx", "off");
        try (Port port = Ports.open("packet:" + veth.near());
                PortQueue queue = port.openQueue(0, 1)) {
            assertTrue(
                    port.notes().toString().contains("segments TCP in the kernel"),
                    port.notes().toString());
            TxRing ring = queue.data();
            int slot = ring.take();
            TestFrames.fillLarge(ring, slot, from, to, 1000, 3, LARGE);
            TestFrames.sendLarge(ring, slot, LARGE);
            assertEquals(1, queue.flush());

            int segments = (LARGE + TestFrames.SEGMENT_BYTES - 1) / TestFrames.SEGMENT_BYTES;
            receive(segments);
            int index = 0;
            for (UnsafeBuffer segment : received) {
                assertTrue(TestFrames.checksumsHold(segment));
                for (int i = TestFrames.HEADER_BYTES; i < segment.capacity(); i++, index++) {
                    assertTrue(index < 4 || segment.getByte(i) == TestFrames.payload(3, index), "index=" + index);
                }
            }
            assertEquals(LARGE, index);
        }
    }

    @Test
    void shouldRefuseBypassWhereTheDeviceDoesNotSegment() {
        VethPair.runOrSkip("ethtool", "-K", veth.near(), "tso", "off");

        NativeException refused =
                assertThrows(NativeException.class, () -> Ports.open("packet:" + veth.near() + "?bypass=1"));
        assertTrue(refused.getMessage().contains("bypass=1"), refused.getMessage());
    }

    @Test
    void shouldCountFrameThatDoesNotFitItsSlot() {
        TxRing ring = near.control();
        int slot = ring.take();
        ring.send(slot, ring.slotOffset(slot) + 64, 3000, 0, 0, 0);
        assertTrue(TestFrames.sendSmall(near, from, to, 1000, 1));

        assertEquals(1, near.flush());
        receive(1);
        assertEquals(1, near.statistics().sendDroppedInvalid());
    }

    @Test
    void shouldDropWhileLinkIsDownAndSendAgainWhenItIsBack() {
        TxRing ring = near.data();
        for (String interfaceName : new String[] {veth.near(), veth.far()}) {
            received.clear();
            int held = ring.take(); // as if a disk were writing into it while the link goes and comes back
            veth.set(interfaceName, "down");
            for (int i = 0; i < 2000; i++) {
                TestFrames.sendSmall(near, from, to, 1000, i);
                assertEquals(0, near.flush());
                near.receive(keep, 256);
            }
            assertFalse(near.linkUp());
            assertEquals(1024, near.control().available());

            veth.set(interfaceName, "up");
            until(near::linkUp, () -> {
                near.receive(keep, 256);
                far.receive(keep, 256);
            });
            received.clear();
            TestFrames.fillLarge(ring, held, from, to, 1000, 4000, 5000);
            TestFrames.sendLarge(ring, held, 5000);
            assertEquals(1, near.flush());
            for (int i = 5000; i < 5010; i++) {
                TestFrames.sendSmall(near, from, to, 1000, i);
            }
            assertEquals(10, near.flush());
            receive(11);
            assertEquals(4000, numbers().getFirst());
            assertEquals(5009, numbers().getLast());
        }
        assertEquals(4000, near.statistics().sendDroppedLinkDown());
    }

    @Test
    void shouldSpreadFlowsOverWorkersAndShowNeighboursToAll() {
        far.close();
        PortQueue first = farPort.openQueue(0, 2);
        far = farPort.openQueue(1, 2);
        try (first) {
            int[] counts = new int[2];
            int[] arps = new int[2];
            for (int i = 0; i < 500; i++) {
                TestFrames.sendSmall(near, from, to, 1000 + i, i);
            }
            int slot = near.control().take();
            int offset = near.control().slotOffset(slot) + near.control().payloadOffset();
            int bytes = TestFrames.write(near.control().buffer(), offset, from, 0xffff_ffff_ffffL, 1, 1, 10);
            near.control().buffer().putShort(offset + 12, (short) 0x0608);
            near.control().send(slot, offset, bytes, 0, 0, 0);
            near.flush();

            PortQueue[] queues = {first, far};
            until(() -> counts[0] + counts[1] == 500 && arps[0] + arps[1] == 2, () -> {
                for (int i = 0; i < 2; i++) {
                    int worker = i;
                    queues[i].receive(
                            (buffer, at, lengthBytes, frameFlags) -> {
                                if (buffer.getShort(at + 12) == 0x0608) {
                                    arps[worker]++;
                                } else {
                                    counts[worker]++;
                                }
                            },
                            256);
                }
            });
            assertTrue(counts[0] > 100 && counts[1] > 100, counts[0] + " and " + counts[1]);
            assertEquals(1, arps[0]);
            assertEquals(1, arps[1]);
        }
    }

    @Test
    void shouldNotShowFramesForOthersNorOurOwn() {
        TestFrames.sendSmall(near, from, to ^ 0x10, 1000, 1);
        TestFrames.sendSmall(near, from, to, 1000, 2);
        near.flush();

        receive(1);
        assertEquals(List.of(2), numbers());
        assertEquals(0, near.receive(keep, 256));
    }

    @Test
    void shouldCountFramesThatFoundReceiveRingFull() {
        for (int i = 0; i < 3000; i++) {
            while (!TestFrames.sendSmall(near, from, to, 1000, i)) {
                near.flush();
            }
        }
        until(() -> near.flush() == 0 && near.control().available() == 1024, () -> {});
        until(() -> far.receive(keep, 256) == 0, () -> {});
        TestFrames.sendSmall(near, from, to, 1000, 1);
        near.flush();
        until(() -> far.receive(keep, 256) == 1, () -> {});

        assertEquals(3001, received.size() + far.receiveDropped());
        assertTrue(far.receiveDropped() > 0);
    }

    @Test
    void shouldAllocateNothingOnThePath() {
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
        }
    }
}
