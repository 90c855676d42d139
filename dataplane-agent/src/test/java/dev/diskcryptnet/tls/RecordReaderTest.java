package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.tls.RecordReader.Event;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client may send after the handshake, and what it must not. */
class RecordReaderTest {
    private static final byte[] HELLO = {'h', 'e', 'l', 'l', 'o'};
    private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 0};
    private static final byte[] KEY_UPDATE_REQUEST = {24, 0, 0, 1, 1};

    private RecordBench bench = new RecordBench(TlsVersion.TLS_1_3, CipherSuite.AES_128_GCM);

    @AfterEach
    void close() {
        bench.close();
    }

    private void use(TlsVersion version) {
        bench.close();
        bench = new RecordBench(version, CipherSuite.AES_128_GCM);
    }

    private void assertFailed(Alert alert, Event event) {
        assertEquals(Event.FAILED, event);
        assertEquals(alert, bench.reader.alert());
        assertTrue(RecordBench.REFUSALS.contains(alert), alert.name());
        assertEquals(Event.FAILED, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO), "and stays so");
        assertEquals(alert, bench.reader.alert());
    }

    @ParameterizedTest
    @CsvSource({
        "TLS_1_3,AES_128_GCM",
        "TLS_1_3,AES_256_GCM",
        "TLS_1_3,CHACHA20_POLY1305",
        "TLS_1_2,AES_128_GCM",
        "TLS_1_2,AES_256_GCM"
    })
    void shouldReadApplicationDataOfEverySuite(TlsVersion version, CipherSuite suite) {
        bench.close();
        bench = new RecordBench(version, suite);
        for (int length : new int[] {1, 5, 16_383, 16_384}) {
            byte[] content = new byte[length];
            content[length - 1] = 7;
            assertEquals(Event.APPLICATION_DATA, bench.exchange(RecordDescriptor.APPLICATION_DATA, content));
            assertArrayEquals(content, bench.content());
            assertNull(bench.reader.alert());
        }
    }

    @Test
    void shouldWaitForAWholeRecord() {
        byte[] record = bench.seal(RecordDescriptor.APPLICATION_DATA, HELLO);
        for (int length = 0; length < record.length; length++) {
            assertEquals(Event.INCOMPLETE, bench.read(Arrays.copyOf(record, length)));
            assertEquals(0, bench.reader.consumedBytes());
        }
        assertEquals(Event.APPLICATION_DATA, bench.read(Arrays.copyOf(record, record.length + 9)));
        assertEquals(record.length, bench.reader.consumedBytes());
    }

    @ParameterizedTest
    @EnumSource(TlsVersion.class)
    void shouldRefuseAChangedRecordAndARepeatedOne(TlsVersion version) {
        use(version);
        byte[] record = bench.seal(RecordDescriptor.APPLICATION_DATA, HELLO);
        byte[] next = bench.seal(RecordDescriptor.APPLICATION_DATA, HELLO);
        assertEquals(Event.APPLICATION_DATA, bench.read(record));
        assertEquals(Event.FAILED, bench.read(record), "the same number twice");
        assertEquals(Alert.BAD_RECORD_MAC, bench.reader.alert());
        use(version);
        next[next.length - 1] ^= 1;
        assertFailed(Alert.BAD_RECORD_MAC, bench.read(next));
    }

    @ParameterizedTest
    @CsvSource({
        "TLS_1_3,22,0x0303,64,UNEXPECTED_MESSAGE",
        "TLS_1_3,21,0x0303,2,UNEXPECTED_MESSAGE",
        "TLS_1_3,20,0x0303,1,UNEXPECTED_MESSAGE",
        "TLS_1_3,71,0x4554,8239,UNEXPECTED_MESSAGE",
        "TLS_1_3,23,0x0303,16402,RECORD_OVERFLOW",
        "TLS_1_3,23,0x0303,65535,RECORD_OVERFLOW",
        "TLS_1_3,23,0x0303,16,BAD_RECORD_MAC",
        "TLS_1_3,23,0x0303,0,BAD_RECORD_MAC",
        "TLS_1_2,20,0x0303,25,UNEXPECTED_MESSAGE",
        "TLS_1_2,24,0x0303,25,UNEXPECTED_MESSAGE",
        "TLS_1_2,23,0x0302,64,PROTOCOL_VERSION",
        "TLS_1_2,23,0x0303,16409,RECORD_OVERFLOW",
        "TLS_1_2,21,0x0303,23,BAD_RECORD_MAC"
    })
    void shouldRefuseByTheHeaderAlone(TlsVersion version, int type, int recordVersion, int length, Alert alert) {
        use(version);
        byte[] header = {
            (byte) type, (byte) (recordVersion >> 8), (byte) recordVersion, (byte) (length >> 8), (byte) length
        };
        assertFailed(alert, bench.read(header));
    }

    /** RFC 8446 5.1: the version of a record "MUST be ignored for all purposes", but the tag covers it. */
    @Test
    void shouldIgnoreTheVersionOfARecordInTls13() throws Exception {
        use(TlsVersion.TLS_1_3);
        byte[] record = bench.sealByTheJdk(0x0301, RecordDescriptor.APPLICATION_DATA, HELLO);
        byte[] spoilt = record.clone();
        assertEquals(Event.APPLICATION_DATA, bench.read(record));
        assertArrayEquals(HELLO, bench.content());
        use(TlsVersion.TLS_1_3);
        spoilt[2] = 3;
        assertFailed(Alert.BAD_RECORD_MAC, bench.read(spoilt));
    }

    @ParameterizedTest
    @EnumSource(TlsVersion.class)
    void shouldTellACloseFromOtherAlerts(TlsVersion version) {
        use(version);
        assertEquals(Event.IGNORED, bench.exchange(RecordDescriptor.ALERT, (byte) 1, (byte) 90), "user_canceled");
        assertEquals(Event.CLOSE_NOTIFY, bench.exchange(RecordDescriptor.ALERT, (byte) 1, (byte) 0));
        assertEquals(Event.IGNORED, bench.read(new byte[100]), "what follows means nothing");
        assertEquals(100, bench.reader.consumedBytes());
        use(version);
        assertEquals(Event.PEER_ALERT, bench.exchange(RecordDescriptor.ALERT, (byte) 2, (byte) 20));
        assertEquals(Alert.BAD_RECORD_MAC, bench.reader.alert());
        assertEquals(Event.IGNORED, bench.read(new byte[3]));
        use(version);
        assertEquals(Event.PEER_ALERT, bench.exchange(RecordDescriptor.ALERT, (byte) 2, (byte) 77));
        assertEquals(Alert.UNKNOWN, bench.reader.alert());
    }

    @Test
    void shouldTakeWarningsForWhatTheyAre() {
        assertEquals(
                Event.PEER_ALERT, bench.exchange(RecordDescriptor.ALERT, (byte) 1, (byte) 112), "no levels in 1.3");
        use(TlsVersion.TLS_1_2);
        for (int i = 0; i < RecordReader.MAX_WARNINGS; i++) {
            assertEquals(Event.IGNORED, bench.exchange(RecordDescriptor.ALERT, (byte) 1, (byte) 112));
        }
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.ALERT, (byte) 1, (byte) 112));
    }

    @Test
    void shouldRefuseAlertsOfOtherLengths() {
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.ALERT));
        use(TlsVersion.TLS_1_3);
        assertFailed(Alert.DECODE_ERROR, bench.exchange(RecordDescriptor.ALERT, (byte) 1));
        use(TlsVersion.TLS_1_2);
        assertFailed(Alert.DECODE_ERROR, bench.exchange(RecordDescriptor.ALERT, (byte) 1, (byte) 0, (byte) 1));
    }

    @Test
    void shouldFollowTheClientsKey() {
        assertEquals(Event.KEY_UPDATE, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE));
        bench.rotate();
        assertEquals(Event.APPLICATION_DATA, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO));
        assertEquals(Event.KEY_UPDATE_REQUESTED, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE_REQUEST));
        bench.rotate();
        assertEquals(Event.APPLICATION_DATA, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO));
        assertArrayEquals(HELLO, bench.content());
    }

    @Test
    void shouldRefuseTheOldKeyAfterAKeyUpdate() {
        assertEquals(Event.KEY_UPDATE, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE));
        assertEquals(Event.FAILED, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO));
        assertEquals(Alert.BAD_RECORD_MAC, bench.reader.alert());
    }

    @Test
    void shouldReadAKeyUpdateThatComesInPieces() {
        for (int i = 0; i < 4; i++) {
            assertEquals(Event.IGNORED, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE_REQUEST[i]));
        }
        assertEquals(Event.KEY_UPDATE_REQUESTED, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE_REQUEST[4]));
        bench.rotate();
        assertEquals(Event.APPLICATION_DATA, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO));
    }

    @Test
    void shouldRefuseAKeyUpdateThatIsNotAloneInItsRecord() {
        byte[] two = {24, 0, 0, 1, 0, 24, 0, 0, 1, 0};
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.HANDSHAKE, two));
    }

    @Test
    void shouldRefuseOtherRecordsBetweenThePieces() {
        assertEquals(Event.IGNORED, bench.exchange(RecordDescriptor.HANDSHAKE, (byte) 24, (byte) 0));
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO));
    }

    @Test
    void shouldRefuseWrongKeyUpdates() {
        assertFailed(
                Alert.ILLEGAL_PARAMETER,
                bench.exchange(RecordDescriptor.HANDSHAKE, (byte) 24, (byte) 0, (byte) 0, (byte) 1, (byte) 2));
        use(TlsVersion.TLS_1_3);
        assertFailed(
                Alert.DECODE_ERROR,
                bench.exchange(
                        RecordDescriptor.HANDSHAKE, (byte) 24, (byte) 0, (byte) 0, (byte) 2, (byte) 0, (byte) 0));
        use(TlsVersion.TLS_1_3);
        assertFailed(
                Alert.DECODE_ERROR,
                bench.exchange(RecordDescriptor.HANDSHAKE, (byte) 24, (byte) 0, (byte) 0, (byte) 0));
        use(TlsVersion.TLS_1_3);
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.HANDSHAKE));
    }

    @Test
    void shouldRefuseKeyUpdatesWithoutEnd() {
        for (int i = 0; i < RecordReader.MAX_KEY_UPDATES; i++) {
            assertEquals(Event.KEY_UPDATE, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE));
            bench.rotate();
        }
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE));
    }

    @Test
    void shouldCountKeyUpdatesAnewAfterData() {
        for (int i = 0; i < 3 * RecordReader.MAX_KEY_UPDATES; i++) {
            assertEquals(Event.KEY_UPDATE, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE));
            bench.rotate();
            assertEquals(Event.APPLICATION_DATA, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4, 5, 11, 15, 20})
    void shouldRefuseEveryOtherMessage(int type) {
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.HANDSHAKE, (byte) type, (byte) 0));
    }

    @Test
    void shouldRefuseRenegotiation() {
        use(TlsVersion.TLS_1_2);
        assertFailed(Alert.NO_RENEGOTIATION, bench.exchange(RecordDescriptor.HANDSHAKE, (byte) 1, (byte) 0));
        use(TlsVersion.TLS_1_2);
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.HANDSHAKE, KEY_UPDATE));
    }

    @ParameterizedTest
    @EnumSource(TlsVersion.class)
    void shouldRefuseEmptyRecordsWithoutEnd(TlsVersion version) {
        use(version);
        for (int i = 0; i < RecordReader.MAX_EMPTY_RECORDS; i++) {
            assertEquals(Event.IGNORED, bench.exchange(RecordDescriptor.APPLICATION_DATA));
        }
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(RecordDescriptor.APPLICATION_DATA));
    }

    @Test
    void shouldCountEmptyRecordsAnewAfterData() {
        for (int i = 0; i < 3 * RecordReader.MAX_EMPTY_RECORDS; i++) {
            assertEquals(Event.IGNORED, bench.exchange(RecordDescriptor.APPLICATION_DATA));
            assertEquals(Event.APPLICATION_DATA, bench.exchange(RecordDescriptor.APPLICATION_DATA, HELLO));
        }
    }

    @Test
    void shouldRefuseInnerTypesThatNobodyKnows() {
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(20, (byte) 1));
        use(TlsVersion.TLS_1_3);
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(99, HELLO));
        use(TlsVersion.TLS_1_3);
        assertFailed(Alert.UNEXPECTED_MESSAGE, bench.exchange(0, new byte[20])); // padding alone
    }

    @Test
    void shouldReadPaddedRecords() {
        byte[] padded = {'h', 'i', RecordDescriptor.APPLICATION_DATA, 0, 0, 0};
        assertEquals(Event.APPLICATION_DATA, bench.exchange(0, padded));
        assertArrayEquals(new byte[] {'h', 'i'}, bench.content());
    }

    @Test
    void shouldAllocateNothing() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        OffHeapRegion records = OffHeapRegion.allocate(1 << 20);
        for (int cycle = 0; cycle < 5; cycle++) {
            int bytes = 0;
            while (bytes < 1 << 19) {
                byte[] record = bench.seal(RecordDescriptor.APPLICATION_DATA, new byte[300]);
                records.buffer().putBytes(bytes, record);
                bytes += record.length;
            }
            long before = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
            int read = readAll(records.buffer(), bytes);
            long allocated =
                    threads.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before;
            assertTrue(read > 1000, "read=" + read);
            if (cycle == 4) {
                assertEquals(0, allocated, "bytes for " + read + " records");
            }
        }
    }

    private int readAll(DirectBuffer records, int lengthBytes) {
        int read = 0;
        for (int at = 0; at < lengthBytes; at += bench.reader.consumedBytes()) {
            Event event = bench.reader.read(records, at, lengthBytes - at, bench.plaintext.buffer());
            read += event == Event.APPLICATION_DATA ? 1 : 0;
        }
        return read;
    }
}
