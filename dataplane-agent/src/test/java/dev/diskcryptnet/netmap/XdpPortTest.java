package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.ffi.NativeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What only AF_XDP does: its program on the interface, its modes, and segments cut here. */
class XdpPortTest extends PortBed {
    private static final int EOPNOTSUPP = 95;
    private static final int EBUSY = 16;

    @Override
    ContractDriver driver() {
        return ContractDriver.XDP;
    }

    private static NativeException refused(String uri) {
        return assertThrows(NativeException.class, () -> Ports.open(uri));
    }

    private boolean programIsThere() throws IOException {
        Process process = new ProcessBuilder("ip", "link", "show", veth.near()).start();
        return new String(process.getInputStream().readAllBytes()).contains("prog/xdp");
    }

    @Test
    void shouldCopyOnlyWhereThatIsAllowedAndSaySo() {
        NativeException refused = refused("xdp:" + veth.near());
        assertEquals(EOPNOTSUPP, refused.errno());
        assertTrue(refused.getMessage().contains("(driver veth) has no zero copy"), refused.getMessage());
        assertTrue(refused.getMessage().contains("zerocopy=prefer"), refused.getMessage());
        assertEquals(
                EOPNOTSUPP, refused("xdp:" + veth.near() + "?zerocopy=require").errno());

        assertFalse(nearPort.facts().zeroCopy());
        List<String> notes = nearPort.notes();
        assertEquals(2, notes.size());
        assertTrue(notes.getFirst().contains("without zero copy"), notes::toString);
        assertTrue(notes.getLast().contains("TCP is segmented here"), notes::toString);
    }

    @Test
    void shouldNameOptionThatItDoesNotKnow() {
        assertTrue(
                refused("xdp:" + veth.near() + "?zerocopy=maybe").getMessage().contains("option=zerocopy=maybe"));
        assertTrue(refused("xdp:" + veth.near() + "?slots=100").getMessage().contains("option=slots=100"));
    }

    @Test
    void shouldNameCommandThatMakesAsManyQueuesAsWorkers() {
        near.close();
        NativeException refused = assertThrows(NativeException.class, () -> nearPort.openQueue(0, 2));

        assertEquals(EOPNOTSUPP, refused.errno());
        assertTrue(refused.getMessage().contains("over 1 queues, and there are 2 workers"), refused.getMessage());
        assertTrue(refused.getMessage().contains("ethtool -L " + veth.near() + " rx 2 tx 2"), refused.getMessage());
    }

    @Test
    void shouldNotTakeAnInterfaceThatHasAProgramOfSomebodyElses() {
        NativeException refused = refused("xdp:" + veth.near() + "?zerocopy=prefer");

        assertEquals(EBUSY, refused.errno());
        assertTrue(refused.getMessage().contains("has an XDP program of somebody else's"), refused.getMessage());
    }

    @Test
    void shouldLeaveNoProgramBehindWhenClosedOrKilled() throws Exception {
        assertTrue(programIsThere());
        near.close();
        nearPort.close();
        assertFalse(programIsThere());

        Process holder = PortHolder.start(driver().uri(veth.near()));
        assertTrue(programIsThere());
        holder.destroyForcibly();
        assertTrue(holder.waitFor(5, TimeUnit.SECONDS));
        long deadlineNs = System.nanoTime() + 2_000_000_000L;
        while (programIsThere()) {
            assertTrue(System.nanoTime() < deadlineNs, "the program is there still");
        }
    }

    @Test
    void shouldServeOnlyItsAddresses() {
        near.close();
        nearPort.close();
        nearPort = Ports.open(driver().uri(veth.near()));
        nearPort.serve(List.of(new byte[] {10, 0, 0, 3}));
        near = nearPort.openQueue(0, 1);
        TestFrames.sendSmall(far, to, from, 1000, 1);
        far.flush();
        assertEquals(0, near.receive(keep, 256));

        nearPort.serve(List.of(new byte[] {10, 0, 0, 2}));
        TestFrames.sendSmall(far, to, from, 1000, 2);
        far.flush();
        receive(near, 1);
        assertEquals(List.of(2), numbers());
        assertThrows(NativeException.class, () -> nearPort.serve(List.of(new byte[5])));
    }

    @Test
    void shouldCutFramesIntoMorePacketsThanTheDeviceTakesAtOnce() throws IOException {
        TxRing ring = near.data();
        for (int i = 0; i < 8; i++) {
            int slot = ring.take();
            TestFrames.fillLarge(ring, slot, from, to, 1000, i, 60_000);
            int frame = ring.slotOffset(slot) + ring.payloadOffset() - TestFrames.HEADER_BYTES;
            ring.send(slot, frame, TestFrames.HEADER_BYTES + 60_000, 100, TestFrames.HEADER_BYTES, 34);
        }
        Path count = Path.of("/sys/class/net", veth.near(), "statistics/tx_packets");
        long before = Long.parseLong(Files.readString(count).strip());
        near.flush();
        until(() -> ring.available() == 8, near::flush);

        assertEquals(before + 8 * 600, Long.parseLong(Files.readString(count).strip()));
        // The far side has room for less than half of them.
        until(() -> far.receive(keep, 256) == 0, () -> {});
        List<UnsafeBuffer> first = received.subList(0, 1200);
        for (int i = 0; i < first.size(); i++) {
            assertEquals(i % 600 * 100, TestFrames.sequence(first.get(i)));
            assertEquals(
                    TestFrames.payload(i / 600, i % 600 * 100 + 50),
                    first.get(i).getByte(TestFrames.HEADER_BYTES + 50));
        }
    }

    @Test
    void shouldLoseFrameWhosePacketsAreLongerThanTheMtu() {
        TxRing ring = near.data();
        int slot = ring.take();
        TestFrames.fillLarge(ring, slot, from, to, 1000, 1, 10_000);
        int frame = ring.slotOffset(slot) + ring.payloadOffset() - TestFrames.HEADER_BYTES;
        ring.send(slot, frame, TestFrames.HEADER_BYTES + 10_000, 3000, TestFrames.HEADER_BYTES, 34);

        assertEquals(0, near.flush());
        assertEquals(1, near.statistics().sendDroppedInvalid());
        assertEquals(8, ring.available());
    }
}
