package dev.diskcryptnet.crypt;

import dev.diskcryptnet.ffi.CryptLibrary;

/** The protocol versions whose records are sealed here. */
public enum TlsVersion {
    /** RFC 5246. */
    TLS_1_2(CryptLibrary.DCN_CRYPT_TLS12),

    /** RFC 8446. */
    TLS_1_3(CryptLibrary.DCN_CRYPT_TLS13);

    private final int code;

    TlsVersion(int code) {
        this.code = code;
    }

    /** The version's number on the wire. */
    public int code() {
        return code;
    }
}
