package dev.diskcryptnet.crypt;

import dev.diskcryptnet.ffi.CryptLibrary;

/** The authenticated ciphers of TLS 1.3 (RFC 8446 B.4) and their TLS 1.2 namesakes (RFC 5288, RFC 7905). */
public enum CipherSuite {
    AES_128_GCM(CryptLibrary.DCN_CRYPT_AES_128_GCM, 16, "SHA-256"),
    AES_256_GCM(CryptLibrary.DCN_CRYPT_AES_256_GCM, 32, "SHA-384"),
    CHACHA20_POLY1305(CryptLibrary.DCN_CRYPT_CHACHA20_POLY1305, 32, "SHA-256");

    /** Authentication tag of every suite, in bytes. */
    public static final int TAG_BYTES = CryptLibrary.DCN_CRYPT_TAG_BYTES;

    private final int code;
    private final int keyBytes;
    private final String hash;

    CipherSuite(int code, int keyBytes, String hash) {
        this.code = code;
        this.keyBytes = keyBytes;
        this.hash = hash;
    }

    /** Length of a traffic key, in bytes. */
    public int keyBytes() {
        return keyBytes;
    }

    /**
     * Length of what the handshake yields beside the key, in bytes: the IV, or for AES under TLS 1.2 the salt in front of
     * each record's explicit nonce (RFC 5288 3).
     */
    public int ivBytes(TlsVersion version) {
        return hasExplicitNonce(version) ? 4 : 12;
    }

    /** Whether 8 bytes of nonce stand in each record. */
    boolean hasExplicitNonce(TlsVersion version) {
        return version == TlsVersion.TLS_1_2 && this != CHACHA20_POLY1305;
    }

    /** The hash of the suite's key derivation, by its name in the Java security APIs. */
    public String hash() {
        return hash;
    }

    /** The suite's number in {@code dcn/crypt.h}. */
    public int code() {
        return code;
    }
}
