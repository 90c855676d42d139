package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.RecordOpener;
import dev.diskcryptnet.tls.Alert;
import dev.diskcryptnet.tls.Handshake;
import dev.diskcryptnet.tls.HandshakePool;
import dev.diskcryptnet.tls.HandshakeStep;
import dev.diskcryptnet.tls.RecordRun;
import dev.diskcryptnet.tls.Takeover;
import java.util.LinkedHashSet;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a worker does with the bytes of TLS connections. Handshakes go through the pool, a step at a time, while the bytes
 * they are made of stay with TCP; afterwards records are opened here and their plaintext goes to {@link HttpService}.
 */
final class TlsService {
    /** Most plaintext of an incomplete request that is kept: more than the parser takes of a head, and a record. */
    private static final int MAX_HELD_BYTES = 4 * RecordRun.MAX_PLAINTEXT_BYTES;
    /** Most sessions of a worker that hold some. */
    private static final int MAX_HOLDERS = 4096;
    /** Most handshakes under way, each with some 30 KB of the engine's; beyond it the oldest makes room. */
    private static final int MAX_HANDSHAKES = 4096;

    private final HttpService http;
    private final CryptEngine engine;
    private final long recordsPerKey;
    private final HandshakePool pool;
    private final Runnable wakeUp;
    private final TlsCounters counters;
    private final RecordOpener opener = new RecordOpener();
    private final OffHeapRegion plaintext = OffHeapRegion.allocate(MAX_HELD_BYTES + 2 * RecordRun.MAX_PLAINTEXT_BYTES);
    private final UnsafeBuffer opened = new UnsafeBuffer(0, 0);
    private final ManyToOneConcurrentLinkedQueue<Result> results = new ManyToOneConcurrentLinkedQueue<>();
    /** Sessions whose handshake has begun, the oldest first. */
    private final LinkedHashSet<Session> handshaking = new LinkedHashSet<>();

    private int holders;

    private record Result(Session session, Handshake handshake, HandshakeStep step) {}

    /** @param wakeUp called from the pool's threads when {@link #takeResults} has something to do */
    TlsService(
            HttpService http,
            CryptEngine engine,
            long recordsPerKey,
            HandshakePool pool,
            Runnable wakeUp,
            TlsCounters counters) {
        this.http = http;
        this.engine = engine;
        this.recordsPerKey = recordsPerKey;
        this.pool = pool;
        this.wakeUp = wakeUp;
        this.counters = counters;
    }

    TlsSession accept(Handshake.Source server) {
        return new TlsSession(server.newHandshake(), engine, recordsPerKey);
    }

    /** @return bytes taken; the others are to be offered again */
    int onBytes(long nowNs, Session session, DirectBuffer buffer, int offset, int lengthBytes) {
        TlsSession tls = session.tls;
        int taken = Math.min(tls.consumedBytes, lengthBytes);
        tls.consumedBytes -= taken;
        if (tls.isHandshaking()) {
            step(session, buffer, offset + taken, lengthBytes - taken);
            return taken;
        }
        while (taken < lengthBytes && !session.stalled) {
            // A client whose last response is under way may still ask for a new key (RFC 8446 4.6.3).
            if (!tls.isReading() || session.remoteClosed || session.closed) {
                return lengthBytes;
            }
            int read = readRecord(nowNs, session, buffer, offset + taken, lengthBytes - taken);
            if (read == 0) {
                break;
            }
            taken += read;
        }
        return taken;
    }

    // ---- handshake

    /** Hands what is there to the pool, when a record is complete or can never be one. */
    private void step(Session session, DirectBuffer buffer, int offset, int lengthBytes) {
        TlsSession tls = session.tls;
        if (tls.stepping || !Handshake.hasRecord(buffer, offset, lengthBytes)) {
            return;
        }
        if (handshaking.add(session) && handshaking.size() > MAX_HANDSHAKES) {
            counters.refusedHandshakes.increment();
            handshaking.getFirst().connection.abort();
        }
        byte[] input = new byte[lengthBytes];
        buffer.getBytes(offset, input);
        tls.stepping = pool.submit(tls.handshake(), input, (handshake, step) -> {
            results.add(new Result(session, handshake, step));
            wakeUp.run();
        });
        if (!tls.stepping) {
            counters.refusedHandshakes.increment();
            session.connection.abort();
        }
    }

    /** Goes on with sessions whose handshake came a step further. */
    int takeResults(long nowNs) {
        int taken = 0;
        for (Result result = results.poll(); result != null; result = results.poll()) {
            apply(nowNs, result);
            taken++;
        }
        return taken;
    }

    private void apply(long nowNs, Result result) {
        Session session = result.session;
        HandshakeStep step = result.step;
        session.tls.stepping = false;
        if (session.closed || session.closing) {
            discard(session, result);
            return;
        }
        if (step.output().length > 0) {
            session.connection.extend(session.tls.records.appendRaw(step.output()));
        }
        session.tls.consumedBytes = step.consumedBytes();
        switch (step.outcome()) {
            case MORE -> session.connection.offerReceived(nowNs);
            case DONE -> {
                handshaking.remove(session);
                Takeover done = step.takeover();
                counters.onHandshake(done.version(), done.suite(), done.resumed());
                session.tls.takeOver(done, opener);
                session.enter(Session.Phase.IDLE, nowNs);
                session.connection.offerReceived(nowNs);
            }
            case FAILED -> {
                handshaking.remove(session);
                counters.failedHandshakes.increment();
                session.tls.endHandshake();
                session.finish();
                session.enter(Session.Phase.CLOSING, nowNs);
            }
        }
        session.sender.enqueue(session);
    }

    /** The connection ended while the pool was at it. */
    private static void discard(Session session, Result result) {
        if (result.step.takeover() != null) {
            result.step.takeover().wipe();
        }
        session.tls.endHandshake();
        if (session.closed) {
            session.tls.close();
        }
    }

    // ---- records

    /** Reads one record. @return bytes of it, or 0 when it is not complete */
    private int readRecord(long nowNs, Session session, DirectBuffer buffer, int offset, int lengthBytes) {
        TlsSession tls = session.tls;
        int held = tls.held == null ? 0 : tls.held.capacity();
        opened.wrap(plaintext.address() + held, plaintext.lengthBytes() - held);
        switch (tls.reader.read(buffer, offset, lengthBytes, opened)) {
            case INCOMPLETE -> {
                return 0;
            }
            case APPLICATION_DATA -> onPlaintext(nowNs, session, held, tls.reader.plaintextBytes());
            case KEY_UPDATE_REQUESTED -> {
                tls.updateKey(session.connection, counters);
                session.sender.enqueue(session);
            }
            case CLOSE_NOTIFY -> {
                session.remoteClosed = true;
                http.close(nowNs, session);
                session.sender.enqueue(session);
            }
            case PEER_ALERT -> session.connection.abort();
            case FAILED -> fail(nowNs, session, tls.reader.alert());
            case KEY_UPDATE, IGNORED -> {
                // The reader has done what there is to do.
            }
        }
        return Math.max(1, tls.reader.consumedBytes());
    }

    /** Tells the client what was wrong and ends; in the middle of a response there is no place to say it. */
    private void fail(long nowNs, Session session, Alert alert) {
        counters.badRecords.increment();
        session.tls.failed = true;
        if (session.pieceCount() > 0 && session.connection.reservedEnd() < session.connection.streamEnd()) {
            session.connection.abort();
            return;
        }
        // RFC 5246 7.2.2: that one is always a warning.
        session.tls.sendAlert(session.connection, alert, alert != Alert.NO_RENEGOTIATION);
        session.finish();
        session.enter(Session.Phase.CLOSING, nowNs);
        session.sender.enqueue(session);
    }

    private void onPlaintext(long nowNs, Session session, int held, int length) {
        if (held > 0) {
            plaintext.buffer().putBytes(0, session.tls.held, 0, held);
        }
        int available = held + length;
        int taken = http.onBytes(nowNs, session, plaintext.buffer(), 0, available);
        hold(session, taken, available - taken);
    }

    /** Keeps what belongs to a request that is not complete. */
    private void hold(Session session, int offset, int lengthBytes) {
        TlsSession tls = session.tls;
        if (session.closed) {
            return;
        }
        if (lengthBytes == 0) {
            release(tls);
            return;
        }
        if (tls.held == null && ++holders > MAX_HOLDERS || lengthBytes > MAX_HELD_BYTES) {
            holders -= tls.held == null ? 1 : 0;
            session.connection.abort();
            return;
        }
        byte[] kept = new byte[lengthBytes];
        plaintext.buffer().getBytes(offset, kept);
        tls.held = new UnsafeBuffer(kept);
    }

    private void release(TlsSession tls) {
        if (tls.held != null) {
            tls.held = null;
            holders--;
        }
    }

    /** Goes on where the session stalled, as pieces have been acknowledged. */
    void resume(long nowNs, Session session) {
        TlsSession tls = session.tls;
        if (tls.held != null) {
            onPlaintext(nowNs, session, tls.held.capacity(), 0);
        }
        if (!session.stalled && !session.closed) {
            session.connection.offerReceived(nowNs);
        }
    }

    /** Wipes what the pool has left here. For when all connections are closed and the pool is, too. */
    void close() {
        for (Result result = results.poll(); result != null; result = results.poll()) {
            discard(result.session, result);
        }
    }

    /** The connection is gone. */
    void onClosed(Session session) {
        handshaking.remove(session);
        release(session.tls);
        if (!session.tls.stepping) {
            session.tls.close();
        }
    }
}
