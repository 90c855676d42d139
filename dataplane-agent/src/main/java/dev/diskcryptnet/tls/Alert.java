package dev.diskcryptnet.tls;

import java.util.Arrays;

/** Alert descriptions (RFC 8446 6, RFC 5246 7.2, and the IANA registry for those in between). */
public enum Alert {
    CLOSE_NOTIFY(0),
    UNEXPECTED_MESSAGE(10),
    BAD_RECORD_MAC(20),
    DECRYPTION_FAILED(21),
    RECORD_OVERFLOW(22),
    DECOMPRESSION_FAILURE(30),
    HANDSHAKE_FAILURE(40),
    NO_CERTIFICATE(41),
    BAD_CERTIFICATE(42),
    UNSUPPORTED_CERTIFICATE(43),
    CERTIFICATE_REVOKED(44),
    CERTIFICATE_EXPIRED(45),
    CERTIFICATE_UNKNOWN(46),
    ILLEGAL_PARAMETER(47),
    UNKNOWN_CA(48),
    ACCESS_DENIED(49),
    DECODE_ERROR(50),
    DECRYPT_ERROR(51),
    PROTOCOL_VERSION(70),
    INSUFFICIENT_SECURITY(71),
    INTERNAL_ERROR(80),
    INAPPROPRIATE_FALLBACK(86),
    USER_CANCELED(90),
    NO_RENEGOTIATION(100),
    MISSING_EXTENSION(109),
    UNSUPPORTED_EXTENSION(110),
    UNRECOGNIZED_NAME(112),
    BAD_CERTIFICATE_STATUS_RESPONSE(113),
    UNKNOWN_PSK_IDENTITY(115),
    CERTIFICATE_REQUIRED(116),
    NO_APPLICATION_PROTOCOL(120),
    /** Any description that is not in this list; a peer's alert only, never sent. */
    UNKNOWN(255);

    /** {@code AlertLevel} (RFC 5246 7.2). */
    static final int WARNING = 1;

    static final int FATAL = 2;

    /** Bytes of {@link #body}. */
    public static final int BODY_BYTES = 2;

    private static final Alert[] BY_CODE = new Alert[256];

    static {
        Arrays.fill(BY_CODE, UNKNOWN);
        for (Alert alert : values()) {
            BY_CODE[alert.code] = alert;
        }
    }

    private final int code;

    Alert(int code) {
        this.code = code;
    }

    /** The alert with this description, {@link #UNKNOWN} where there is none. {@code code}: 0 to 255. */
    public static Alert of(int code) {
        return BY_CODE[code];
    }

    /** {@code AlertDescription}, 0 to 255. */
    public int code() {
        return code;
    }

    /**
     * The alert as the plaintext of a record of type 21: level, description.
     *
     * @param fatal false for {@link #CLOSE_NOTIFY} and {@link #USER_CANCELED} (RFC 8446 6)
     */
    public byte[] body(boolean fatal) {
        return new byte[] {(byte) (fatal ? FATAL : WARNING), (byte) code};
    }

    /** The fatal alert as a whole record in the clear: what a peer is told before there are keys. */
    byte[] plaintextRecord() {
        return new byte[] {(byte) RecordDescriptor.ALERT, 3, 3, 0, 2, FATAL, (byte) code};
    }
}
