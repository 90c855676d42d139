package dev.diskcryptnet.tls;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.RecordOpener;
import dev.diskcryptnet.crypt.SealBatch;
import dev.diskcryptnet.crypt.TlsVersion;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLException;

/** A client and our server's parts, joined by arrays: what a worker does, without a network. */
final class TlsLink implements AutoCloseable {
    static final CryptEngine ENGINE = Arrays.stream(CryptEngine.values())
            .filter(CryptEngine::isAvailable)
            .findFirst()
            .orElseThrow();

    final EngineClient client;
    final Handshake handshake;
    final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final RecordOpener opener = new RecordOpener();
    private final OffHeapRegion in = OffHeapRegion.allocate(1 << 20);
    private final OffHeapRegion scratch = OffHeapRegion.allocate(RecordReader.SCRATCH_BYTES);
    private final int pieceBytes;
    HandshakeStep last;
    Takeover takeover;
    RecordReader reader;
    byte[] unread = {};
    private RecordKey writeKey;
    private long writeSequence;

    /** @param pieceBytes how much arrives at a time */
    TlsLink(TlsServer server, EngineClient client, int pieceBytes) {
        this.handshake = server.newHandshake();
        this.client = client;
        this.pieceBytes = pieceBytes;
    }

    static TlsLink connected(TlsServer server, EngineClient client) throws SSLException {
        TlsLink link = new TlsLink(server, client, Integer.MAX_VALUE);
        if (link.connect() != HandshakeStep.Outcome.DONE) {
            throw new IllegalStateException(String.valueOf(link.last));
        }
        return link;
    }

    /** Runs the handshake to its end, or to where nobody has anything to say. */
    HandshakeStep.Outcome connect() throws SSLException {
        client.begin();
        byte[] sent = client.takeOutput();
        while (sent.length > 0) {
            for (int at = 0; at < sent.length; ) {
                int piece = Math.min(pieceBytes, sent.length - at);
                receive(Arrays.copyOfRange(sent, at, at + piece));
                at += piece;
                if (last.outcome() != HandshakeStep.Outcome.MORE) {
                    unread = join(unread, Arrays.copyOfRange(sent, at, sent.length));
                    return end();
                }
            }
            sent = client.takeOutput();
        }
        return last == null ? null : last.outcome();
    }

    private void receive(byte[] bytes) throws SSLException {
        unread = join(unread, bytes);
        last = handshake.step(unread);
        unread = Arrays.copyOfRange(unread, last.consumedBytes(), unread.length);
        if (last.outcome() != HandshakeStep.Outcome.DONE) {
            client.receive(last.output());
        }
    }

    private HandshakeStep.Outcome end() throws SSLException {
        if (last.outcome() == HandshakeStep.Outcome.DONE) {
            takeover = last.takeover();
            reader = new RecordReader(takeover, ENGINE, opener);
            writeKey = takeover.newWriteKey(ENGINE);
            writeSequence = takeover.writeSequence();
            client.receive(last.output());
        }
        return last.outcome();
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Reads all records that the client sent; application data is in {@link #received} afterwards. */
    List<RecordReader.Event> read() {
        unread = join(unread, client.takeOutput());
        in.buffer().putBytes(0, unread);
        List<RecordReader.Event> events = new ArrayList<>();
        int at = 0;
        while (at < unread.length) {
            RecordReader.Event event = reader.read(in.buffer(), at, unread.length - at, scratch.buffer());
            events.add(event);
            byte[] plaintext = new byte[reader.plaintextBytes()];
            scratch.buffer().getBytes(0, plaintext);
            received.writeBytes(plaintext);
            at += reader.consumedBytes();
            if (reader.consumedBytes() == 0 || event == RecordReader.Event.FAILED) {
                break;
            }
        }
        unread = Arrays.copyOfRange(unread, at, unread.length);
        return events;
    }

    /** Seals one record as a worker does, and lets the client read it. */
    void send(int type, byte[] plaintext) throws SSLException {
        client.receive(Sealed.record(writeKey, writeSequence++, type, plaintext));
    }

    /** Takes our next key, after a KeyUpdate was sent. */
    void rotate() {
        byte[] next = KeySchedule.nextSecret(takeover.suite(), takeover.writeSecret());
        System.arraycopy(next, 0, takeover.writeSecret(), 0, next.length);
        writeKey.close();
        writeKey = Sealed.key(takeover.suite(), next);
        writeSequence = 0;
    }

    /** Sends both ways and compares. */
    boolean talks(byte[] request, byte[] response) throws SSLException {
        received.reset();
        client.received.reset();
        client.send(request);
        read();
        for (int at = 0; at < response.length; at += 16_384) {
            send(
                    RecordDescriptor.APPLICATION_DATA,
                    Arrays.copyOfRange(response, at, Math.min(at + 16_384, response.length)));
        }
        return Arrays.equals(request, received.toByteArray()) && Arrays.equals(response, client.received.toByteArray());
    }

    @Override
    public void close() {
        handshake.abandon();
        if (takeover != null) {
            takeover.wipe();
            reader.close();
            writeKey.close();
        }
        client.close();
    }

    /** Records sealed one at a time, by the code that the data path seals with. */
    static final class Sealed {
        private Sealed() {}

        static RecordKey key(CipherSuite suite, byte[] secret) {
            return new RecordKey(
                    ENGINE, suite, TlsVersion.TLS_1_3, KeySchedule.key(suite, secret), KeySchedule.iv(suite, secret));
        }

        static byte[] record(RecordKey key, long sequence, int type, byte[] plaintext) {
            OffHeapRegion source = OffHeapRegion.allocate(plaintext.length + 64);
            OffHeapRegion target = OffHeapRegion.allocate(plaintext.length + 64);
            source.buffer().putBytes(0, plaintext);
            try (SealBatch batch = new SealBatch(1)) {
                batch.add(key, sequence, type, source.address(), plaintext.length, target.address());
                batch.seal();
            }
            byte[] record = new byte[plaintext.length + key.overheadBytes()];
            target.buffer().getBytes(0, record);
            return record;
        }
    }
}
