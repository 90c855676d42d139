package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the packet driver does in whichever way it sends, beside the contract of all drivers. */
@ParameterizedClass(name = "{0}")
@EnumSource(names = {"PACKET_RING", "PACKET_COPY"})
class PacketModesTest extends PortBed {
    @Parameter
    private ContractDriver driver;

    @Override
    ContractDriver driver() {
        return driver;
    }

    @Test
    void shouldDeliverLargeFrameWhole() {
        assertFalse(nearPort.facts().zeroCopy(), "veth copies");
        TxRing ring = near.data();
        int slot = ring.take();
        TestFrames.fillLarge(ring, slot, from, to, 1000, 7, LARGE);
        TestFrames.sendLarge(ring, slot, LARGE);

        assertEquals(1, near.flush());
        assertEquals(List.of(7), receivePayload(far, 1, LARGE));
        assertEquals(1, received.size());
        assertEquals(FrameHandler.CHECKSUM_GOOD, flags.getFirst());
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
}
