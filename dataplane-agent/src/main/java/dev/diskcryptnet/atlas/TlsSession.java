package dev.diskcryptnet.atlas;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.RecordOpener;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.tcp.TcpConnection;
import dev.diskcryptnet.tls.Alert;
import dev.diskcryptnet.tls.Handshake;
import dev.diskcryptnet.tls.RecordReader;
import dev.diskcryptnet.tls.RecordRun;
import dev.diskcryptnet.tls.RecordStream;
import dev.diskcryptnet.tls.Takeover;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/** The TLS side of a session: first the handshake, then the records of both directions. */
final class TlsSession {
    /** Longest run of own bytes that stands in front of an object's in one record. */
    private static final int MAX_PREFIX_BYTES = UnitTable.DATA_OFFSET / 2;

    final RecordStream records;

    /** Null when it is over. */
    private Handshake handshake;
    /** The handshake is with the pool. */
    boolean stepping;
    /** Bytes at the front of what TCP holds that the handshake has consumed already. */
    int consumedBytes;
    /** Opens the client's records; null before the handshake is done. */
    RecordReader reader;
    /** A record made no sense: none is read any more. */
    boolean failed;
    /** Plaintext of an incomplete request, or null. */
    UnsafeBuffer held;

    private final CryptEngine engine;
    private TlsVersion version;
    private CipherSuite suite;
    private byte[] writeSecret;
    private int recordOverheadBytes;
    private boolean saidGoodbye;

    /** @param recordsPerKey records that one key may seal */
    TlsSession(Handshake handshake, CryptEngine engine, long recordsPerKey) {
        this.handshake = handshake;
        this.engine = engine;
        this.records = new RecordStream(recordsPerKey);
    }

    boolean isHandshaking() {
        return handshake != null;
    }

    /** Whether the client's records are read: from the end of the handshake to the first that makes no sense. */
    boolean isReading() {
        return reader != null && !failed;
    }

    Handshake handshake() {
        return handshake;
    }

    /** The handshake came to nothing. */
    void endHandshake() {
        if (handshake != null) {
            handshake.abandon();
            handshake = null;
        }
    }

    /** The handshake is done: from here on both directions are ours. */
    void takeOver(Takeover takeover, RecordOpener opener) {
        handshake = null;
        version = takeover.version();
        suite = takeover.suite();
        writeSecret =
                takeover.writeSecret() == null ? null : takeover.writeSecret().clone();
        RecordKey key = takeover.newWriteKey(engine);
        recordOverheadBytes = key.overheadBytes();
        records.startSealing(key, takeover.writeSequence());
        reader = new RecordReader(takeover, engine, opener);
        takeover.wipe();
    }

    /** Bytes that a record is longer than its plaintext. */
    int recordOverheadBytes() {
        return recordOverheadBytes;
    }

    /**
     * Cuts the session's plaintext from {@code from} to its end into records. A run of them has at most one object's range, behind
     * what of our own stands in front of it.
     *
     * @return bytes that the send stream grows by
     */
    long cut(Session session, long from) {
        long grown = 0;
        long start = from;
        if (session.contentEnd() == from) {
            return 0;
        }
        for (int i = session.indexOf(from); i < session.pieceCount(); i++) {
            Piece piece = session.piece(i);
            if (piece.object == null) {
                continue;
            }
            int prefix = (int) Math.min(piece.start - start, Integer.MAX_VALUE);
            if (prefix > MAX_PREFIX_BYTES) {
                grown += appendData(prefix);
                prefix = 0;
            }
            grown += appendData(prefix + piece.end - piece.start);
            start = piece.end;
        }
        if (session.contentEnd() > start) {
            grown += appendData(session.contentEnd() - start);
        }
        return grown;
    }

    private long appendData(long plainBytes) {
        return records.appendData(plainBytes, (int) Math.min(plainBytes, RecordRun.RECORD_BYTES));
    }

    /** Whether the key should seal no more than what is promised already and cannot be replaced (TLS 1.2). */
    boolean isKeyWornOut() {
        return version == TlsVersion.TLS_1_2 && records.isWornOut();
    }

    boolean mustUpdateKey(TcpConnection connection) {
        return version == TlsVersion.TLS_1_3 && records.mustUpdateKey(connection.reservedEnd());
    }

    /** Seals with the next key from the first record on that nobody has asked for. */
    void updateKey(TcpConnection connection, TlsCounters counters) {
        // Nothing is said behind an alert that somebody has asked for, not even in part.
        boolean isOver = connection.finSent()
                || saidGoodbye
                        && records.streamEnd() - connection.reservedEnd() < Alert.BODY_BYTES + recordOverheadBytes;
        long grown = isOver ? 0 : records.updateKey(connection.reservedEnd(), this::nextKey);
        if (grown > 0) {
            counters.keyUpdates.increment();
            connection.insert(grown);
        }
    }

    private RecordKey nextKey() {
        byte[] next = KeySchedule.nextSecret(suite, writeSecret);
        Arrays.fill(writeSecret, (byte) 0);
        writeSecret = next;
        byte[] key = KeySchedule.key(suite, next);
        byte[] iv = KeySchedule.iv(suite, next);
        RecordKey made = new RecordKey(engine, suite, version, key, iv);
        Arrays.fill(key, (byte) 0);
        Arrays.fill(iv, (byte) 0);
        return made;
    }

    /** Appends a close_notify, once (RFC 8446 6.1). */
    void sayGoodbye(TcpConnection connection) {
        sendAlert(connection, Alert.CLOSE_NOTIFY, false);
    }

    /** Appends an alert; nothing is said after it. */
    void sendAlert(TcpConnection connection, Alert alert, boolean fatal) {
        if (records.isSealing() && !saidGoodbye) {
            saidGoodbye = true;
            connection.extend(records.appendRecord(RecordRun.ALERT, alert.body(fatal)));
        }
    }

    /** Wipes the keys. Nothing is sealed or opened after this. */
    void close() {
        endHandshake();
        records.close();
        if (reader != null) {
            reader.close();
        }
        if (writeSecret != null) {
            Arrays.fill(writeSecret, (byte) 0);
        }
        held = null;
    }
}
