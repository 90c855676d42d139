package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.TlsVersion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Record and offset, number and plaintext: what no retransmission and no new key may ever mix up. */
class RecordStreamTest {
    private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 0};
    private static final byte[] CLOSE_NOTIFY = {1, 0};
    private static final int MAX = RecordRun.RECORD_BYTES;
    private static final int OVERHEAD = 22;

    private final List<RecordKey> keys = new ArrayList<>();

    @AfterEach
    void closeKeys() {
        keys.forEach(RecordKey::close);
    }

    private RecordKey newKey() {
        CryptEngine engine = CryptEngine.OPENSSL.isAvailable() ? CryptEngine.OPENSSL : CryptEngine.IPSEC_MB;
        var key = new RecordKey(engine, CipherSuite.AES_128_GCM, TlsVersion.TLS_1_3, new byte[16], new byte[12]);
        keys.add(key);
        return key;
    }

    private RecordStream sealing() {
        return sealing(new RecordStream(RecordStream.RECORDS_PER_KEY));
    }

    private RecordStream sealing(RecordStream stream) {
        stream.startSealing(newKey(), 0);
        return stream;
    }

    private boolean isWiped(int key) {
        try {
            keys.get(key).handle();
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    @Test
    void shouldFindTheRecordOfEveryByteAroundEveryBoundary() {
        for (int first : new int[] {1, 4095, 4096, 16_000, MAX - 1, MAX}) {
            for (long bytes : new long[] {1, 2, 4096, MAX - 1, MAX, MAX + 1, 2 * MAX, 5L * MAX + 7, 3_000_001}) {
                if (first <= bytes) {
                    checkBoundaries(bytes, first);
                }
            }
        }
    }

    private void checkBoundaries(long bytes, int first) {
        RecordStream stream = sealing();
        byte[] raw = new byte[77];
        stream.appendRaw(raw);
        long grown = stream.appendData(bytes, first);
        long start = raw.length;
        long plain = 0;
        RecordRun run = stream.at(start);
        for (int record = 0; record < run.records(); record++) {
            int length = (int) Math.min(record == 0 ? first : MAX, bytes - plain);
            long end = start + length + OVERHEAD;
            assertEquals(start, run.recordStart(record));
            assertEquals(end, run.recordStart(record + 1));
            assertEquals(plain, run.plainStart(record));
            assertEquals(length, run.plainBytes(record));
            assertEquals(record, run.sequence(record));
            for (long offset : new long[] {start, start + 1, start + 4, start + 5, end - 17, end - 16, end - 1}) {
                assertSame(run, stream.at(offset));
                assertEquals(record, run.recordAt(offset), "offset=" + offset + " bytes=" + bytes + " first=" + first);
            }
            start = end;
            plain += length;
        }
        assertEquals(bytes, plain);
        assertEquals(run.end(), start);
        assertEquals(raw.length + grown, start);
        assertEquals(stream.streamEnd(), start);
    }

    @Test
    void shouldKeepStreamAndNumbersAsANaiveModelDoesWhateverHappens() {
        int rounds = Boolean.getBoolean("dcn.long") ? 20_000 : 300;
        for (int seed = 0; seed < rounds; seed++) {
            new Walk(seed).go();
        }
    }

    /** A random life of one stream, beside its model. */
    private final class Walk {
        private final int seed;
        private final Random random;
        private final RecordStream stream;
        private final RecordModel model = new RecordModel(OVERHEAD);
        private final List<RecordKey> epochs = new ArrayList<>();
        /** Epoch and number -> what was sealed under them, from the moment it was asked for. */
        private final Map<String, String> sealed = new HashMap<>();

        private long asked;
        private long acknowledged;

        Walk(int seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.stream =
                    new RecordStream(random.nextInt(3) == 0 ? 1 + random.nextInt(20) : RecordStream.RECORDS_PER_KEY);
        }

        void go() {
            byte[] raw = new byte[1 + random.nextInt(3000)];
            stream.appendRaw(raw);
            model.appendRaw(raw);
            ask();
            int sequence = random.nextInt(3);
            epochs.add(newKey());
            stream.startSealing(epochs.getFirst(), sequence);
            model.startSealing(sequence);
            for (int step = 0; step < 120; step++) {
                act();
                compare();
            }
            stream.close();
            epochs.forEach(key -> assertThrows(IllegalStateException.class, key::handle, toString()));
        }

        private void act() {
            switch (random.nextInt(8)) {
                case 0, 1 -> appendData();
                case 2 -> {
                    byte[] bytes = new byte[1 + random.nextInt(40)];
                    stream.appendRecord(RecordRun.HANDSHAKE, bytes);
                    model.appendRecord(RecordRun.HANDSHAKE, bytes);
                }
                case 3, 4 -> ask();
                case 5 -> acknowledge();
                case 6 -> updateKey();
                default -> {
                    if (stream.mustUpdateKey(asked)) {
                        updateKey();
                    }
                }
            }
        }

        private void appendData() {
            long bytes = 1 + random.nextLong(random.nextBoolean() ? 300 : 400_000);
            int first = 1 + random.nextInt((int) Math.min(bytes, MAX));
            stream.appendData(bytes, first);
            model.appendData(bytes, first);
        }

        private void ask() {
            asked += random.nextInt(4) == 0
                    ? stream.streamEnd() - asked
                    : Math.min(stream.streamEnd() - asked, random.nextInt(60_000));
            for (RecordModel.Entry entry : model.entries) {
                if (entry.start() < asked && entry.epoch() >= 0) {
                    String number = entry.epoch() + "/" + entry.sequence();
                    String plaintext = entry.type() + ":" + entry.plainStart() + "+" + entry.plainBytes() + ":"
                            + System.identityHashCode(entry.bytes());
                    String before = sealed.putIfAbsent(number, plaintext);
                    assertTrue(before == null || before.equals(plaintext), () -> this + " number=" + number);
                }
            }
        }

        private void acknowledge() {
            acknowledged += random.nextLong(asked - acknowledged + 1);
            assertEquals(model.release(acknowledged), stream.release(acknowledged), toString());
        }

        private void updateKey() {
            stream.updateKey(asked, () -> {
                epochs.add(newKey());
                return epochs.getLast();
            });
            model.updateKey(asked, KEY_UPDATE);
            assertEquals(model.epoch, epochs.size() - 1, toString());
        }

        private void compare() {
            assertEquals(model.streamEnd, stream.streamEnd(), toString());
            assertEquals(model.plainEnd, stream.plainEnd(), toString());
            for (int i = 0; i < 10 && stream.streamEnd() > acknowledged; i++) {
                long offset = acknowledged + random.nextLong(stream.streamEnd() - acknowledged);
                compareAt(offset, model.at(offset));
            }
        }

        private void compareAt(long offset, RecordModel.Entry entry) {
            RecordRun run = stream.at(offset);
            assertEquals(entry.epoch() < 0, run.isRaw(), toString());
            assertSame(entry.isData() ? null : run.bytes(), run.bytes(), toString());
            if (run.isRaw()) {
                assertSame(entry.bytes(), run.bytes(), toString());
                assertEquals(entry.start(), run.start(), toString());
                return;
            }
            int record = run.recordAt(offset);
            assertEquals(entry.type(), run.type(), toString());
            assertEquals(entry.start(), run.recordStart(record), toString());
            assertEquals(entry.end(), run.recordStart(record + 1), toString());
            assertEquals(entry.plainStart(), run.plainStart(record), toString());
            assertEquals(entry.plainBytes(), run.plainBytes(record), toString());
            assertEquals(entry.sequence(), run.sequence(record), toString());
            assertSame(epochs.get(entry.epoch()), run.key(), toString());
            assertTrue(run.key().handle() != 0, "a key that is still needed is there");
            if (!entry.isData()) {
                assertArrayEquals(entry.bytes(), run.bytes(), toString());
            }
        }

        @Override
        public String toString() {
            return "seed=" + seed + " asked=" + asked + " acknowledged=" + acknowledged;
        }
    }

    @Test
    void shouldAnswerSeveralRequestsForANewKeyWithOne() {
        RecordStream stream = sealing();
        stream.appendData(10 * MAX, MAX);
        long asked = stream.at(0).recordStart(3) + 100;
        assertEquals(KEY_UPDATE.length + OVERHEAD, stream.updateKey(asked, this::newKey));
        assertEquals(0, stream.updateKey(asked, this::newKey));
        assertEquals(2, keys.size());
        long update = stream.at(asked).end();
        assertEquals(RecordRun.HANDSHAKE, stream.at(update).type());
        assertEquals(0, stream.updateKey(update, this::newKey));
        assertEquals(KEY_UPDATE.length + OVERHEAD, stream.updateKey(update + 1, this::newKey));
    }

    @Test
    void shouldSayNothingAfterAnAlert() {
        RecordStream stream = sealing();
        stream.appendData(MAX, MAX);
        stream.appendRecord(RecordRun.ALERT, CLOSE_NOTIFY);
        assertEquals(0, stream.updateKey(stream.streamEnd(), this::newKey));
        assertTrue(stream.updateKey(MAX, this::newKey) > 0);
        assertEquals(RecordRun.ALERT, stream.at(stream.streamEnd() - 1).type());
        assertEquals(0, stream.at(stream.streamEnd() - 1).sequence(0));
        assertSame(keys.get(1), stream.at(stream.streamEnd() - 1).key());
    }

    @Test
    void shouldWantANewKeyAtTheLimitAndOnlyOnce() {
        RecordStream stream = sealing(new RecordStream(5));
        stream.appendData(12 * MAX, MAX);
        RecordRun run = stream.at(0);
        assertTrue(stream.isWornOut());
        assertFalse(stream.mustUpdateKey(run.recordStart(4)));
        assertTrue(stream.mustUpdateKey(run.recordStart(5)));
        assertTrue(stream.mustUpdateKey(run.recordStart(4) + 1000));
        // A range went past the limit, and ends within a record: its number is taken, the next one's is not.
        long within = run.recordStart(6) + 1000;
        assertTrue(stream.mustUpdateKey(within));
        stream.updateKey(within, this::newKey);
        assertFalse(stream.mustUpdateKey(within));
        RecordRun update = stream.at(stream.at(within).end());
        assertEquals(RecordRun.HANDSHAKE, update.type());
        assertEquals(7, update.sequence(0));
        assertFalse(stream.mustUpdateKey(update.start()));
        assertEquals(0, stream.at(update.end()).sequence(0));
        assertNotSame(update.key(), stream.at(update.end()).key());
    }

    @Test
    void shouldWipeAKeyWithItsLastRecord() {
        RecordStream stream = sealing();
        stream.appendData(4 * MAX, MAX);
        stream.updateKey(stream.at(0).recordStart(2), this::newKey);
        RecordRun update = stream.at(stream.at(0).end());
        stream.release(update.start());
        assertFalse(isWiped(0));
        stream.release(update.end());
        assertTrue(isWiped(0));
        assertFalse(isWiped(1));
        stream.release(stream.streamEnd());
        assertFalse(isWiped(1)); // what comes next is sealed with it
        stream.close();
        assertTrue(isWiped(1));
    }

    @Test
    void shouldRefuseToTakeBackANumberThatWasNotHandedOut() {
        var epoch = new WriteEpoch(newKey(), 3);
        assertEquals(3, epoch.take(4));
        assertEquals(7, epoch.nextSequence());
        assertThrows(IllegalStateException.class, () -> epoch.giveBackFrom(8));
        epoch.giveBackFrom(5);
        assertEquals(5, epoch.take(1));
        assertThrows(ArithmeticException.class, () -> epoch.take(Long.MAX_VALUE));
    }

    @Test
    void shouldRefuseRunsThatNoRecordHolds() {
        RecordStream stream = sealing();
        assertThrows(IllegalArgumentException.class, () -> stream.appendData(0, 0));
        assertThrows(IllegalArgumentException.class, () -> stream.appendData(10, 11));
        assertThrows(IllegalArgumentException.class, () -> stream.appendData(MAX + 1, MAX + 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> stream.appendRecord(21, new byte[RecordRun.MAX_PLAINTEXT_BYTES + 1]));
        assertThrows(IllegalStateException.class, () -> stream.at(0));
    }
}
