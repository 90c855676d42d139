package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class TcpSegmentCodecTest {
    private final TcpSegment segment = new TcpSegment();

    private int decode(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return TcpSegmentCodec.decode(new UnsafeBuffer(bytes), 0, bytes.length, segment);
    }

    /** Bytes of a SYN as Linux sends it. */
    @Test
    void shouldReadASynWithAllItsOptions() {
        int length = decode("c350 0050 01020304 00000000 a0 02 faf0 0000 0000"
                + "0204 05b4 0402 080a 12345678 00000000 01 0303 07");
        assertEquals(40, length);
        assertEquals(0xc350, segment.remotePort);
        assertEquals(80, segment.localPort);
        assertEquals(0x01020304, segment.sequence);
        assertEquals(TcpSegment.SYN, segment.flags);
        assertEquals(0xfaf0, segment.window);
        assertEquals(1460, segment.maximumSegmentSize);
        assertTrue(segment.sackPermitted);
        assertEquals(7, segment.windowScale);
        assertEquals(0x12345678, segment.timestampValue);
    }

    @Test
    void shouldRefuseHeadersThatDoNotFit() {
        assertEquals(-1, decode("c350 0050 01020304 00000000 50 02 faf0 0000 00"));
        assertEquals(-1, decode("c350 0050 01020304 00000000 40 02 faf0 0000 0000"));
        assertEquals(-1, decode("c350 0050 01020304 00000000 60 02 faf0 0000 0000"));
    }

    /** An option of length 0 or 1, one past the end, one without a length: reading ends there, what came before counts. */
    @Test
    void shouldStopAtOptionsWithWrongLengths() {
        String head = "c350 0050 01020304 00000000 70 10 faf0 0000 0000";
        for (String broken : new String[] {"02 00", "02 01", "05 1a", "08 0a", "01 08", "fd 09"}) {
            assertEquals(28, decode(head + "01 01 04 02 01 01" + broken), broken);
            assertTrue(segment.sackPermitted, broken);
            assertFalse(segment.hasTimestamps, broken);
        }
    }

    @Test
    void shouldIgnoreKnownOptionsOfTheWrongSize() {
        assertEquals(28, decode("c350 0050 01020304 00000000 70 10 faf0 0000 0000" + "05 07 0000000000 00"));
        assertEquals(0, segment.sackBlockCount);
    }

    /** RFC 7323 2.3. */
    @Test
    void shouldTakeAWindowScaleAbove14For14() {
        decode("c350 0050 01020304 00000000 60 02 faf0 0000 0000 03 03 ff 00");
        assertEquals(14, segment.windowScale);
    }

    @Test
    void shouldReadBackWhatItWrites() {
        Random random = new Random(5);
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[80]);
        for (int i = 0; i < 20_000; i++) {
            TcpSegment out = new TcpSegment();
            out.clear();
            out.localPort = random.nextInt(65536);
            out.remotePort = random.nextInt(65536);
            out.sequence = random.nextInt();
            out.acknowledgement = random.nextInt();
            out.flags = random.nextInt(256);
            out.window = random.nextInt(65536);
            out.maximumSegmentSize = random.nextBoolean() ? 1 + random.nextInt(65535) : 0;
            out.windowScale = random.nextInt(16) - 1;
            out.sackPermitted = random.nextBoolean();
            out.hasTimestamps = random.nextBoolean();
            out.timestampValue = out.hasTimestamps ? random.nextInt() : 0;
            out.timestampEcho = out.hasTimestamps ? random.nextInt() : 0;
            out.sackBlockCount = random.nextInt(5);
            for (int block = 0; block < out.sackBlockCount; block++) {
                out.sackStart[block] = random.nextInt();
                out.sackEnd[block] = random.nextInt();
            }
            int at = random.nextInt(8);
            int length = TcpSegmentCodec.encode(out, buffer, at);
            assertEquals(0, length % 4);
            assertTrue(length <= 60);
            assertEquals(TcpSegmentCodec.headerBytes(out), length);
            assertEquals(length, TcpSegmentCodec.decode(buffer, at, length, segment));
            assertEquals(out.localPort, segment.remotePort);
            assertEquals(out.sequence, segment.sequence);
            assertEquals(out.flags, segment.flags);
            assertEquals(out.maximumSegmentSize, segment.maximumSegmentSize);
            assertEquals(Math.min(out.windowScale, 14), segment.windowScale);
            assertEquals(out.sackPermitted, segment.sackPermitted);
            assertEquals(out.timestampEcho, segment.timestampEcho);
            for (int block = 0; block < segment.sackBlockCount; block++) {
                assertEquals(out.sackEnd[block], segment.sackEnd[block]);
            }
            boolean small = out.maximumSegmentSize == 0 && !out.sackPermitted && out.windowScale < 0;
            if (small) {
                assertEquals(Math.min(out.sackBlockCount, out.hasTimestamps ? 3 : 4), segment.sackBlockCount);
            }
        }
    }
}
