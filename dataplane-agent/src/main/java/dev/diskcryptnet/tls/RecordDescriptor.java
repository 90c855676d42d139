package dev.diskcryptnet.tls;

/**
 * A TLS record (RFC 8446 5.1, RFC 5246 6.2.1), and which lengths it may have.
 *
 * <pre>
 *  0      1            3            5
 *  ┌──────┬────────────┬────────────┬──────────────────────────┐
 *  │ type │ version    │ length     │ fragment, length bytes   │
 *  └──────┴────────────┴────────────┴──────────────────────────┘
 * </pre>
 */
final class RecordDescriptor {
    static final int TYPE = 0;
    static final int VERSION = 1;
    static final int LENGTH = 3;
    static final int HEADER_BYTES = 5;

    static final int CHANGE_CIPHER_SPEC = 20;
    static final int ALERT = 21;
    static final int HANDSHAKE = 22;
    static final int APPLICATION_DATA = 23;

    /** Version of every sealed record: TLS 1.2, and TLS 1.3 in disguise (RFC 8446 5.2). */
    static final int VERSION_1_2 = 0x0303;

    /** Most plaintext in a record (RFC 8446 5.1). */
    static final int MAX_PLAINTEXT_BYTES = 1 << 14;

    /** Most a fragment may ever have: TLS 1.2 with compression and expansion (RFC 5246 6.2.3). */
    static final int MAX_FRAGMENT_BYTES = MAX_PLAINTEXT_BYTES + 2048;

    private RecordDescriptor() {}

    /** Length of the fragment of the record whose header stands at {@code offset}. */
    static int fragmentBytes(byte[] records, int offset) {
        return (records[offset + LENGTH] & 0xFF) << 8 | records[offset + LENGTH + 1] & 0xFF;
    }
}
