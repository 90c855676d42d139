package dev.diskcryptnet.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteOrder;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private static final long SEED = Long.getLong("dcn.seed", 1071L);
    private final Random random = new Random(SEED);

    /** RFC 1071 4.1, word by word. */
    private static int naive(byte[] bytes, int offset, int length) {
        long sum = 0;
        for (int i = 0; i < length; i += 2) {
            int high = bytes[offset + i] & 0xFF;
            int low = i + 1 < length ? bytes[offset + i + 1] & 0xFF : 0;
            sum += high << 8 | low;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) sum;
    }

    @Test
    void shouldSumTheExampleOfRfc1071() {
        byte[] bytes = {0, 1, (byte) 0xf2, 3, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7};
        assertEquals(0xDDF2, Checksum.sum(new UnsafeBuffer(bytes), 0, bytes.length));
    }

    @Test
    void shouldAgreeWithTheNaiveSumAtEveryLengthAndOffset() {
        byte[] bytes = new byte[66_000];
        random.nextBytes(bytes);
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        for (int offset = 0; offset < 9; offset++) {
            for (int length = 0; length < 200; length++) {
                assertEquals(naive(bytes, offset, length), Checksum.sum(buffer, offset, length), "seed=" + SEED);
            }
        }
        for (int i = 0; i < 200; i++) {
            int offset = random.nextInt(64);
            int length = random.nextInt(65_900);
            assertEquals(naive(bytes, offset, length), Checksum.sum(buffer, offset, length), "seed=" + SEED);
        }
    }

    @Test
    void shouldCarryWhenAllBitsAreSet() {
        byte[] bytes = new byte[65_535];
        java.util.Arrays.fill(bytes, (byte) 0xFF);
        assertEquals(naive(bytes, 0, bytes.length), Checksum.sum(new UnsafeBuffer(bytes), 0, bytes.length));
    }

    @Test
    void shouldUpdateAsIfComputedAnew() {
        byte[] bytes = new byte[64];
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        for (int i = 0; i < 100_000; i++) {
            random.nextBytes(bytes);
            int position = random.nextInt(32) * 2;
            int oldWord = buffer.getShort(position, ByteOrder.BIG_ENDIAN) & 0xFFFF;
            int newWord = i % 3 == 0 ? 0 : i % 3 == 1 ? 0xFFFF : random.nextInt(0x10000);
            int before = Checksum.complement(Checksum.sum(buffer, 0, 64));
            buffer.putShort(position, (short) newWord, ByteOrder.BIG_ENDIAN);
            int after = Checksum.complement(Checksum.sum(buffer, 0, 64));
            assertEquals(after, Checksum.update(before, oldWord, newWord), "seed=" + SEED + " i=" + i);
        }
    }

    @Test
    void shouldSumPseudoHeadersOfBothFamilies() {
        byte[] header = new byte[40];
        UnsafeBuffer buffer = new UnsafeBuffer(header);
        for (int i = 0; i < 1_000; i++) {
            long sourceHigh = random.nextLong();
            long sourceLow = random.nextLong();
            long destinationHigh = random.nextLong();
            long destinationLow = random.nextLong();
            int length = random.nextInt(65_536);
            buffer.putLong(0, sourceHigh, ByteOrder.BIG_ENDIAN);
            buffer.putLong(8, sourceLow, ByteOrder.BIG_ENDIAN);
            buffer.putLong(16, destinationHigh, ByteOrder.BIG_ENDIAN);
            buffer.putLong(24, destinationLow, ByteOrder.BIG_ENDIAN);
            buffer.putInt(32, length, ByteOrder.BIG_ENDIAN);
            buffer.putInt(36, 6, ByteOrder.BIG_ENDIAN);
            assertEquals(
                    naive(header, 0, 40),
                    Checksum.pseudoHeader(sourceHigh, sourceLow, destinationHigh, destinationLow, 6, length));

            buffer.putInt(0, (int) sourceLow, ByteOrder.BIG_ENDIAN);
            buffer.putInt(4, (int) destinationLow, ByteOrder.BIG_ENDIAN);
            buffer.putInt(8, 6 << 16 | length, ByteOrder.BIG_ENDIAN);
            assertEquals(
                    naive(header, 0, 12),
                    Checksum.pseudoHeader(
                            0,
                            IpAddress.lowOfIpv4((int) sourceLow),
                            0,
                            IpAddress.lowOfIpv4((int) destinationLow),
                            6,
                            length));
        }
    }
}
