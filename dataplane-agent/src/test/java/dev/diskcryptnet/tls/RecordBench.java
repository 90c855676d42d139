package dev.diskcryptnet.tls;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.RecordOpener;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.tls.RecordReader.Event;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A reader, and the client whose keys it has: without a handshake, from made-up secrets. */
final class RecordBench implements AutoCloseable {
    private static final int CAPACITY = 1 << 16;

    /** Every alert that a failure may come with. */
    static final Set<Alert> REFUSALS = Collections.unmodifiableSet(EnumSet.of(
            Alert.UNEXPECTED_MESSAGE,
            Alert.BAD_RECORD_MAC,
            Alert.RECORD_OVERFLOW,
            Alert.ILLEGAL_PARAMETER,
            Alert.DECODE_ERROR,
            Alert.PROTOCOL_VERSION,
            Alert.INTERNAL_ERROR,
            Alert.NO_RENEGOTIATION));

    final RecordReader reader;
    final OffHeapRegion plaintext = OffHeapRegion.allocate(RecordReader.SCRATCH_BYTES);
    private final OffHeapRegion in = OffHeapRegion.allocate(CAPACITY);
    private final CipherSuite suite;
    private byte[] secret;
    private RecordKey clientKey;
    private long clientSequence;

    RecordBench(TlsVersion version, CipherSuite suite) {
        this.suite = suite;
        int secretBytes = suite == CipherSuite.AES_256_GCM ? 48 : 32;
        var facts = new Takeover.Facts(version, suite, null, null, false);
        Takeover takeover;
        if (version == TlsVersion.TLS_1_3) {
            secret = bytes(secretBytes, 2);
            takeover = Takeover.tls13(facts, bytes(secretBytes, 1), bytes(secretBytes, 2), 0);
        } else {
            takeover = Takeover.tls12(facts, bytes(48, 1), bytes(32, 2), bytes(32, 3));
        }
        reader = new RecordReader(takeover, TlsLink.ENGINE, new RecordOpener());
        clientKey = takeover.newReadKey(TlsLink.ENGINE);
        clientSequence = takeover.readSequence();
        takeover.wipe();
    }

    private static byte[] bytes(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** The client's next record. */
    byte[] seal(int type, byte... content) {
        return TlsLink.Sealed.record(clientKey, clientSequence++, type, content);
    }

    /** The client's first record in TLS 1.3 by AES-GCM, with any version in its header. */
    byte[] sealByTheJdk(int recordVersion, int type, byte... content) throws GeneralSecurityException {
        byte[] header = ByteBuffer.allocate(RecordDescriptor.HEADER_BYTES)
                .put((byte) RecordDescriptor.APPLICATION_DATA)
                .putShort((short) recordVersion)
                .putShort((short) (content.length + 17))
                .array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(KeySchedule.key(suite, secret), "AES"),
                new GCMParameterSpec(128, KeySchedule.iv(suite, secret)));
        cipher.updateAAD(header);
        byte[] inner = Arrays.copyOf(content, content.length + 1);
        inner[content.length] = (byte) type;
        byte[] sealed = cipher.doFinal(inner);
        return ByteBuffer.allocate(header.length + content.length + 17)
                .put(header)
                .put(sealed)
                .array();
    }

    /** What the client does after its KeyUpdate. */
    void rotate() {
        secret = KeySchedule.nextSecret(suite, secret);
        clientKey.close();
        clientKey = TlsLink.Sealed.key(suite, secret);
        clientSequence = 0;
    }

    Event read(byte... bytes) {
        in.buffer().putBytes(0, bytes);
        return reader.read(in.buffer(), 0, bytes.length, plaintext.buffer());
    }

    /** Seals, and lets the reader read. */
    Event exchange(int type, byte... content) {
        return read(seal(type, content));
    }

    byte[] content() {
        byte[] content = new byte[reader.plaintextBytes()];
        plaintext.buffer().getBytes(0, content);
        return content;
    }

    @Override
    public void close() {
        reader.close();
        clientKey.close();
    }
}
