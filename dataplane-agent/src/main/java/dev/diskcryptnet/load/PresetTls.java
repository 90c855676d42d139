package dev.diskcryptnet.load;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.CryptEngine;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.tls.Handshake;
import dev.diskcryptnet.tls.HandshakeStep;
import dev.diskcryptnet.tls.Takeover;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * TLS without a handshake, for a client and a server in the same process: the client's first record is random bytes,
 * and both ends derive their secrets from these. What follows are real records under keys that no other connection has.
 * It hides nothing from anybody.
 *
 * <pre>
 *   client -> server  | 22 | 3 3 | length | random, as long as a secret |
 *   server -> client  | 22 | 3 3 | length | zeros |                        then records on both sides
 * </pre>
 *
 * @param version of the records
 * @param suite that seals them
 * @param engine that the client opens and seals with
 */
public record PresetTls(TlsVersion version, CipherSuite suite, CryptEngine engine) implements Handshake.Source {
    static final int HEADER_BYTES = 5;
    /** Content types, RFC 8446 B.1. */
    static final int ALERT = 21;

    static final int HANDSHAKE = 22;
    static final int APPLICATION_DATA = 23;

    /** About as long as what a server says in a resumed handshake. */
    private static final int ANSWER_BYTES = 230;

    private static final int RECORD_VERSION = 0x0303;
    private static final int MASTER_SECRET_BYTES = 48;
    private static final int RANDOM_BYTES = 32;

    /** The server's side: done with the client's first record. */
    @Override
    public Handshake newHandshake() {
        return new Handshake() {
            @Override
            public HandshakeStep step(byte[] input) {
                int recordBytes = HEADER_BYTES + (ByteBuffer.wrap(input).getShort(HEADER_BYTES - 2) & 0xFFFF);
                byte[] random = Arrays.copyOfRange(input, HEADER_BYTES, recordBytes);
                byte[] answer = record(new byte[ANSWER_BYTES]);
                return new HandshakeStep(answer, recordBytes, HandshakeStep.Outcome.DONE, takeover(random), null);
            }

            @Override
            public void abandon() {
                // There is nothing to free.
            }
        };
    }

    /** Bytes of the random part of a client's first record. */
    int randomBytes() {
        return suite.hash().equals("SHA-384") ? 48 : 32;
    }

    /** A handshake record in the clear. */
    static byte[] record(byte[] fragment) {
        return ByteBuffer.allocate(HEADER_BYTES + fragment.length)
                .put((byte) HANDSHAKE)
                .putShort((short) RECORD_VERSION)
                .putShort((short) fragment.length)
                .put(fragment)
                .array();
    }

    /** The server's view of the keys: it writes what the client reads. */
    public Takeover takeover(byte[] random) {
        var facts = new Takeover.Facts(version, suite, "http/1.1", null, false);
        if (version == TlsVersion.TLS_1_2) {
            return Takeover.tls12(
                    facts,
                    KeySchedule.expandLabel(suite, random, "preset master", MASTER_SECRET_BYTES),
                    KeySchedule.expandLabel(suite, random, "preset client", RANDOM_BYTES),
                    KeySchedule.expandLabel(suite, random, "preset server", RANDOM_BYTES));
        }
        return Takeover.tls13(
                facts,
                KeySchedule.expandLabel(suite, random, "s ap traffic", randomBytes()),
                KeySchedule.expandLabel(suite, random, "c ap traffic", randomBytes()),
                0);
    }
}
