package dev.diskcryptnet.tls;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.RecordOpener;
import dev.diskcryptnet.crypt.TlsVersion;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Reads the client's records after the {@link Takeover}. One thread; allocates only when the client rotates its key.
 *
 * <p>Everything that a client may send is here: application data, alerts, and in TLS 1.3 KeyUpdate. Anything else, and
 * too much of what means nothing, ends in {@link Event#FAILED}.
 */
public final class RecordReader implements AutoCloseable {
    /** Room that {@link #read} needs for plaintext. */
    public static final int SCRATCH_BYTES = RecordOpener.TARGET_BYTES_MAX;

    /** What one record was. */
    public enum Event {
        /** No whole record is there yet; nothing was consumed. */
        INCOMPLETE,
        /** {@link #plaintextBytes()} bytes of the stream. */
        APPLICATION_DATA,
        /** The client has a new key, which is in use already. */
        KEY_UPDATE,
        /** The client has a new key and wants one of us (RFC 8446 4.6.3): send a KeyUpdate, then rotate. */
        KEY_UPDATE_REQUESTED,
        /** The client sends nothing more; what follows is consumed and ignored (RFC 8446 6.1). */
        CLOSE_NOTIFY,
        /** The client gave up: {@link #alert()} says why. Close without an alert. */
        PEER_ALERT,
        /** Nothing to do: an empty record, a part of a message, a warning. */
        IGNORED,
        /** The client broke the protocol: send {@link #alert()}, then close. Every later read fails likewise. */
        FAILED
    }

    /** Records in a row that carry nothing: BoringSSL's limit. */
    static final int MAX_EMPTY_RECORDS = 32;

    /**
     * KeyUpdates in a row without application data. BoringSSL stops at 32, but the JDK's client, each time that its limit for
     * a key is reached, asks with every record that is under way to it: 2,048 times with 32 MiB.
     */
    static final int MAX_KEY_UPDATES = 1 << 15;

    /** Warnings on one connection: BoringSSL's limit. */
    static final int MAX_WARNINGS = 4;

    /** Fragment around the plaintext: inner type and tag, or explicit nonce and tag (RFC 8446 5.2, RFC 5288 3). */
    private static final int OVERHEAD_1_3 = 1 + 16;

    private static final int OVERHEAD_1_2 = 8 + 16;

    private static final int HELLO_REQUEST = 0;
    private static final int CLIENT_HELLO = 1;
    private static final int KEY_UPDATE = 24;

    private enum State {
        OPEN,
        CLOSED,
        FAILED
    }

    private final CryptEngine engine;
    private final RecordOpener opener;
    private final CipherSuite suite;
    private final TlsVersion version;
    private final byte[] message = new byte[5];
    private byte[] secret;
    private RecordKey key;
    private long sequence;
    private State state = State.OPEN;
    private int messageBytes;
    private int emptyRecords;
    private int keyUpdates;
    private int warnings;
    private int consumedBytes;
    private int plaintextBytes;
    private Alert alert;

    /**
     * A reader for the connection that was taken over; keeps a copy of what it needs, the takeover may be wiped.
     *
     * @param engine what opens the records
     * @param opener the worker's own; shared by all its connections
     */
    public RecordReader(Takeover takeover, CryptEngine engine, RecordOpener opener) {
        this.engine = engine;
        this.opener = opener;
        this.suite = takeover.suite();
        this.version = takeover.version();
        this.sequence = takeover.readSequence();
        this.secret =
                takeover.readSecret() == null ? null : takeover.readSecret().clone();
        this.key = takeover.newReadKey(engine);
    }

    /**
     * Reads at most one record.
     *
     * @param buffer off-heap memory that holds the bytes received
     * @param offset where a record begins
     * @param lengthBytes bytes there, 0 or more
     * @param plaintext off-heap memory of {@link #SCRATCH_BYTES} at least; holds the plaintext on
     *     {@link Event#APPLICATION_DATA}, anything afterwards
     * @return what the record was; {@link #consumedBytes()} says how long it was
     * @throws IllegalArgumentException for memory of the heap: native code is given its address
     */
    public Event read(DirectBuffer buffer, int offset, int lengthBytes, MutableDirectBuffer plaintext) {
        if (buffer.byteArray() != null || plaintext.byteArray() != null) {
            throw new IllegalArgumentException("records are opened off the heap; buffer=" + buffer);
        }
        consumedBytes = 0;
        plaintextBytes = 0;
        if (state != State.OPEN) {
            return readAfterEnd(lengthBytes);
        }
        if (lengthBytes < RecordDescriptor.HEADER_BYTES) {
            return Event.INCOMPLETE;
        }
        int fragmentBytes = unsigned16(buffer, offset + RecordDescriptor.LENGTH);
        Alert wrong = checkHeader(
                buffer.getByte(offset + RecordDescriptor.TYPE) & 0xFF,
                unsigned16(buffer, offset + RecordDescriptor.VERSION),
                fragmentBytes);
        if (wrong != null) {
            return fail(wrong);
        }
        int recordBytes = RecordDescriptor.HEADER_BYTES + fragmentBytes;
        if (lengthBytes < recordBytes) {
            return Event.INCOMPLETE;
        }
        consumedBytes = recordBytes;
        return open(buffer.addressOffset() + offset, recordBytes, plaintext);
    }

    private Event readAfterEnd(int lengthBytes) {
        if (state == State.FAILED) {
            return Event.FAILED;
        }
        consumedBytes = lengthBytes;
        return lengthBytes == 0 ? Event.INCOMPLETE : Event.IGNORED;
    }

    private static int unsigned16(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    /** What can be said of a record before it is opened. After the Finished nothing comes in the clear. */
    private Alert checkHeader(int type, int recordVersion, int fragmentBytes) {
        boolean is13 = version == TlsVersion.TLS_1_3;
        boolean known = is13
                ? type == RecordDescriptor.APPLICATION_DATA
                : type >= RecordDescriptor.ALERT && type <= RecordDescriptor.APPLICATION_DATA;
        if (!known) {
            return Alert.UNEXPECTED_MESSAGE;
        }
        // RFC 8446 5.1: "MUST be ignored for all purposes"; a tag that covers another one does not fit.
        if (!is13 && recordVersion != RecordDescriptor.VERSION_1_2) {
            return Alert.PROTOCOL_VERSION;
        }
        int overheadBytes = is13 ? OVERHEAD_1_3 : OVERHEAD_1_2;
        if (fragmentBytes > RecordDescriptor.MAX_PLAINTEXT_BYTES + overheadBytes) {
            return Alert.RECORD_OVERFLOW;
        }
        return fragmentBytes < overheadBytes ? Alert.BAD_RECORD_MAC : null;
    }

    private Event open(long recordAddress, int recordBytes, MutableDirectBuffer plaintext) {
        if (sequence == -1) {
            return fail(Alert.INTERNAL_ERROR); // RFC 8446 5.3: it must not wrap
        }
        int opened = opener.open(key, sequence, recordAddress, recordBytes, plaintext.addressOffset());
        if (opened < 0) {
            return fail(Alert.of(-opened)); // the opener's errors are alerts, negated
        }
        sequence++;
        return switch (opener.contentType()) {
            case RecordDescriptor.APPLICATION_DATA -> onApplicationData(opened);
            case RecordDescriptor.ALERT -> onAlert(plaintext, opened);
            case RecordDescriptor.HANDSHAKE -> onHandshake(plaintext, opened);
            default -> fail(Alert.UNEXPECTED_MESSAGE);
        };
    }

    private Event onApplicationData(int lengthBytes) {
        if (messageBytes > 0) {
            return fail(Alert.UNEXPECTED_MESSAGE); // RFC 8446 5.1: no records between the parts of a message
        }
        if (lengthBytes == 0) {
            return ++emptyRecords > MAX_EMPTY_RECORDS ? fail(Alert.UNEXPECTED_MESSAGE) : Event.IGNORED;
        }
        emptyRecords = 0;
        keyUpdates = 0;
        plaintextBytes = lengthBytes;
        return Event.APPLICATION_DATA;
    }

    private Event onAlert(DirectBuffer plaintext, int lengthBytes) {
        if (lengthBytes != 2) {
            return fail(lengthBytes == 0 ? Alert.UNEXPECTED_MESSAGE : Alert.DECODE_ERROR);
        }
        int level = plaintext.getByte(0) & 0xFF;
        Alert received = Alert.of(plaintext.getByte(1) & 0xFF);
        if (received == Alert.CLOSE_NOTIFY) {
            state = State.CLOSED;
            return Event.CLOSE_NOTIFY;
        }
        // The level counts in TLS 1.2 only (RFC 8446 6.2).
        boolean warning = received == Alert.USER_CANCELED || version == TlsVersion.TLS_1_2 && level == Alert.WARNING;
        if (warning) {
            return ++warnings > MAX_WARNINGS ? fail(Alert.UNEXPECTED_MESSAGE) : Event.IGNORED;
        }
        state = State.CLOSED;
        alert = received;
        return Event.PEER_ALERT;
    }

    /**
     * A part of a handshake message. The only one allowed is KeyUpdate: type, 3 bytes of length, 0 or 1 (RFC 8446
     * 4.6.3).
     */
    private Event onHandshake(DirectBuffer plaintext, int lengthBytes) {
        if (lengthBytes == 0) {
            return fail(Alert.UNEXPECTED_MESSAGE); // RFC 8446 5.1
        }
        if (version == TlsVersion.TLS_1_2) {
            int type = plaintext.getByte(0);
            return fail(
                    type == CLIENT_HELLO || type == HELLO_REQUEST ? Alert.NO_RENEGOTIATION : Alert.UNEXPECTED_MESSAGE);
        }
        int partBytes = Math.min(lengthBytes, message.length - messageBytes);
        plaintext.getBytes(0, message, messageBytes, partBytes);
        messageBytes += partBytes;
        if (message[0] != KEY_UPDATE) {
            return fail(Alert.UNEXPECTED_MESSAGE);
        }
        // As soon as the length is there: behind a message that has no more, records are under another key.
        if (messageBytes > 3 && (message[1] != 0 || message[2] != 0 || message[3] != 1)) {
            return fail(Alert.DECODE_ERROR);
        }
        if (messageBytes < message.length) {
            return Event.IGNORED;
        }
        messageBytes = 0;
        // The message ends the record: what follows would be under a key that does not hold any more.
        return partBytes < lengthBytes ? fail(Alert.UNEXPECTED_MESSAGE) : onKeyUpdate(message[4]);
    }

    private Event onKeyUpdate(int request) {
        if (request != 0 && request != 1) {
            return fail(Alert.ILLEGAL_PARAMETER);
        }
        if (++keyUpdates > MAX_KEY_UPDATES) {
            return fail(Alert.UNEXPECTED_MESSAGE);
        }
        byte[] next = KeySchedule.nextSecret(suite, secret);
        Arrays.fill(secret, (byte) 0);
        secret = next;
        byte[] nextKey = KeySchedule.key(suite, next);
        RecordKey old = key;
        key = new RecordKey(engine, suite, version, nextKey, KeySchedule.iv(suite, next));
        Arrays.fill(nextKey, (byte) 0);
        old.close();
        sequence = 0;
        return request == 1 ? Event.KEY_UPDATE_REQUESTED : Event.KEY_UPDATE;
    }

    private Event fail(Alert reason) {
        state = State.FAILED;
        alert = reason;
        return Event.FAILED;
    }

    /** Length of the record just read, with its header; 0 on {@link Event#INCOMPLETE}. */
    public int consumedBytes() {
        return consumedBytes;
    }

    /** Bytes of application data in the record just read. */
    public int plaintextBytes() {
        return plaintextBytes;
    }

    /** On {@link Event#FAILED} what to send, on {@link Event#PEER_ALERT} what came; else null. */
    public Alert alert() {
        return alert;
    }

    /** Wipes the key and the secret. */
    @Override
    public void close() {
        state = State.CLOSED;
        key.close();
        if (secret != null) {
            Arrays.fill(secret, (byte) 0);
        }
    }
}
