package dev.diskcryptnet.crypt;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.CryptLayout;
import dev.diskcryptnet.ffi.CryptLibrary;
import dev.diskcryptnet.ffi.NativeErrors;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Records to be sealed by one native call. One thread's; nothing is allocated after construction.
 *
 * <pre>
 *   records  | 0 .. count  |            capacity        written here, read by the library during seal()
 * </pre>
 */
public final class SealBatch implements AutoCloseable {
    private final CryptLibrary library = CryptLibrary.get();
    private final OffHeapRegion region;
    private final UnsafeBuffer records;
    /** Of the records added: a key that is closed before seal() is noticed there, and its memory left alone. */
    private final RecordKey[] keys;

    private int count;
    private boolean closed;

    /**
     * @param capacity most records of one call, above 0
     */
    public SealBatch(int capacity) {
        if (capacity <= 0) {
            throw new IllegalArgumentException("capacity=" + capacity + " is not above 0");
        }
        keys = new RecordKey[capacity];
        region = OffHeapRegion.allocate(capacity * CryptLayout.RECORD_SIZE);
        records = region.buffer();
    }

    /** Whether the next {@link #add} would find no room. */
    public boolean isFull() {
        return count == keys.length;
    }

    /** Records added and not yet sealed. */
    public int count() {
        return count;
    }

    /**
     * Adds a record. Source and target must stay until {@link #seal()}; they do not overlap, or source is where the
     * ciphertext goes: {@code targetAddress + key.headerBytes()}. The source is only read.
     *
     * @param sequence the record's number under this key; one number never seals two different plaintexts
     * @param type content type (RFC 8446 5.1), inside the record in TLS 1.3
     * @param sourceAddress plaintext
     * @param lengthBytes of the plaintext, 0 to 16,384
     * @param targetAddress room for {@code lengthBytes + key.overheadBytes()}
     * @throws IllegalArgumentException for another length
     * @throws IllegalStateException when the batch is full or closed, or the key closed
     */
    public void add(RecordKey key, long sequence, int type, long sourceAddress, int lengthBytes, long targetAddress) {
        if (lengthBytes < 0 || lengthBytes > CryptLibrary.DCN_CRYPT_PLAINTEXT_MAX) {
            throw new IllegalArgumentException("lengthBytes=" + lengthBytes + " is not in 0..16384");
        }
        if (closed || isFull()) {
            throw new IllegalStateException("count=" + count + " capacity=" + keys.length + " closed=" + closed);
        }
        key.handle();
        int at = count * CryptLayout.RECORD_SIZE;
        records.putLong(at + CryptLayout.RECORD_SEQUENCE, sequence);
        records.putLong(at + CryptLayout.RECORD_SOURCE, sourceAddress);
        records.putLong(at + CryptLayout.RECORD_TARGET, targetAddress);
        records.putInt(at + CryptLayout.RECORD_LENGTH, lengthBytes);
        records.putByte(at + CryptLayout.RECORD_TYPE, (byte) type);
        keys[count++] = key;
    }

    /**
     * Seals what was added, in one native call; then the batch is empty.
     *
     * @throws IllegalStateException when a key was closed since it was added; nothing is sealed
     * @throws dev.diskcryptnet.ffi.NativeException when the engine failed: no target holds anything of use
     */
    public void seal() {
        int added = count;
        if (added == 0) {
            return;
        }
        try {
            for (int i = 0; i < added; i++) {
                records.putLong(i * CryptLayout.RECORD_SIZE + CryptLayout.RECORD_KEY, keys[i].handle());
            }
            if (library.dcn_crypt_seal(region.address(), added) != added) {
                throw failure(added);
            }
        } finally {
            clear();
        }
    }

    /** Forgets what was added. */
    public void clear() {
        Arrays.fill(keys, 0, count, null);
        count = 0;
    }

    private RuntimeException failure(int added) {
        for (int i = 0; i < added; i++) {
            int result = records.getInt(i * CryptLayout.RECORD_SIZE + CryptLayout.RECORD_RESULT);
            if (result < 0) {
                return NativeErrors.failure(result, "dcn_crypt_seal record=" + i + " " + keys[i]);
            }
        }
        return new IllegalStateException("dcn_crypt_seal records=" + added + " failed, but none of them says so");
    }

    @Override
    public void close() {
        clear();
        closed = true;
    }
}
