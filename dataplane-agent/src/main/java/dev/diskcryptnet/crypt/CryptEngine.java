package dev.diskcryptnet.crypt;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.CryptLibrary;
import dev.diskcryptnet.ffi.NativeErrors;

/**
 * The libraries that can seal. Each is loaded when it is first asked for, and tried on published vectors before it is
 * believed; what came of that holds for the life of the process.
 */
public enum CryptEngine {
    /** intel-ipsec-mb, from {@code libIPSec_MB.so.1} or the file that the environment variable DCN_IPSEC_MB names. */
    IPSEC_MB(CryptLibrary.DCN_CRYPT_IPSEC_MB, "ipsec-mb", "libipsec-mb1"),

    /** OpenSSL 3, from {@code libcrypto.so.3} or the file that the environment variable DCN_LIBCRYPTO names. */
    OPENSSL(CryptLibrary.DCN_CRYPT_OPENSSL, "openssl", "libssl3");

    private static final int TEXT_BYTES = 256;

    private final int code;
    private final String displayName;
    private final String debianPackage;

    CryptEngine(int code, String displayName, String debianPackage) {
        this.code = code;
        this.displayName = displayName;
        this.debianPackage = debianPackage;
    }

    /** Whether the library is here, can be used, and seals as published. */
    public boolean isAvailable() {
        return CryptLibrary.get().dcn_crypt_engine_available(code, 0, 0) == 0;
    }

    /** The library's version; of an engine that is not available, the reason why. */
    public String libraryVersion() {
        OffHeapRegion text = OffHeapRegion.allocate(TEXT_BYTES);
        CryptLibrary.get().dcn_crypt_engine_available(code, text.address(), TEXT_BYTES);
        return NativeErrors.text(text.buffer(), 0, TEXT_BYTES);
    }

    /** Name in config files, status and messages. */
    public String displayName() {
        return displayName;
    }

    /** The Debian package that brings the library. */
    String debianPackage() {
        return debianPackage;
    }

    /** The engine's number in {@code dcn/crypt.h}. */
    int code() {
        return code;
    }
}
