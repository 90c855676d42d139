package dev.diskcryptnet.crypt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * From secrets to traffic keys: TLS 1.3 (RFC 8446 7.1 to 7.3) and TLS 1.2 (RFC 5246 5, 6.3). Every array given stays the
 * caller's and every array returned becomes the caller's, to wipe.
 */
public final class KeySchedule {
    private static final String LABEL_PREFIX = "tls13 ";
    private static final int IV_BYTES = 12;

    private KeySchedule() {}

    /**
     * HKDF-Expand-Label with an empty context (RFC 8446 7.1).
     *
     * @param secret of the length of the suite's hash
     * @param label without its prefix "tls13 "
     * @param length bytes wanted
     */
    public static byte[] expandLabel(CipherSuite suite, byte[] secret, String label, int length) {
        byte[] name = (LABEL_PREFIX + label).getBytes(StandardCharsets.US_ASCII);
        byte[] info = ByteBuffer.allocate(2 + 1 + name.length + 1)
                .putShort((short) length)
                .put((byte) name.length)
                .put(name)
                .put((byte) 0)
                .array();
        try {
            KDF kdf = KDF.getInstance("HKDF-" + suite.hash().replace("-", ""));
            return kdf.deriveData(HKDFParameterSpec.expandOnly(new SecretKeySpec(secret, "Generic"), info, length));
        } catch (GeneralSecurityException e) {
            throw unusable(suite, e);
        }
    }

    /** The traffic key of a traffic secret (RFC 8446 7.3). */
    public static byte[] key(CipherSuite suite, byte[] secret) {
        return expandLabel(suite, secret, "key", suite.keyBytes());
    }

    /** The IV of a traffic secret (RFC 8446 7.3). */
    public static byte[] iv(CipherSuite suite, byte[] secret) {
        return expandLabel(suite, secret, "iv", IV_BYTES);
    }

    /** The traffic secret after a KeyUpdate (RFC 8446 7.2). */
    public static byte[] nextSecret(CipherSuite suite, byte[] secret) {
        return expandLabel(suite, secret, "traffic upd", secret.length);
    }

    /**
     * The keys of a TLS 1.2 connection (RFC 5246 6.3), whose suites have no MAC keys.
     *
     * @param masterSecret 48 bytes
     * @param clientRandom 32 bytes
     * @param serverRandom 32 bytes
     */
    public static KeyBlock tls12(CipherSuite suite, byte[] masterSecret, byte[] clientRandom, byte[] serverRandom) {
        int keyBytes = suite.keyBytes();
        int ivBytes = suite.ivBytes(TlsVersion.TLS_1_2);
        byte[] seed = ByteBuffer.allocate(serverRandom.length + clientRandom.length)
                .put(serverRandom)
                .put(clientRandom)
                .array();
        byte[] block = pseudorandom(suite, masterSecret, "key expansion", seed, 2 * (keyBytes + ivBytes));
        try {
            int ivs = 2 * keyBytes;
            return new KeyBlock(
                    Arrays.copyOfRange(block, 0, keyBytes),
                    Arrays.copyOfRange(block, keyBytes, ivs),
                    Arrays.copyOfRange(block, ivs, ivs + ivBytes),
                    Arrays.copyOfRange(block, ivs + ivBytes, block.length));
        } finally {
            Arrays.fill(block, (byte) 0);
        }
    }

    /** The PRF of TLS 1.2 (RFC 5246 5): HMACs of A(i), label and seed, where A(i) is the HMAC of A(i - 1). */
    static byte[] pseudorandom(CipherSuite suite, byte[] secret, String label, byte[] seed, int length) {
        try {
            Mac mac = Mac.getInstance("Hmac" + suite.hash().replace("-", ""));
            mac.init(new SecretKeySpec(secret, "Generic"));
            byte[] name = label.getBytes(StandardCharsets.US_ASCII);
            byte[] output = new byte[length];
            mac.update(name);
            byte[] a = mac.doFinal(seed);
            for (int at = 0; at < length; at += a.length) {
                mac.update(a);
                mac.update(name);
                byte[] part = mac.doFinal(seed);
                System.arraycopy(part, 0, output, at, Math.min(part.length, length - at));
                Arrays.fill(part, (byte) 0);
                a = mac.doFinal(a);
            }
            return output;
        } catch (GeneralSecurityException e) {
            throw unusable(suite, e);
        }
    }

    private static IllegalStateException unusable(CipherSuite suite, GeneralSecurityException e) {
        return new IllegalStateException("no key derivation for suite=" + suite + " hash=" + suite.hash(), e);
    }

    /** Keys and IVs (salts, for AES) of both directions of a TLS 1.2 connection. */
    public record KeyBlock(byte[] clientKey, byte[] serverKey, byte[] clientIv, byte[] serverIv) {
        /** Overwrites all four with zeros. */
        public void wipe() {
            Arrays.fill(clientKey, (byte) 0);
            Arrays.fill(serverKey, (byte) 0);
            Arrays.fill(clientIv, (byte) 0);
            Arrays.fill(serverIv, (byte) 0);
        }

        /** Nothing of what it holds. */
        @Override
        public String toString() {
            return "KeyBlock keyBytes=" + clientKey.length + " ivBytes=" + clientIv.length;
        }
    }
}
