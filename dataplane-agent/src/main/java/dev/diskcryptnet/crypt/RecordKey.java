package dev.diskcryptnet.crypt;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.CryptLayout;
import dev.diskcryptnet.ffi.CryptLibrary;
import dev.diskcryptnet.ffi.NativeErrors;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A traffic key of one direction of one connection, expanded outside the heap. It serves one thread at a time, seals or
 * opens, and must be closed: nothing else wipes it.
 */
public final class RecordKey implements AutoCloseable {
    private static final int HEADER_BYTES = 5;
    private static final int EXPLICIT_NONCE_BYTES = 8;

    /** Key bytes on their way to the library; zeros but for the time of the call. */
    private static final ThreadLocal<OffHeapRegion> MATERIAL =
            ThreadLocal.withInitial(() -> OffHeapRegion.allocate(CryptLayout.KEY_MATERIAL_SIZE));

    private final CryptEngine engine;
    private final CipherSuite suite;
    private final TlsVersion version;
    private final int headerBytes;
    private final int overheadBytes;
    private long handle;

    /**
     * Expands a key. The arrays stay the caller's, to wipe.
     *
     * @param key {@link CipherSuite#keyBytes()} bytes
     * @param iv {@link CipherSuite#ivBytes} bytes
     * @throws IllegalArgumentException for other lengths
     * @throws dev.diskcryptnet.ffi.NativeException when the engine is not available, or out of memory
     */
    public RecordKey(CryptEngine engine, CipherSuite suite, TlsVersion version, byte[] key, byte[] iv) {
        if (key.length != suite.keyBytes() || iv.length != suite.ivBytes(version)) {
            throw new IllegalArgumentException("keyBytes=" + key.length + " ivBytes=" + iv.length + " do not fit suite="
                    + suite + " version=" + version + ": keyBytes=" + suite.keyBytes() + " ivBytes="
                    + suite.ivBytes(version));
        }
        this.engine = engine;
        this.suite = suite;
        this.version = version;
        this.headerBytes = HEADER_BYTES + (suite.hasExplicitNonce(version) ? EXPLICIT_NONCE_BYTES : 0);
        this.overheadBytes = headerBytes + CipherSuite.TAG_BYTES + (version == TlsVersion.TLS_1_3 ? 1 : 0);
        this.handle = create(key, iv);
    }

    private long create(byte[] key, byte[] iv) {
        OffHeapRegion material = MATERIAL.get();
        UnsafeBuffer buffer = material.buffer();
        try {
            buffer.putBytes(CryptLayout.KEY_MATERIAL_KEY, key);
            buffer.putBytes(CryptLayout.KEY_MATERIAL_IV, iv);
            int result = CryptLibrary.get()
                    .dcn_crypt_key_create(engine.code(), suite.code(), version.code(), material.address());
            if (result < 0) {
                throw NativeErrors.failure(result, "dcn_crypt_key_create " + this);
            }
            return buffer.getLong(CryptLayout.KEY_MATERIAL_HANDLE);
        } finally {
            buffer.setMemory(0, CryptLayout.KEY_MATERIAL_SIZE, (byte) 0);
        }
    }

    /**
     * The key as the library knows it.
     *
     * @throws IllegalStateException after {@link #close()}
     */
    public long handle() {
        if (handle == 0) {
            throw new IllegalStateException("used after close: " + this);
        }
        return handle;
    }

    /** What a sealed record is longer than its plaintext, in bytes: 22 in TLS 1.3, 29 in TLS 1.2 with AES. */
    public int overheadBytes() {
        return overheadBytes;
    }

    /** What stands in front of the ciphertext, in bytes: 5, or 13 in TLS 1.2 with AES. */
    public int headerBytes() {
        return headerBytes;
    }

    /** Wipes the key. No batch may hold it any more. Again: nothing happens. */
    @Override
    public void close() {
        if (handle != 0) {
            CryptLibrary.get().dcn_crypt_key_destroy(handle);
            handle = 0;
        }
    }

    /** What kind of key, and nothing of it. */
    @Override
    public String toString() {
        return "key engine=" + engine.displayName() + " suite=" + suite + " version=" + version
                + (handle == 0 ? " closed" : "");
    }
}
