package dev.diskcryptnet.tls;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.TlsVersion;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.internal.tcnative.Buffer;
import io.netty.internal.tcnative.SSL;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/**
 * The library's engine for the time of one handshake: records in, records out, and the keys at its end. Owns memory
 * outside the heap until {@link #close()}. One thread at a time.
 */
final class HandshakeEngine implements AutoCloseable {
    /** A record at its longest, or a good part of a flight. */
    private static final int BUFFER_BYTES = RecordDescriptor.HEADER_BYTES + RecordDescriptor.MAX_FRAGMENT_BYTES;

    /** What pool threads pass bytes to the engine with; direct, as the engine would copy others. */
    private static final ThreadLocal<Buffers> BUFFERS = ThreadLocal.withInitial(Buffers::new);

    private final ReferenceCountedOpenSslEngine engine;
    private final KeyLog.Secrets secrets;
    private final long sslPointer;
    private boolean finished;

    private static final class Buffers {
        final ByteBuffer nothing = ByteBuffer.allocateDirect(1).limit(0);
        final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
        final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES);
        final ByteBuffer plaintext = ByteBuffer.allocateDirect(BUFFER_BYTES);
    }

    /** Takes the engine over, to free it. */
    HandshakeEngine(ReferenceCountedOpenSslEngine engine) {
        this.engine = engine;
        this.sslPointer = engine.sslPointer();
        this.secrets = KeyLog.SHARED.add(sslPointer);
    }

    /**
     * Lets the engine read one record, and writes what it answers to {@code output}: on failure its alert.
     *
     * <p>It reads one record at a time and is asked after each whether it is done: bytes behind the client's Finished
     * are not for it.
     *
     * @throws SSLException when the handshake has failed
     */
    void read(byte[] records, int offset, int lengthBytes, ByteArrayOutputStream output) throws SSLException {
        Buffers buffers = BUFFERS.get();
        buffers.in.clear().put(records, offset, lengthBytes).flip();
        SSLException failure = null;
        try {
            unwrap(buffers);
        } catch (SSLException e) {
            failure = e;
        }
        drain(buffers, output, failure);
        if (engine.isInboundDone()) {
            throw new SSLException("the client closed during the handshake");
        }
    }

    private void unwrap(Buffers buffers) throws SSLException {
        while (buffers.in.hasRemaining()) {
            SSLEngineResult result = engine.unwrap(buffers.in, buffers.plaintext.clear());
            if (result.bytesConsumed() == 0 || result.bytesProduced() > 0) {
                throw new SSLException("the engine does not take a record: " + result.getStatus());
            }
        }
    }

    /** Writes all that the engine has to say; what it learned from the client's Finished shows here only. */
    private void drain(Buffers buffers, ByteArrayOutputStream output, SSLException failure) throws SSLException {
        try {
            SSLEngineResult result;
            do {
                result = engine.wrap(buffers.nothing, buffers.out.clear());
                finished |= result.getHandshakeStatus() == HandshakeStatus.FINISHED;
                append(buffers.out.flip(), output);
            } while (result.bytesProduced() > 0);
        } catch (SSLException e) {
            throw failure == null ? e : failure;
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void append(ByteBuffer records, ByteArrayOutputStream output) {
        while (records.hasRemaining()) {
            output.write(records.get());
        }
    }

    /** Whether both sides' Finished are through. */
    boolean isFinished() {
        return finished;
    }

    /**
     * Ends the handshake: writes the session tickets of TLS 1.3 to {@code output} and hands over the keys.
     *
     * <p>BoringSSL keeps tickets back until the server writes, so that they go out with the first response. We write by
     * ourselves, so that a write of zero bytes is what brings them out. They are the only records that the engine seals
     * under the traffic key.
     *
     * @param serverName what the client asked for, or null
     */
    Takeover finish(String serverName, ByteArrayOutputStream output) throws SSLException {
        SSLSession session = engine.getSession();
        boolean is13 = session.getProtocol().equals("TLSv1.3");
        var facts = new Takeover.Facts(
                is13 ? TlsVersion.TLS_1_3 : TlsVersion.TLS_1_2,
                suite(session.getCipherSuite()),
                engine.getApplicationProtocol(),
                serverName,
                SSL.isSessionReused(sslPointer));
        if (!is13) {
            return Takeover.tls12(
                    facts,
                    SSL.getMasterKey(sslPointer),
                    SSL.getClientRandom(sslPointer),
                    SSL.getServerRandom(sslPointer));
        }
        var tickets = new ByteArrayOutputStream();
        flushTickets(tickets);
        output.writeBytes(tickets.toByteArray());
        if (!secrets.areThere()) {
            throw new SSLException("the key log told no traffic secrets");
        }
        return Takeover.tls13(facts, secrets.takeServer(), secrets.takeClient(), countRecords(tickets.toByteArray()));
    }

    private void flushTickets(ByteArrayOutputStream tickets) throws SSLException {
        Buffers buffers = BUFFERS.get();
        int before;
        do { // more than once if the engine's own buffer is too small for all of them
            before = tickets.size();
            SSL.writeToSSL(sslPointer, Buffer.address(buffers.nothing), 0);
            SSL.clearError(); // a write of nothing reports that it wrote nothing
            drain(buffers, tickets, null);
        } while (tickets.size() > before);
    }

    private static int countRecords(byte[] records) {
        int count = 0;
        for (int at = 0; at < records.length; count++) {
            at += RecordDescriptor.HEADER_BYTES + RecordDescriptor.fragmentBytes(records, at);
        }
        return count;
    }

    private static CipherSuite suite(String name) throws SSLException {
        if (name.contains("AES_128_GCM")) {
            return CipherSuite.AES_128_GCM;
        }
        if (name.contains("AES_256_GCM")) {
            return CipherSuite.AES_256_GCM;
        }
        if (name.contains("CHACHA20_POLY1305")) {
            return CipherSuite.CHACHA20_POLY1305;
        }
        throw new SSLException("suite=" + name + " was not offered");
    }

    /** Frees the engine and wipes secrets that nobody took. */
    @Override
    public void close() {
        KeyLog.SHARED.remove(sslPointer);
        engine.release();
    }
}
