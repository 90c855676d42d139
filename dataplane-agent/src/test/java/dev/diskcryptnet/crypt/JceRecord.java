package dev.diskcryptnet.crypt;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The same records by the JDK's own ciphers, written from the RFCs alone: what ours are held against. */
record JceRecord(CipherSuite suite, TlsVersion version, byte[] key, byte[] iv) {
    private boolean explicitNonce() {
        return version == TlsVersion.TLS_1_2 && suite != CipherSuite.CHACHA20_POLY1305;
    }

    private byte[] nonce(long sequence, long explicit) {
        if (explicitNonce()) {
            return ByteBuffer.allocate(12).put(iv).putLong(explicit).array();
        }
        byte[] nonce = iv.clone();
        for (int i = 0; i < 8; i++) {
            nonce[4 + i] ^= (byte) (sequence >>> (56 - 8 * i));
        }
        return nonce;
    }

    /** A whole record; {@code padding} zeros behind the inner type, in TLS 1.3. */
    byte[] seal(long sequence, int type, byte[] plaintext, int padding) {
        return seal(sequence, sequence, type, plaintext, padding);
    }

    /** The same with an explicit nonce that is not the sequence, as other implementations of TLS 1.2 send it. */
    byte[] seal(long sequence, long explicit, int type, byte[] plaintext, int padding) {
        boolean is13 = version == TlsVersion.TLS_1_3;
        byte[] inner = plaintext;
        if (is13) {
            inner = Arrays.copyOf(plaintext, plaintext.length + 1 + padding);
            inner[plaintext.length] = (byte) type;
        }
        int body = (explicitNonce() ? 8 : 0) + inner.length + 16;
        ByteBuffer header = ByteBuffer.allocate(5)
                .put((byte) (is13 ? 23 : type))
                .putShort((short) 0x0303)
                .putShort((short) body);
        byte[] aad = is13
                ? header.array()
                : ByteBuffer.allocate(13)
                        .putLong(sequence)
                        .put((byte) type)
                        .putShort((short) 0x0303)
                        .putShort((short) inner.length)
                        .array();
        ByteBuffer record = ByteBuffer.allocate(5 + body).put(header.array());
        if (explicitNonce()) {
            record.putLong(explicit);
        }
        return record.put(encrypt(nonce(sequence, explicit), aad, inner)).array();
    }

    private byte[] encrypt(byte[] nonce, byte[] aad, byte[] plaintext) {
        boolean chacha = suite == CipherSuite.CHACHA20_POLY1305;
        AlgorithmParameterSpec parameters = chacha ? new IvParameterSpec(nonce) : new GCMParameterSpec(128, nonce);
        try {
            Cipher cipher = Cipher.getInstance(chacha ? "ChaCha20-Poly1305" : "AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, chacha ? "ChaCha20" : "AES"), parameters);
            cipher.updateAAD(aad);
            return cipher.doFinal(plaintext);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
