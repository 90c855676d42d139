package dev.diskcryptnet.crypt;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.CryptLayout;
import dev.diskcryptnet.ffi.CryptLibrary;
import dev.diskcryptnet.ffi.NativeErrors;
import org.agrona.concurrent.UnsafeBuffer;

/** Opens protected records, one at a time. One thread's, for any number of keys; nothing is allocated on the way. */
public final class RecordOpener {
    /** The tag does not hold: a {@code bad_record_mac} alert (RFC 8446 5.2). */
    public static final int BAD_RECORD_MAC = -20;

    /** More than 2^14 bytes of plaintext: a {@code record_overflow} alert (RFC 8446 5.2). */
    public static final int RECORD_OVERFLOW = -22;

    /** The header does not fit the record, or is none of a protected one: a {@code decode_error} alert. */
    public static final int DECODE_ERROR = -50;

    /** Authentic, but nothing but padding: an {@code unexpected_message} alert (RFC 8446 5.4). */
    public static final int UNEXPECTED_MESSAGE = -10;

    /**
     * What a target must have room for, in bytes: with the longest plaintext, TLS 1.3's inner type is written behind it.
     */
    public static final int TARGET_BYTES_MAX = CryptLibrary.DCN_CRYPT_PLAINTEXT_MAX + 1;

    private final CryptLibrary library = CryptLibrary.get();
    private final OffHeapRegion region = OffHeapRegion.allocate(CryptLayout.RECORD_SIZE);
    private final UnsafeBuffer record = region.buffer();

    /**
     * Opens one record.
     *
     * @param sequence the record's number under this key
     * @param recordAddress first byte of the record's header
     * @param recordBytes of the whole record: 5 and what its header says
     * @param targetAddress where the plaintext goes, with room for {@link #TARGET_BYTES_MAX}, or for {@code recordBytes -
     *     key.headerBytes() - 16} if that is less; or {@code recordAddress + key.headerBytes()}, to open in place
     * @return plaintext bytes, or one of the constants, each the negative number of the alert it calls for
     * @throws IllegalStateException when the key is closed
     * @throws dev.diskcryptnet.ffi.NativeException for any other failure, none of which a record can cause
     */
    public int open(RecordKey key, long sequence, long recordAddress, int recordBytes, long targetAddress) {
        record.putLong(CryptLayout.RECORD_KEY, key.handle());
        record.putLong(CryptLayout.RECORD_SEQUENCE, sequence);
        record.putLong(CryptLayout.RECORD_SOURCE, recordAddress);
        record.putLong(CryptLayout.RECORD_TARGET, targetAddress);
        record.putInt(CryptLayout.RECORD_LENGTH, recordBytes);
        record.putByte(CryptLayout.RECORD_TYPE, (byte) 0);
        library.dcn_crypt_open(region.address(), 1);
        int result = record.getInt(CryptLayout.RECORD_RESULT);
        return result >= 0 ? result : failure(result);
    }

    private static int failure(int result) {
        return switch (-result) {
            case CryptLibrary.EBADMSG -> BAD_RECORD_MAC;
            case CryptLibrary.EMSGSIZE -> RECORD_OVERFLOW;
            case CryptLibrary.EPROTO -> DECODE_ERROR;
            case CryptLibrary.ENOMSG -> UNEXPECTED_MESSAGE;
            default -> throw NativeErrors.failure(result, "dcn_crypt_open");
        };
    }

    /** Content type of the record last opened (RFC 8446 5.1); in TLS 1.3 the inner one. */
    public int contentType() {
        return record.getByte(CryptLayout.RECORD_TYPE) & 0xff;
    }
}
