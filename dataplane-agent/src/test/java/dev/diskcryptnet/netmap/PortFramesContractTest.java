package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames of a port: what arrives, where, and what does not, whichever driver it is of. */
@ParameterizedClass(name = "{0}")
@EnumSource(ContractDriver.class)
class PortFramesContractTest extends PortContract {
    private static final short ARP = 0x0608;
    private static final byte ICMP = 1;

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
    void shouldLoseFrameThatIsLongerThanTheMtuAndGoOn() {
        driver().needInterface();
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
        driver().needInterface();
        driver().needLongPackets();
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
        driver().needInterface();
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
    void shouldSpreadFlowsOverTwoWorkersAndShowNeighboursToBoth() {
        use(driver().pairForTwoWorkers(), 2);
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
        driver().needInterface();
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
        driver().needInterface();
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
}
