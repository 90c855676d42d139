package dev.diskcryptnet.ffi;

/**
 * Offsets and sizes, in bytes, of the structs of {@code dcn/crypt.h}. A test holds them equal to the C compiler's.
 *
 * <pre>
 *   dcn_crypt_key_material  0     32   44       48       56
 *                           | key | iv | (zero) | handle |
 *   dcn_crypt_record  0     8          16       24       32       36     37       40       44       48
 *                     | key | sequence | source | target | length | type | (zero) | result | (zero) |
 * </pre>
 */
public final class CryptLayout {
    public static final int RECORD_SIZE = 48;
    public static final int RECORD_KEY = 0;
    public static final int RECORD_SEQUENCE = 8;
    public static final int RECORD_SOURCE = 16;
    public static final int RECORD_TARGET = 24;
    public static final int RECORD_LENGTH = 32;
    public static final int RECORD_TYPE = 36;
    public static final int RECORD_RESULT = 40;

    public static final int KEY_MATERIAL_SIZE = 56;
    public static final int KEY_MATERIAL_KEY = 0;
    public static final int KEY_MATERIAL_IV = 32;
    public static final int KEY_MATERIAL_HANDLE = 48;

    private CryptLayout() {}
}
