package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.tls.RecordReader.Event;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Generated records, well-formed and not: a record that was changed never passes as data, a good one always does, and
 * no reader outlives a fault.
 */
class RecordReaderFuzzTest {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int ROUNDS = Boolean.getBoolean("dcn.long") ? 1_000_000 : 50_000;
    private static final int MAX_RECORDS = 60;

    private final Map<Event, Integer> outcomes = new EnumMap<>(Event.class);
    private final SplittableRandom random = new SplittableRandom(SEED);
    private int round;

    @Test
    void shouldReadWhatIsWellFormedAndNothingElse() {
        System.out.println("dcn.seed=" + SEED + " rounds=" + ROUNDS);
        while (round < ROUNDS) {
            boolean is13 = random.nextInt(3) > 0;
            CipherSuite suite = CipherSuite.values()[random.nextInt(is13 ? 3 : 2)];
            try (var bench = new RecordBench(is13 ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2, suite)) {
                connection(bench, is13);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("dcn.seed=" + SEED + " round=" + round + " is13=" + is13 + " " + suite, e);
            }
        }
        System.out.println("outcomes=" + outcomes);
        assertEquals(EnumSet.allOf(Event.class), outcomes.keySet());
    }

    private void connection(RecordBench bench, boolean is13) {
        for (int i = 0; i < MAX_RECORDS; i++) {
            round++;
            Event event = record(bench, is13);
            outcomes.merge(event, 1, Integer::sum);
            if (event == Event.FAILED) {
                assertTrue(RecordBench.REFUSALS.contains(bench.reader.alert()));
                assertEquals(Event.FAILED, bench.exchange(RecordDescriptor.APPLICATION_DATA, (byte) 1));
                return;
            }
            if (event == Event.CLOSE_NOTIFY || event == Event.PEER_ALERT) {
                assertEquals(Event.IGNORED, bench.exchange(RecordDescriptor.APPLICATION_DATA, (byte) 1));
                return;
            }
        }
    }

    private Event record(RecordBench bench, boolean is13) {
        return switch (random.nextInt(12)) {
            case 0 -> changed(bench);
            case 1 -> garbage(bench);
            case 2 -> bench.exchange(RecordDescriptor.ALERT, bytes(random.nextInt(20) == 0 ? 3 : 2));
            case 3 -> handshake(bench, is13);
            case 4 -> bench.exchange(random.nextInt(256), bytes(random.nextInt(40)));
            default -> data(bench);
        };
    }

    private Event data(RecordBench bench) {
        byte[] content = bytes(random.nextInt(200) == 0 ? random.nextInt(16_385) : random.nextInt(200));
        byte[] record = bench.seal(RecordDescriptor.APPLICATION_DATA, content);
        if (random.nextInt(8) == 0) {
            byte[] part = Arrays.copyOf(record, random.nextInt(record.length));
            assertEquals(Event.INCOMPLETE, bench.read(part));
            outcomes.merge(Event.INCOMPLETE, 1, Integer::sum);
        }
        Event event = bench.read(record);
        if (event == Event.APPLICATION_DATA) {
            assertArrayEquals(content, bench.content());
            assertEquals(record.length, bench.reader.consumedBytes());
        } else if (event == Event.IGNORED) {
            assertEquals(0, content.length);
        } else {
            // Only a message that was begun, or too many empty records, forbid data.
            assertEquals(Alert.UNEXPECTED_MESSAGE, bench.reader.alert());
        }
        return event;
    }

    private Event changed(RecordBench bench) {
        byte[] record = bench.seal(RecordDescriptor.APPLICATION_DATA, bytes(random.nextInt(100)));
        int bit = random.nextInt(record.length * 8);
        record[bit / 8] ^= (byte) (1 << bit % 8);
        Event event = bench.read(record);
        assertTrue(event == Event.FAILED || event == Event.INCOMPLETE, event.name());
        if (event == Event.INCOMPLETE) { // a longer length: the rest of it fails
            event = bench.read(Arrays.copyOf(record, 1 << 15));
            assertEquals(Event.FAILED, event);
        }
        return event;
    }

    private Event garbage(RecordBench bench) {
        byte[] bytes = bytes(random.nextInt(300));
        if (random.nextBoolean() && bytes.length >= 5) {
            bytes[0] = (byte) (20 + random.nextInt(4));
            bytes[1] = 3;
            bytes[2] = 3;
            bytes[3] = (byte) random.nextInt(2);
        }
        Event event = bench.read(bytes);
        assertTrue(event == Event.FAILED || event == Event.INCOMPLETE, event.name());
        return event;
    }

    private Event handshake(RecordBench bench, boolean is13) {
        byte[] message = {24, 0, 0, 1, (byte) random.nextInt(2)};
        int fault = random.nextInt(10);
        if (fault < message.length) {
            message[fault] = (byte) random.nextInt(256);
        }
        int from = 0;
        Event event = Event.IGNORED;
        while (from < message.length && event == Event.IGNORED) {
            int to = random.nextInt(3) == 0 ? from + 1 + random.nextInt(message.length - from) : message.length;
            event = bench.exchange(RecordDescriptor.HANDSHAKE, Arrays.copyOfRange(message, from, to));
            from = to;
        }
        boolean updated = event == Event.KEY_UPDATE || event == Event.KEY_UPDATE_REQUESTED;
        assertTrue(updated || event == Event.FAILED, event.name());
        assertTrue(is13 || !updated);
        if (updated) {
            bench.rotate();
        }
        return event;
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
