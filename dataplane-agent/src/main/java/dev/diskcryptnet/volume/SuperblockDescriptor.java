package dev.diskcryptnet.volume;

import java.nio.ByteOrder;

/**
 * Where things lie on a member disk, and the superblock. Everything is little-endian.
 *
 * <pre>
 *   0                 512 KiB            1 MiB                1 MiB + journal
 *   +--------------+--+--------------+---+---------------------+--------------------------------- - -
 *   | superblock A |  | superblock B |   | journal             | extents: objects and checkpoints
 *   +--------------+--+--------------+---+---------------------+--------------------------------- - -
 *
 *   superblock, one block of 4096 bytes
 *   +----+--------------------------+----+--------------------------+
 *   |  0 | magic "DCNVOLUM"         |  8 | version (u32)            |
 *   | 12 | block size (u32)         | 16 | volume UUID              |
 *   | 32 | member UUID              | 48 | generation               |
 *   | 56 | capacity, bytes          | 64 | member index (u32)       |
 *   | 68 | member count (u32)       | 72 | journal offset           |
 *   | 80 | journal length           | 88 | journal epoch            |
 *   | 96 | journal entries known    |104 | checkpoint stream bytes  |
 *   |112 | checkpoint records       |120 | checkpoint extents (u32) |
 *   |128 | created, ms              |136 | last sequence            |
 *   |256 | extent[i]: device offset, length (u64, u64), at most 200 |
 *   |4092| CRC32C of the block, taken with this field as zero       |
 *   +----+----------------------------------------------------------+
 * </pre>
 *
 * The valid superblock of the higher generation counts. Both describe the same state except within a flip: nothing
 * that the older one names is written over before it, too, has been rewritten.
 */
final class SuperblockDescriptor {
    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    static final int BLOCK_BYTES = 4096;
    static final int[] SLOT_OFFSETS = {0, 512 * 1024};
    static final int HEAD_BYTES = 1024 * 1024;

    /** "DCNVOLUM" as the bytes lie on disk. */
    static final long MAGIC = 0x4D55_4C4F_564E_4344L;

    static final int VERSION = 1;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 8;
    static final int BLOCK_SIZE_OFFSET = 12;
    static final int VOLUME_UUID_OFFSET = 16;
    static final int MEMBER_UUID_OFFSET = 32;
    static final int GENERATION_OFFSET = 48;
    static final int CAPACITY_OFFSET = 56;
    static final int MEMBER_INDEX_OFFSET = 64;
    static final int MEMBER_COUNT_OFFSET = 68;
    static final int JOURNAL_OFFSET_OFFSET = 72;
    static final int JOURNAL_LENGTH_OFFSET = 80;
    static final int JOURNAL_EPOCH_OFFSET = 88;
    static final int JOURNAL_ENTRIES_OFFSET = 96;
    static final int CHECKPOINT_BYTES_OFFSET = 104;
    static final int CHECKPOINT_RECORDS_OFFSET = 112;
    static final int CHECKPOINT_EXTENTS_OFFSET = 120;
    static final int CREATED_OFFSET = 128;
    static final int LAST_SEQUENCE_OFFSET = 136;
    static final int EXTENTS_OFFSET = 256;
    static final int EXTENT_BYTES = 16;
    static final int MAX_CHECKPOINT_EXTENTS = 200;
    static final int CRC_OFFSET = BLOCK_BYTES - 4;

    private SuperblockDescriptor() {}

    /** Rounds up to whole blocks. */
    static long roundUp(long bytes) {
        return (bytes + BLOCK_BYTES - 1) & -BLOCK_BYTES;
    }
}
