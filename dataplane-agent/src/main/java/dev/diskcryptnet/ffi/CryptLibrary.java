package dev.diskcryptnet.ffi;

import jnr.ffi.annotations.IgnoreError;

/**
 * The functions of {@code dcn/crypt.h}. Addresses are plain numbers: what they point to is laid out by {@link
 * CryptLayout} and read through Agrona. Results are as in C, {@code >= 0} or {@code -errno}.
 *
 * <p>No function has six arguments: the stubs of jnr-ffi 2.3.2 pass a wrong sixth, and the library then writes there.
 */
public interface CryptLibrary {
    /** Engines. */
    int DCN_CRYPT_IPSEC_MB = 1;

    int DCN_CRYPT_OPENSSL = 2;

    /** Cipher suites. */
    int DCN_CRYPT_AES_128_GCM = 1;

    int DCN_CRYPT_AES_256_GCM = 2;
    int DCN_CRYPT_CHACHA20_POLY1305 = 3;

    /** Protocol versions. */
    int DCN_CRYPT_TLS12 = 0x0303;

    int DCN_CRYPT_TLS13 = 0x0304;

    /** Most plaintext of one record, in bytes. */
    int DCN_CRYPT_PLAINTEXT_MAX = 16_384;

    /** Authentication tag of every suite, in bytes. */
    int DCN_CRYPT_TAG_BYTES = 16;

    /** What {@link #dcn_crypt_open} leaves in a record's result. */
    int EPROTO = 71;

    int EBADMSG = 74;
    int EMSGSIZE = 90;
    int ENOMSG = 42;

    /** The library, loaded at first use. */
    static CryptLibrary get() {
        return Loaded.LIBRARY;
    }

    @IgnoreError
    int dcn_crypt_engine_available(int engine, long textAddress, long sizeBytes);

    @IgnoreError
    int dcn_crypt_key_create(int engine, int suite, int version, long materialAddress);

    @IgnoreError
    int dcn_crypt_key_destroy(long handle);

    @IgnoreError
    int dcn_crypt_seal(long recordsAddress, int count);

    @IgnoreError
    int dcn_crypt_open(long recordsAddress, int count);

    /** Holds the one instance. */
    final class Loaded {
        private static final CryptLibrary LIBRARY = NativeLibrary.bind(CryptLibrary.class);

        private Loaded() {}
    }
}
