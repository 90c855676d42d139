package dev.diskcryptnet.crypt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.buffer.OffHeapRegion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RecordTest {
    private static final int MAX = 16_384;
    private static final int HANDSHAKE = 22;
    private static final int APPLICATION_DATA = 23;

    private final OffHeapRegion region = OffHeapRegion.allocate(1 << 20);
    private final UnsafeBuffer memory = region.buffer();
    private final RecordOpener opener = new RecordOpener();

    /** Every engine of this machine, every suite, every version. */
    static List<Arguments> kinds() {
        List<Arguments> kinds = new ArrayList<>();
        for (CryptEngine engine : CryptEngine.values()) {
            if (engine.isAvailable()) {
                Stream.of(CipherSuite.values())
                        .flatMap(suite ->
                                Stream.of(TlsVersion.values()).map(version -> Arguments.of(engine, suite, version)))
                        .forEach(kinds::add);
            }
        }
        return kinds;
    }

    private static JceRecord reference(CipherSuite suite, TlsVersion version, Random random) {
        byte[] key = new byte[suite.keyBytes()];
        byte[] iv = new byte[suite.ivBytes(version)];
        random.nextBytes(key);
        random.nextBytes(iv);
        return new JceRecord(suite, version, key, iv);
    }

    private static RecordKey key(CryptEngine engine, JceRecord reference) {
        return new RecordKey(engine, reference.suite(), reference.version(), reference.key(), reference.iv());
    }

    private byte[] bytes(int offset, int length) {
        byte[] bytes = new byte[length];
        memory.getBytes(offset, bytes);
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldSealWhatTheJdkSeals(CryptEngine engine, CipherSuite suite, TlsVersion version) {
        Random random = new Random(1);
        JceRecord reference = reference(suite, version, random);
        try (RecordKey key = key(engine, reference);
                SealBatch batch = new SealBatch(8)) {
            for (int round = 0; round < 40; round++) {
                byte[][] expected = new byte[8][];
                int[] targets = new int[8];
                int at = 1 + random.nextInt(64);
                for (int i = 0; i < 8; i++) {
                    byte[] plaintext = new byte[random.nextInt(4) == 0 ? MAX - i : random.nextInt(MAX + 1) >>> (2 * i)];
                    random.nextBytes(plaintext);
                    long sequence = random.nextInt(8) == 0 ? random.nextLong() : round * 8L + i;
                    int type = random.nextBoolean() ? APPLICATION_DATA : HANDSHAKE;
                    boolean inPlace = random.nextBoolean();
                    targets[i] = at;
                    int source = at + key.headerBytes() + (inPlace ? 0 : MAX + 64);
                    memory.putBytes(source, plaintext);
                    batch.add(key, sequence, type, region.address() + source, plaintext.length, region.address() + at);
                    expected[i] = reference.seal(sequence, type, plaintext, 0);
                    assertEquals(expected[i].length, plaintext.length + key.overheadBytes());
                    at += 2 * MAX + 200 + random.nextInt(64);
                }
                assertTrue(batch.isFull());
                batch.seal();
                assertEquals(0, batch.count());
                for (int i = 0; i < 8; i++) {
                    assertArrayEquals(expected[i], bytes(targets[i], expected[i].length));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldOpenWhatTheJdkSealed(CryptEngine engine, CipherSuite suite, TlsVersion version) {
        Random random = new Random(2);
        JceRecord reference = reference(suite, version, random);
        try (RecordKey key = key(engine, reference)) {
            for (int round = 0; round < 100; round++) {
                byte[] plaintext = new byte[round == 0 ? MAX : random.nextInt(MAX + 1) >>> random.nextInt(14)];
                random.nextBytes(plaintext);
                int padding = version == TlsVersion.TLS_1_3 ? random.nextInt(MAX + 1 - plaintext.length) : 0;
                byte[] record = reference.seal(round, random.nextLong(), HANDSHAKE, plaintext, padding);
                memory.putBytes(7, record);
                boolean inPlace = random.nextBoolean();
                int target = inPlace ? 7 + key.headerBytes() : 7 + 2 * MAX;
                int length = opener.open(key, round, region.address() + 7, record.length, region.address() + target);
                assertEquals(plaintext.length, length);
                assertEquals(HANDSHAKE, opener.contentType());
                assertArrayEquals(plaintext, bytes(target, length));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldRefuseARecordWithAnyBitFlipped(CryptEngine engine, CipherSuite suite, TlsVersion version) {
        Random random = new Random(3);
        JceRecord reference = reference(suite, version, random);
        try (RecordKey key = key(engine, reference)) {
            byte[] plaintext = new byte[100];
            Arrays.fill(plaintext, (byte) 'p');
            byte[] good = reference.seal(5, APPLICATION_DATA, plaintext, 0);
            for (int bit = 0; bit < good.length * 8; bit++) {
                byte[] bad = good.clone();
                bad[bit / 8] ^= (byte) (1 << bit % 8);
                memory.putBytes(0, bad);
                memory.setMemory(MAX, 101, (byte) 'x');
                int result = opener.open(key, 5, region.address(), bad.length, region.address() + MAX);
                int expected = bit / 8 == 3
                                || bit / 8 == 4 // the length
                                || bit / 8 == 0 && version == TlsVersion.TLS_1_3
                                || bit / 8 > 0 && bit / 8 < 3 && version == TlsVersion.TLS_1_2
                        ? RecordOpener.DECODE_ERROR
                        : RecordOpener.BAD_RECORD_MAC;
                assertEquals(expected, result, "bit=" + bit);
                for (int i = 0; i < 100; i++) {
                    assertFalse(memory.getByte(MAX + i) == 'p', "plaintext that nobody vouches for is not left behind");
                }
            }
            memory.putBytes(0, good);
            assertEquals(
                    RecordOpener.BAD_RECORD_MAC,
                    opener.open(key, 6, region.address(), good.length, region.address() + MAX));
            assertEquals(100, opener.open(key, 5, region.address(), good.length, region.address() + MAX));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldTellTooLongFromTooShortFromEmpty(CryptEngine engine, CipherSuite suite, TlsVersion version) {
        JceRecord reference = reference(suite, version, new Random(4));
        try (RecordKey key = key(engine, reference)) {
            byte[] tooLong = reference.seal(0, APPLICATION_DATA, new byte[MAX + 1], 0);
            memory.putBytes(0, tooLong);
            long target = region.address() + 3 * MAX;
            assertEquals(RecordOpener.RECORD_OVERFLOW, opener.open(key, 0, region.address(), tooLong.length, target));
            byte[] record = reference.seal(0, APPLICATION_DATA, new byte[0], 0);
            memory.putBytes(0, record);
            assertEquals(0, opener.open(key, 0, region.address(), record.length, target));
            for (int length = 0; length < record.length; length++) {
                assertEquals(RecordOpener.DECODE_ERROR, opener.open(key, 0, region.address(), length, target));
            }
            if (version == TlsVersion.TLS_1_3) {
                byte[] padding = reference.seal(0, 0, new byte[0], 40);
                memory.putBytes(0, padding);
                assertEquals(
                        RecordOpener.UNEXPECTED_MESSAGE, opener.open(key, 0, region.address(), padding.length, target));
            }
        }
    }

    @Test
    void shouldMixKeysInOneBatch() {
        Random random = new Random(5);
        List<RecordKey> keys = new ArrayList<>();
        List<byte[]> expected = new ArrayList<>();
        try (SealBatch batch = new SealBatch(kinds().size())) {
            memory.setMemory(0, 2_000, (byte) 1);
            int at = 4_096;
            for (Arguments kind : kinds()) {
                JceRecord reference = reference((CipherSuite) kind.get()[1], (TlsVersion) kind.get()[2], random);
                RecordKey key = key((CryptEngine) kind.get()[0], reference);
                keys.add(key);
                expected.add(reference.seal(9, APPLICATION_DATA, bytes(0, 2_000), 0));
                batch.add(key, 9, APPLICATION_DATA, region.address(), 2_000, region.address() + at);
                at += 4_096;
            }
            batch.seal();
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i), bytes(4_096 * (i + 1), expected.get(i).length));
            }
        }
        keys.forEach(RecordKey::close);
    }

    @Test
    void shouldRefuseAKeyThatWasClosed() {
        CryptEngine engine = (CryptEngine) kinds().getFirst().get()[0];
        RecordKey key = key(engine, reference(CipherSuite.AES_128_GCM, TlsVersion.TLS_1_3, new Random(6)));
        try (SealBatch batch = new SealBatch(2)) {
            batch.add(key, 0, APPLICATION_DATA, region.address(), 10, region.address() + 4_096);
            key.close();
            key.close();
            assertThrows(IllegalStateException.class, batch::seal);
            assertEquals(0, memory.getByte(4_096), "nothing is sealed");
            assertEquals(0, batch.count());
            assertThrows(
                    IllegalStateException.class,
                    () -> batch.add(key, 0, APPLICATION_DATA, region.address(), 10, region.address() + 4_096));
        }
        assertThrows(IllegalStateException.class, key::handle);
        assertThrows(
                IllegalStateException.class,
                () -> opener.open(key, 0, region.address(), 100, region.address() + 4_096));
    }

    @Test
    void shouldRefuseWhatDoesNotFit() {
        CryptEngine engine = (CryptEngine) kinds().getFirst().get()[0];
        JceRecord reference = reference(CipherSuite.AES_256_GCM, TlsVersion.TLS_1_2, new Random(7));
        try (RecordKey key = key(engine, reference);
                SealBatch batch = new SealBatch(1)) {
            assertEquals(29, key.overheadBytes());
            assertEquals(13, key.headerBytes());
            long address = region.address();
            assertThrows(IllegalArgumentException.class, () -> batch.add(key, 0, 23, address, MAX + 1, address + 13));
            assertThrows(IllegalArgumentException.class, () -> batch.add(key, 0, 23, address, -1, address + 13));
            batch.add(key, 0, 23, address, MAX, address + 65_536);
            assertThrows(IllegalStateException.class, () -> batch.add(key, 1, 23, address, 1, address + 65_536));
        }
        var wrong = assertThrows(
                IllegalArgumentException.class,
                () -> new RecordKey(engine, CipherSuite.AES_128_GCM, TlsVersion.TLS_1_3, new byte[32], new byte[12]));
        assertTrue(wrong.getMessage().contains("keyBytes=32"), wrong.getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> new RecordKey(engine, CipherSuite.AES_128_GCM, TlsVersion.TLS_1_2, new byte[16], new byte[12]));
    }
}
