package dev.diskcryptnet.volume;

/**
 * A catalogue record, the same in a checkpoint and in the journal. Little-endian, its length a multiple of 8.
 *
 * <pre>
 *   +----+----------------------------+----+---------------------------+
 *   |  0 | length with padding (u32)  |  4 | path bytes (u16)          |
 *   |  6 | content type bytes (u8)    |  7 | type (u8): 1 put 2 remove |
 *   |  8 | sequence                   | 16 | object size, bytes        |
 *   | 24 | modified, ms since epoch   | 32 | content checksum          |
 *   | 40 | extents (u32)              | 44 | pieces (u32)              |
 *   | 48 | extent[i]: device offset, length (u64, u64)                 |
 *   |    | CRC32C of piece[i] (u32); a piece is 1 MiB, the last less   |
 *   |    | path, UTF-8                                                 |
 *   |    | content type, UTF-8; then zeros                             |
 *   +----+-------------------------------------------------------------+
 * </pre>
 *
 * A remove has neither extents, pieces nor content type. The content checksum is the CRC-32 of the bytes in its high
 * half and the CRC32C of the list of piece CRCs in its low half.
 */
final class RecordDescriptor {
    static final int LENGTH_OFFSET = 0;
    static final int PATH_BYTES_OFFSET = 4;
    static final int CONTENT_TYPE_BYTES_OFFSET = 6;
    static final int TYPE_OFFSET = 7;
    static final int SEQUENCE_OFFSET = 8;
    static final int SIZE_OFFSET = 16;
    static final int MODIFIED_OFFSET = 24;
    static final int CHECKSUM_OFFSET = 32;
    static final int EXTENTS_COUNT_OFFSET = 40;
    static final int PIECES_COUNT_OFFSET = 44;
    static final int EXTENTS_OFFSET = 48;
    static final int EXTENT_BYTES = 16;

    static final byte PUT = 1;
    static final byte REMOVE = 2;

    /** What one data CRC covers. */
    static final int PIECE_BYTES = 1024 * 1024;

    static final int MAX_PATH_BYTES = 1024;
    static final int MAX_CONTENT_TYPE_BYTES = 255;

    private RecordDescriptor() {}

    static int length(int extents, int pieces, int pathBytes, int contentTypeBytes) {
        long length = EXTENTS_OFFSET + (long) extents * EXTENT_BYTES + 4L * pieces + pathBytes + contentTypeBytes;
        return Math.toIntExact((length + 7) & -8L);
    }
}
