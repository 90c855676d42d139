package dev.diskcryptnet.tls;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.TlsVersion;
import java.util.Arrays;

/**
 * What a finished handshake leaves: keys of both directions, where their sequence numbers stand, what was agreed on.
 *
 * <p>Secrets are here only. Whoever got the takeover calls {@link #wipe()} as soon as writer and reader have their
 * keys.
 */
public final class Takeover {
    private final Facts facts;
    private final Direction write;
    private final Direction read;

    /** What was agreed on; null where there is none. */
    public record Facts(
            TlsVersion version, CipherSuite suite, String applicationProtocol, String serverName, boolean resumed) {}

    /**
     * One direction.
     *
     * @param secret traffic secret (RFC 8446 7.2), null in TLS 1.2
     * @param key AEAD key
     * @param iv nonce part: 12 bytes in TLS 1.3, 4 in TLS 1.2
     * @param sequence number of the next record
     */
    record Direction(byte[] secret, byte[] key, byte[] iv, long sequence) {
        void wipe() {
            if (secret != null) {
                Arrays.fill(secret, (byte) 0);
            }
            Arrays.fill(key, (byte) 0);
            Arrays.fill(iv, (byte) 0);
        }

        @Override
        public String toString() {
            return "Direction[sequence=" + sequence + "]";
        }
    }

    private Takeover(Facts facts, Direction write, Direction read) {
        this.facts = facts;
        this.write = write;
        this.read = read;
    }

    /**
     * Takes over after TLS 1.3. The secrets become the takeover's own. {@code writeSequence}: records that the engine
     * sent under them.
     */
    public static Takeover tls13(Facts facts, byte[] writeSecret, byte[] readSecret, long writeSequence) {
        return new Takeover(
                facts, direction(facts.suite, writeSecret, writeSequence), direction(facts.suite, readSecret, 0));
    }

    private static Direction direction(CipherSuite suite, byte[] secret, long sequence) {
        return new Direction(secret, KeySchedule.key(suite, secret), KeySchedule.iv(suite, secret), sequence);
    }

    /** Takes over after TLS 1.2, where each side has sealed one record: its Finished. Wipes the master secret. */
    public static Takeover tls12(Facts facts, byte[] masterSecret, byte[] clientRandom, byte[] serverRandom) {
        KeySchedule.KeyBlock block = KeySchedule.tls12(facts.suite, masterSecret, clientRandom, serverRandom);
        Arrays.fill(masterSecret, (byte) 0);
        return new Takeover(
                facts,
                new Direction(null, block.serverKey(), block.serverIv(), 1),
                new Direction(null, block.clientKey(), block.clientIv(), 1));
    }

    public TlsVersion version() {
        return facts.version;
    }

    public CipherSuite suite() {
        return facts.suite;
    }

    /** {@code server_application_traffic_secret_0} (RFC 8446 7.1), the takeover's own array; null in TLS 1.2. */
    public byte[] writeSecret() {
        return write.secret;
    }

    /** {@code client_application_traffic_secret_0}, the takeover's own array; null in TLS 1.2. */
    public byte[] readSecret() {
        return read.secret;
    }

    /** A key to seal with; the caller closes it. */
    public RecordKey newWriteKey(CryptEngine engine) {
        return new RecordKey(engine, facts.suite, facts.version, write.key, write.iv);
    }

    /** A key to open with; the caller closes it. */
    public RecordKey newReadKey(CryptEngine engine) {
        return new RecordKey(engine, facts.suite, facts.version, read.key, read.iv);
    }

    /** Sequence number of the first record that we seal: how many the engine sealed under this key. */
    public long writeSequence() {
        return write.sequence;
    }

    /** Sequence number of the first record that we open. */
    public long readSequence() {
        return read.sequence;
    }

    /** What ALPN chose (RFC 7301), or null when the client did not ask. */
    public String applicationProtocol() {
        return facts.applicationProtocol;
    }

    /** Host name that the client asked for, in lower case (RFC 6066 3), or null. */
    public String serverName() {
        return facts.serverName;
    }

    /** Whether an earlier session went on, so that no certificate was needed. */
    public boolean resumed() {
        return facts.resumed;
    }

    /** Overwrites every secret. Keys that were made from it live on. */
    public void wipe() {
        write.wipe();
        read.wipe();
    }

    /** Facts without secrets. */
    @Override
    public String toString() {
        return "Takeover[" + facts + " write=" + write + " read=" + read + "]";
    }
}
