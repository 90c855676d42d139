package dev.diskcryptnet.volume;

/**
 * A journal entry: one atomic change of the catalogue. It starts on a block of its own and is padded with zeros to
 * whole blocks; at most 1 MiB. Little-endian.
 *
 * <pre>
 *   +----+--------------------------------+----+-------------------------+
 *   |  0 | magic "DCNJRNL1"               |  8 | epoch                   |
 *   | 16 | member UUID                    | 32 | entry index, from 0     |
 *   | 40 | payload bytes (u32)            | 44 | records (u32)           |
 *   | 60 | CRC32C of all blocks of the entry, this field taken as zero   |
 *   | 64 | records, end to end                                           |
 *   +----+---------------------------------------------------------------+
 * </pre>
 *
 * The epoch is the superblock generation of the fold that emptied the journal: what an earlier epoch, or another
 * member before a new format, left in the region never matches.
 */
final class JournalDescriptor {
    /** "DCNJRNL1" as the bytes lie on disk. */
    static final long MAGIC = 0x314C_4E52_4A4E_4344L;

    static final int MAGIC_OFFSET = 0;
    static final int EPOCH_OFFSET = 8;
    static final int MEMBER_UUID_OFFSET = 16;
    static final int INDEX_OFFSET = 32;
    static final int PAYLOAD_BYTES_OFFSET = 40;
    static final int RECORDS_OFFSET = 44;
    static final int CRC_OFFSET = 60;
    static final int HEADER_BYTES = 64;
    static final int MAX_ENTRY_BYTES = DeviceIo.BUFFER_BYTES;

    private JournalDescriptor() {}
}
