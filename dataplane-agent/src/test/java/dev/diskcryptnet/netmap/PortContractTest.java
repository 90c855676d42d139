package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What a port does, whichever driver it is of. */
@ParameterizedClass(name = "{0}")
@EnumSource(ContractDriver.class)
class PortContractTest extends PortBed {
    private static final int SMALL = TestFrames.HEADER_BYTES + 64;
    private static final short ARP = 0x0608;
    private static final byte ICMP = 1;

    @Parameter
    private ContractDriver driver;

    @Override
    ContractDriver driver() {
        return driver;
    }

    private void fill(int slot, int number, int payloadBytes) {
        TestFrames.fillLarge(near.data(), slot, from, to, 1000, number, payloadBytes);
    }

    private void send(int slot, int payloadBytes) {
        TestFrames.sendLarge(near.data(), slot, payloadBytes);
    }

    private void sendLarge(int number, int payloadBytes) {
        int slot = near.data().take();
        fill(slot, number, payloadBytes);
        send(slot, payloadBytes);
    }

    /** Until every slot has come back. */
    private void settle() {
        until(() -> near.data().available() == 8, near::flush);
    }

    @Test
    void shouldTellFactsOfInterface() {
        PortFacts facts = nearPort.facts();

        assertEquals(driver.scheme(), facts.driver());
        assertEquals(1500, facts.mtu());
        assertTrue(facts.segmentationIpv4());
        assertTrue(facts.checksumOffload());
        assertEquals(-1, facts.numaNode());
        assertEquals(0x02, (int) (facts.macAddress() >>> 40) & 0x03, "addresses made up are locally administered");
        assertTrue(facts.maxFrameBytes() >= TestFrames.HEADER_BYTES + LARGE);
    }

    @Test
    void shouldBeNamedWhereNoDriverIs() {
        driver.needInterface();
        var none = assertThrows(IllegalArgumentException.class, () -> Ports.open("pocket:eth1"));

        assertTrue(none.getMessage().contains("uri=pocket:eth1 names no net driver"), none.getMessage());
        assertTrue(none.getMessage().contains(driver.scheme() + ":INTERFACE"), none.getMessage());
    }

    @Test
    void shouldNameInterfaceThatIsMissingOrDown() {
        driver.needInterface();
        NativeException missing = assertThrows(NativeException.class, () -> Ports.open(driver.uri("dcn-none")));
        assertTrue(missing.getMessage().contains("interface=dcn-none does not exist"), missing.getMessage());

        near.close();
        veth.set(veth.near(), "down");
        NativeException down = assertThrows(NativeException.class, () -> nearPort.openQueue(0, 1));
        assertTrue(down.getMessage().contains("interface=" + veth.near() + " is down"), down.getMessage());
        assertEquals(100, down.errno());
    }

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
    void shouldDeliverSmallFramesWithGoodChecksums() {
        for (int i = 0; i < 100; i++) {
            assertTrue(TestFrames.sendSmall(near, from, to, 1000, i));
        }

        assertEquals(100, near.flush());
        assertEquals(100, receivePayload(far, 100, 64).size());
        for (int i = 0; i < 100; i++) {
            assertEquals(i, TestFrames.number(received.get(i), 0));
            assertEquals(SMALL, received.get(i).capacity());
        }
        assertEquals(100, near.statistics().sentFrames());
    }

    @Test
    void shouldReceiveSmallFramesWithGoodChecksums() {
        for (int i = 0; i < 100; i++) {
            assertTrue(TestFrames.sendSmall(far, to, from, 1000, i));
        }

        assertEquals(100, far.flush());
        receive(near, 100);
        for (int i = 0; i < 100; i++) {
            assertEquals(i, TestFrames.number(received.get(i), 0));
            assertEquals(SMALL, received.get(i).capacity());
            assertEquals(FrameHandler.CHECKSUM_GOOD, flags.get(i));
        }
        assertEquals(100, near.statistics().receivedFrames());
    }

    @Test
    void shouldReceiveWhatASenderOnThisMachineLeftUncut() {
        for (int i = 0; i < 6; i++) {
            int slot = far.data().take();
            TestFrames.fillLarge(far.data(), slot, to, from, 1000, i, LARGE);
            TestFrames.sendLarge(far.data(), slot, LARGE);
            far.flush();
        }

        assertEquals(List.of(0, 1, 2, 3, 4, 5), receivePayload(near, 6, LARGE));
    }

    @Test
    void shouldDeliverLargeFrames() {
        sendLarge(7, LARGE);

        assertEquals(1, near.flush());
        assertEquals(List.of(7), receivePayload(far, 1, LARGE));
    }

    @Test
    void shouldDeliverLargeFramesOfAnyLength() {
        for (int payloadBytes : new int[] {4, 1447, 1448, 1449, 2896, 4050, 8192, 9999, 40_001}) {
            received.clear();
            flags.clear();
            sendLarge(payloadBytes, payloadBytes);
            near.flush();
            List<Integer> numbers = receivePayload(far, 1, payloadBytes);
            assertEquals(List.of(payloadBytes), numbers);
            settle();
        }
    }

    @Test
    void shouldDeliverManyLargeFramesInBatches() {
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 8; i++) {
                sendLarge(round * 8 + i, 10_000);
            }
            near.flush();
            settle();
        }

        List<Integer> numbers = receivePayload(far, 96, 10_000);
        for (int i = 0; i < 96; i++) {
            assertEquals(i, numbers.get(i));
        }
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
        driver.needInterface();
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
    void shouldLoseFrameThatIsLongerThanTheMtuAndGoOn() {
        driver.needInterface();
        TxRing ring = near.data();
        int slot = ring.take();
        fill(slot, 1, 3000);
        // One packet, as it says, of twice what the link takes.
        ring.send(slot, ring.slotOffset(slot) + ring.payloadOffset() - TestFrames.HEADER_BYTES, 3054, 0, 0, 34);
        near.flush();
        settle();
        sendLarge(2, 1460);
        near.flush();

        assertEquals(List.of(2), receivePayload(far, 1, 1460));
    }

    @Test
    void shouldCarryLongFramesWhereTheMtuAllows() {
        driver.needInterface();
        driver.needLongPackets();
        VethPair.run("ip", "link", "set", veth.far(), "mtu", "9000");
        VethPair.run("ip", "link", "set", veth.near(), "mtu", "9000");
        far.close();
        reopenNear();
        try (Port port = Ports.open("packet:" + veth.far());
                PortQueue queue = port.openQueue(0, 1)) {
            assertEquals(9000, nearPort.facts().mtu());
            for (PortQueue each : new PortQueue[] {near, queue}) {
                received.clear();
                flags.clear();
                TxRing ring = each.data();
                int slot = ring.take();
                TestFrames.fillLarge(ring, slot, each == near ? from : to, each == near ? to : from, 1000, 3, 8960);
                ring.send(slot, ring.slotOffset(slot) + ring.payloadOffset() - 54, 9014, 0, 0, 34);
                each.flush();
                assertEquals(List.of(3), receivePayload(each == near ? queue : near, 1, 8960));
                assertEquals(1, received.size());
            }
        }
    }

    @Test
    void shouldOutliveRunts() {
        driver.needInterface();
        for (int bytes = 14; bytes < 54; bytes++) {
            TxRing ring = far.control();
            int slot = ring.take();
            int offset = ring.slotOffset(slot) + ring.payloadOffset();
            TestFrames.write(ring.buffer(), offset, to, from, 1000, 0, 0);
            ring.send(slot, offset, bytes, 0, 0, 0);
        }
        TestFrames.sendSmall(far, to, from, 1000, 77);
        far.flush();

        until(() -> !received.isEmpty() && received.getLast().capacity() == SMALL, () -> near.receive(keep, 256));
        assertEquals(77, TestFrames.number(received.getLast(), 0));
        received.forEach(frame -> assertTrue(frame.capacity() <= SMALL));
    }

    @Test
    void shouldDropWhileLinkIsDownAndSendAgainWhenItIsBack() {
        driver.needInterface();
        TxRing ring = near.data();
        for (String interfaceName : new String[] {veth.near(), veth.far()}) {
            int held = ring.take(); // as if a disk were writing into it while the link goes and comes back
            int slots = near.control().available();
            veth.set(interfaceName, "down");
            for (int i = 0; i < 2000; i++) {
                TestFrames.sendSmall(near, from, to, 1000, i);
                assertEquals(0, near.flush());
                near.receive(keep, 256);
            }
            assertFalse(near.linkUp());
            assertEquals(slots, near.control().available());

            veth.set(interfaceName, "up");
            until(near::linkUp, () -> {
                near.receive(keep, 256);
                far.receive(keep, 256);
            });
            received.clear();
            flags.clear();
            fill(held, 4000, 5000);
            send(held, 5000);
            assertEquals(1, near.flush());
            assertEquals(List.of(4000), receivePayload(far, 1, 5000));
            received.clear();
            for (int i = 5000; i < 5010; i++) {
                TestFrames.sendSmall(near, from, to, 1000, i);
            }
            assertEquals(10, near.flush());
            receive(10);
            assertEquals(5009, numbers().getLast());
        }
        assertEquals(4000, near.statistics().sendDroppedLinkDown());
    }

    @Test
    void shouldSpreadFlowsOverTwoWorkersAndShowNeighboursToBoth() {
        use(driver.pairForTwoWorkers(), 2);
        int[] counts = new int[2];
        int[] arps = new int[2];
        try (PortQueue second = nearPort.openQueue(1, 2)) {
            for (int i = 0; i < 500; i++) {
                TestFrames.sendSmall(far, to, from, 1000 + i, i);
            }
            sendArp();
            sendPacketTooBig();
            far.flush();

            PortQueue[] queues = {near, second};
            until(() -> counts[0] + counts[1] == 500 && arps[0] + arps[1] == 4, () -> {
                for (int i = 0; i < 2; i++) {
                    int worker = i;
                    FrameHandler count = (buffer, at, lengthBytes, frameFlags) -> (buffer.getShort(at + 12) == ARP
                                            || buffer.getByte(at + 23) == ICMP
                                    ? arps
                                    : counts)
                            [worker]++;
                    queues[i].receive(count, 256);
                }
            });
            TestFrames.sendSmall(second, from, to, 1000, 9);
            assertEquals(1, second.flush());
            receive(1);
        }
        assertTrue(counts[0] > 100 && counts[1] > 100, counts[0] + " and " + counts[1]);
        assertEquals(2, arps[0]);
        assertEquals(2, arps[1]);
    }

    /** A router's error (RFC 792): only its payload says which flow it is about. */
    private void sendPacketTooBig() {
        TxRing ring = far.control();
        int slot = ring.take();
        int offset = ring.slotOffset(slot) + ring.payloadOffset();
        MutableDirectBuffer buffer = ring.buffer();
        TestFrames.write(buffer, offset, to, from, 1, 1, 30);
        buffer.putByte(offset + 23, ICMP);
        buffer.putByte(offset + 34, (byte) 3);
        ring.send(slot, offset, 84, 0, 0, 0);
    }

    /** A request for our address (RFC 826). */
    private void sendArp() {
        TxRing ring = far.control();
        int slot = ring.take();
        int offset = ring.slotOffset(slot) + ring.payloadOffset();
        MutableDirectBuffer buffer = ring.buffer();
        TestFrames.write(buffer, offset, to, 0xffff_ffff_ffffL, 1, 1, 10);
        buffer.putShort(offset + 12, ARP);
        buffer.putLong(offset + 14, 0x0100_0406_0008_0100L);
        buffer.putInt(offset + 38, 0x0200_000a);
        ring.send(slot, offset, 60, 0, 0, 0);
    }

    @Test
    void shouldNotShowFramesForOthersNorOurOwn() {
        driver.needInterface();
        TestFrames.sendSmall(far, to, from ^ 0x10, 1000, 1);
        TestFrames.sendSmall(far, to, from, 1000, 2);
        TestFrames.sendSmall(near, from, to, 1000, 3);
        far.flush();
        near.flush();

        receive(near, 1);
        assertEquals(List.of(2), numbers());
        assertEquals(0, near.receive(keep, 256));
    }

    @Test
    void shouldLeaveTheKernelItsOwnTraffic() throws Exception {
        driver.needInterface();
        try (var namespace = veth.moveFar()) {
            VethPair.run("ip", "address", "add", "198.51.100.1/24", "dev", veth.near());
            namespace.run("ip", "address", "add", "198.51.100.2/24", "dev", veth.far());
            var stop = new AtomicBoolean();
            Thread loop = Thread.ofPlatform().start(() -> {
                while (!stop.get()) {
                    near.receive(keep, 256);
                    near.flush();
                }
            });
            try {
                namespace.run("ping", "-c", "3", "-i", "0.01", "-W", "2", "198.51.100.1");
            } finally {
                stop.set(true);
                loop.join();
            }
        }
    }

    @Test
    void shouldWakeWhoWaitsForFrames() {
        driver.needInterface();
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
        driver.needInterface();
        driver.needCountOfLost();
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
    void shouldOpenAgainWithinTwoSecondsOfAKill() throws Exception {
        driver.needInterface();
        near.close();
        nearPort.close();
        near = null;
        for (int round = 0; round < (Boolean.getBoolean("dcn.long") ? 50 : 2); round++) {
            Process holder = PortHolder.start(driver.uri(veth.near()));
            holder.destroyForcibly();
            assertTrue(holder.waitFor(5, TimeUnit.SECONDS));
            long startNs = System.nanoTime();
            nearPort = PortPair.openNear(driver, veth);
            near = nearPort.openQueue(0, 1);
            long openedNs = System.nanoTime() - startNs;
            assertTrue(openedNs < 2_000_000_000L, "openedNs=" + openedNs);
            near.close();
            nearPort.close();
            near = null;
        }
    }

    @Test
    void shouldAllocateNothingOnThePath() {
        driver.needInterface();
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
