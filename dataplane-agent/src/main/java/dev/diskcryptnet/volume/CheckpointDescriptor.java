package dev.diskcryptnet.volume;

/**
 * A checkpoint: a stream of put records, cut without regard to their bounds into groups of 64 KiB, the last one as
 * many blocks as it needs. Groups follow one another through the checkpoint's extents. Little-endian.
 *
 * <pre>
 *   +----+--------------------------------+----+------------------------------------------+
 *   |  0 | magic "DCNCKPT1"               |  8 | epoch                                    |
 *   | 16 | member UUID                    | 32 | group index, from 0                      |
 *   | 40 | payload bytes (u32)            | 44 | first record that starts here (u32): its |
 *   |    |                                |    | offset in the payload, or 0xFFFFFFFF     |
 *   | 60 | CRC32C of all blocks of the group, this field taken as zero                    |
 *   | 64 | payload, then zeros                                                            |
 *   +----+--------------------------------------------------------------------------------+
 * </pre>
 *
 * A damaged group costs the records that touch it; reading goes on at the next group's first record.
 */
final class CheckpointDescriptor {
    /** "DCNCKPT1" as the bytes lie on disk. */
    static final long MAGIC = 0x3154_504B_434E_4344L;

    static final int MAGIC_OFFSET = 0;
    static final int EPOCH_OFFSET = 8;
    static final int MEMBER_UUID_OFFSET = 16;
    static final int INDEX_OFFSET = 32;
    static final int PAYLOAD_BYTES_OFFSET = 40;
    static final int FIRST_RECORD_OFFSET = 44;
    static final int CRC_OFFSET = 60;
    static final int HEADER_BYTES = 64;
    static final int GROUP_BYTES = 64 * 1024;
    static final int GROUP_PAYLOAD_BYTES = GROUP_BYTES - HEADER_BYTES;
    static final int NO_RECORD = -1;

    private CheckpointDescriptor() {}

    /** Disk space that a stream of {@code payloadBytes} takes. */
    static long diskBytes(long payloadBytes) {
        long rest = payloadBytes % GROUP_PAYLOAD_BYTES;
        long full = payloadBytes / GROUP_PAYLOAD_BYTES * GROUP_BYTES;
        return rest == 0 ? full : full + SuperblockDescriptor.roundUp(HEADER_BYTES + rest);
    }
}
