package dev.diskcryptnet.load;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.RecordOpener;
import dev.diskcryptnet.crypt.SealBatch;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.tls.Takeover;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;

/**
 * The records of one connection, as a client sees them. Opens what must be seen and passes over the rest by its length:
 * what is measured is the server. Nothing is allocated between {@link #begin()} and a KeyUpdate.
 */
final class ClientRecords {
    /** Longest plaintext, RFC 8446 5.1. */
    static final int MAX_PLAINTEXT_BYTES = 1 << 14;
    /** The longest record: a plaintext's, with the nonce of TLS 1.2 and a tag. */
    static final int MAX_RECORD_BYTES = MAX_PLAINTEXT_BYTES + 29;

    private static final int HEADER_BYTES = PresetTls.HEADER_BYTES;
    private static final int LENGTH_OFFSET = 3;
    /** TLS 1.3 hides what a record is. Alerts and KeyUpdates are short, so that short ones are always opened. */
    private static final int ALWAYS_OPENED_BYTES = 64;

    private static final int KEY_UPDATE = 24;
    private static final int KEY_UPDATE_BYTES = 5;

    /** What {@link #read} came upon. */
    enum Event {
        /** Part of a record. */
        NOTHING,
        /** Application data, in {@link #plaintext()}. */
        SEEN,
        /** Application data that was not opened. */
        UNSEEN,
        KEY_UPDATE,
        CLOSE_NOTIFY,
        /** A record that does not open, an alert, or what has no place here. */
        FAILED
    }

    /** What a client's connections share. */
    record Shared(
            PresetTls tls, RecordOpener opener, SealBatch batch, OffHeapRegion plaintext, SplittableRandom random) {
        Shared(PresetTls tls) {
            this(
                    tls,
                    new RecordOpener(),
                    new SealBatch(1),
                    OffHeapRegion.allocate(RecordOpener.TARGET_BYTES_MAX),
                    new SplittableRandom());
        }
    }

    private final Shared shared;
    private final OffHeapRegion staging = OffHeapRegion.allocate(MAX_RECORD_BYTES);
    private RecordKey readKey;
    private RecordKey writeKey;
    private byte[] readSecret;
    private byte[] writeSecret;
    private long readSequence;
    private long writeSequence;
    private boolean answered;
    private boolean closed;

    /** Bytes of the current record that lie in {@link #staging}, and bytes of it that are still to be passed over. */
    private int staged;

    private int passing;
    /** Plaintext of the record that is being passed over, or was just read. */
    private int plaintextBytes;

    private Event event = Event.NOTHING;

    ClientRecords(Shared shared) {
        this.shared = shared;
    }

    /** A new connection: new secrets. @return the client's first record */
    byte[] begin() {
        close();
        byte[] random = new byte[shared.tls.randomBytes()];
        shared.random.nextBytes(random);
        Takeover takeover = shared.tls.takeover(random);
        readKey = takeover.newWriteKey(shared.tls.engine());
        writeKey = takeover.newReadKey(shared.tls.engine());
        readSecret = takeover.writeSecret();
        writeSecret = takeover.readSecret();
        readSequence = takeover.writeSequence();
        writeSequence = takeover.readSequence();
        answered = false;
        closed = false;
        staged = 0;
        passing = 0;
        return PresetTls.record(random);
    }

    /** The server has said that nothing more will come. */
    boolean isClosed() {
        return closed;
    }

    /** Plaintext of the last record that was {@link Event#SEEN}, from offset 0 on. */
    DirectBuffer plaintext() {
        return shared.plaintext.buffer();
    }

    /** Plaintext bytes of the last record that was {@link Event#SEEN} or {@link Event#UNSEEN}. */
    int plaintextBytes() {
        return plaintextBytes;
    }

    /** What the last {@link #read} came upon. */
    Event event() {
        return event;
    }

    /**
     * Reads at most one record.
     *
     * @param buffer off-heap memory that holds what arrived
     * @param lengthBytes bytes there, above 0
     * @param skippableBytes records of application data up to this long need not be opened
     * @return bytes taken, above 0
     */
    int read(DirectBuffer buffer, int offset, int lengthBytes, long skippableBytes) {
        event = Event.NOTHING;
        if (passing > 0) {
            int passed = Math.min(passing, lengthBytes);
            pass(passed);
            return passed;
        }
        if (staged > 0 || lengthBytes < HEADER_BYTES) {
            return stage(buffer, offset, lengthBytes, skippableBytes);
        }
        int recordBytes = recordBytes(buffer, offset);
        if (!isOpened(buffer.getByte(offset), recordBytes, skippableBytes)) {
            passing = recordBytes;
            int passed = Math.min(passing, lengthBytes);
            pass(passed);
            return passed;
        }
        if (lengthBytes < recordBytes) {
            return stage(buffer, offset, lengthBytes, skippableBytes);
        }
        open(buffer.addressOffset() + offset, recordBytes);
        return recordBytes;
    }

    private static int recordBytes(DirectBuffer buffer, int offset) {
        return HEADER_BYTES + (buffer.getShort(offset + LENGTH_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF);
    }

    /** Decides whether a record is opened, and notes how much plaintext it must have. */
    private boolean isOpened(int type, int recordBytes, long skippableBytes) {
        if (!answered) {
            plaintextBytes = 0;
            return type != PresetTls.HANDSHAKE;
        }
        plaintextBytes = recordBytes - readKey.overheadBytes();
        return type != PresetTls.APPLICATION_DATA
                || plaintextBytes <= ALWAYS_OPENED_BYTES
                || plaintextBytes > skippableBytes
                || closed;
    }

    private void pass(int lengthBytes) {
        passing -= lengthBytes;
        if (passing > 0) {
            return;
        }
        if (!answered) {
            answered = true;
            return;
        }
        readSequence++;
        event = Event.UNSEEN;
    }

    /** Gathers a record that did not come in one piece. */
    private int stage(DirectBuffer buffer, int offset, int lengthBytes, long skippableBytes) {
        int wanted = staged < HEADER_BYTES ? HEADER_BYTES : recordBytes(staging.buffer(), 0);
        if (wanted > MAX_RECORD_BYTES) {
            event = Event.FAILED;
            return lengthBytes;
        }
        int taken = Math.min(wanted - staged, lengthBytes);
        staging.buffer().putBytes(staged, buffer, offset, taken);
        boolean headerCame = staged < HEADER_BYTES;
        staged += taken;
        if (staged < wanted) {
            return taken;
        }
        int recordBytes = recordBytes(staging.buffer(), 0);
        if (headerCame && !isOpened(staging.buffer().getByte(0), recordBytes, skippableBytes)) {
            staged = 0;
            passing = recordBytes;
            pass(HEADER_BYTES);
        } else if (staged == recordBytes) {
            staged = 0;
            open(staging.address(), recordBytes);
        }
        return taken;
    }

    private void open(long address, int recordBytes) {
        event = Event.FAILED;
        if (closed || !answered) {
            return;
        }
        int opened = shared.opener.open(readKey, readSequence++, address, recordBytes, shared.plaintext.address());
        if (opened < 0) {
            return;
        }
        switch (shared.opener.contentType()) {
            case PresetTls.APPLICATION_DATA -> {
                plaintextBytes = opened;
                event = Event.SEEN;
            }
            case PresetTls.ALERT -> onAlert(opened);
            case PresetTls.HANDSHAKE -> onHandshake(opened);
            default -> {
                // Stays a failure.
            }
        }
    }

    private void onAlert(int lengthBytes) {
        closed = true;
        event = lengthBytes == 2 && plaintext().getByte(1) == 0 ? Event.CLOSE_NOTIFY : Event.FAILED;
    }

    /** RFC 8446 4.6.3: type, 3 bytes of length, and that we need not answer. */
    private void onHandshake(int lengthBytes) {
        boolean update = lengthBytes == KEY_UPDATE_BYTES
                && plaintext().getInt(0, ByteOrder.BIG_ENDIAN) == (KEY_UPDATE << 24 | 1)
                && plaintext().getByte(4) == 0;
        if (update && shared.tls.version() == TlsVersion.TLS_1_3) {
            readSecret = KeySchedule.nextSecret(shared.tls.suite(), readSecret);
            readKey.close();
            readKey = key(readSecret);
            readSequence = 0;
            event = Event.KEY_UPDATE;
        }
    }

    private RecordKey key(byte[] secret) {
        CipherSuite suite = shared.tls.suite();
        return new RecordKey(
                shared.tls.engine(),
                suite,
                shared.tls.version(),
                KeySchedule.key(suite, secret),
                KeySchedule.iv(suite, secret));
    }

    /**
     * Seals one record.
     *
     * @param plaintextAddress of the content
     * @param targetAddress room for the content and 29 bytes
     * @return bytes of the record
     */
    int seal(int type, long plaintextAddress, int lengthBytes, long targetAddress) {
        shared.batch.add(writeKey, writeSequence++, type, plaintextAddress, lengthBytes, targetAddress);
        shared.batch.seal();
        return lengthBytes + writeKey.overheadBytes();
    }

    /** From the next record on we seal with the next key: a KeyUpdate was sealed (RFC 8446 7.2). */
    void updateWriteKey() {
        writeSecret = KeySchedule.nextSecret(shared.tls.suite(), writeSecret);
        writeKey.close();
        writeKey = key(writeSecret);
        writeSequence = 0;
    }

    /** Lets the keys go. */
    void close() {
        if (readKey != null) {
            readKey.close();
            writeKey.close();
        }
    }
}
