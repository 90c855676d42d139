package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapPortTest {
    private static final int SOURCE = 0xC0000201;
    private static final int DESTINATION = 0xC000020A;

    @TempDir
    Path folder;

    private final FrameScript script = new FrameScript();

    /** A TCP frame whose checksum field holds what {@code partial} says. */
    private static byte[] frame(int payloadBytes, boolean partial) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[54 + payloadBytes]);
        EthernetFlyweight.write(buffer, 0, 1, 2, 0x0800);
        Ipv4Flyweight.write(buffer, 14, 40 + payloadBytes, 1, 64, 6, SOURCE, DESTINATION);
        buffer.putByte(46, (byte) 0x50);
        buffer.setMemory(54, payloadBytes, (byte) 0x5A);
        int pseudo = Checksum.pseudoHeaderIpv4(SOURCE, DESTINATION, 6, 20 + payloadBytes);
        buffer.putShort(50, (short) (partial ? pseudo : 0x1111), ByteOrder.BIG_ENDIAN);
        return buffer.byteArray();
    }

    private static void shouldHaveAGoodChecksum(UnsafeBuffer capture, int frame, int lengthBytes) {
        int pseudo = Checksum.pseudoHeaderIpv4(SOURCE, DESTINATION, 6, lengthBytes - 34);
        assertEquals(0xFFFF, Checksum.fold((long) pseudo + Checksum.sum(capture, frame + 34, lengthBytes - 34)));
    }

    @Test
    void shouldWriteBothDirectionsWithTheirChecksumsFilledIn() throws IOException {
        Path file = folder.resolve("capture.pcap");
        PeerPort peer = new PeerPort("test", worker -> script);
        PcapPort port = new PcapPort(peer, file, () -> 1_700_000_000_123_456_789L, message -> {});
        PortQueue queue = port.openQueue(0, 1);
        byte[] large = frame(60_001, true);
        TxRing ring = queue.data();
        int slot = ring.take();
        ring.buffer().putBytes(ring.slotOffset(slot), large);
        ring.send(slot, ring.slotOffset(slot), large.length, 1448, 54, 34);
        ring.cancel(ring.take());
        queue.flush();
        assertEquals(1448, script.takeSent().getFirst().segmentBytes());
        script.inject(frame(7, false), FrameHandler.CHECKSUM_GOOD);
        assertEquals(1, queue.receive((buffer, offset, length, flags) -> assertEquals(61, length), 8));
        queue.close();
        port.close();

        byte[] bytes = Files.readAllBytes(file);
        UnsafeBuffer capture = new UnsafeBuffer(bytes);
        assertEquals(0xA1B23C4D, capture.getInt(0, ByteOrder.LITTLE_ENDIAN));
        assertEquals(1, capture.getInt(20, ByteOrder.LITTLE_ENDIAN));
        assertEquals(1_700_000_000, capture.getInt(24, ByteOrder.LITTLE_ENDIAN));
        assertEquals(123_456_789, capture.getInt(28, ByteOrder.LITTLE_ENDIAN));
        assertEquals(large.length, capture.getInt(32, ByteOrder.LITTLE_ENDIAN));
        shouldHaveAGoodChecksum(capture, 40, large.length);
        int second = 40 + large.length;
        assertEquals(61, capture.getInt(second + 8, ByteOrder.LITTLE_ENDIAN));
        shouldHaveAGoodChecksum(capture, second + 16, 61);
        assertEquals(second + 16 + 61, bytes.length);
    }

    @Test
    void shouldReportAFullDiskOnceAndLetFramesFlowOn() {
        List<String> errors = new ArrayList<>();
        PcapPort port = new PcapPort(
                new PeerPort("test", worker -> script), Path.of("/dev/full"), PcapPort.wallClock(), errors::add);
        PortQueue queue = port.openQueue(0, 1);
        int frames = 0;
        for (int i = 0; i < 100; i++) {
            script.inject(frame(60_000, false), 0);
            frames += queue.receive((buffer, offset, length, flags) -> {}, 8);
        }
        port.close();
        assertEquals(100, frames);
        assertEquals(1, errors.size());
        assertTrue(errors.getFirst().contains("pcap=/dev/full"));
    }

    @Test
    void shouldRefuseAFileThatCannotBeMade() {
        Path nowhere = folder.resolve("missing/capture.pcap");
        PeerPort peer = new PeerPort("test", worker -> script);
        var refusal = assertThrows(
                UncheckedIOException.class, () -> new PcapPort(peer, nowhere, PcapPort.wallClock(), message -> {}));
        assertTrue(refusal.getMessage().contains("pcap=" + nowhere));
    }
}
