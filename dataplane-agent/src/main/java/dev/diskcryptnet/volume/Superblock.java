package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.SuperblockDescriptor.*;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.agrona.MutableDirectBuffer;

/**
 * A superblock's content; the bytes are drawn in {@link SuperblockDescriptor}.
 *
 * @param journalEpoch generation at which the journal was last emptied; entries of another epoch are stale
 * @param journalEntries entries known to be in the journal when this was written; more may follow
 * @param checkpointExtents pairs of device offset and length in bytes
 */
record Superblock(
        UUID volumeUuid,
        UUID memberUuid,
        long generation,
        long capacityBytes,
        int memberIndex,
        int memberCount,
        long journalOffset,
        long journalLengthBytes,
        long journalEpoch,
        long journalEntries,
        long checkpointBytes,
        long checkpointRecords,
        long[] checkpointExtents,
        long createdMs,
        long lastSequence) {

    /** The next superblock after a fold: a new checkpoint and an empty journal. */
    Superblock afterFold(long bytes, long records, long[] extents, long sequence) {
        return new Superblock(
                volumeUuid,
                memberUuid,
                generation + 1,
                capacityBytes,
                memberIndex,
                memberCount,
                journalOffset,
                journalLengthBytes,
                generation + 1,
                0,
                bytes,
                records,
                extents,
                createdMs,
                sequence);
    }

    /** The same state under the next generation, with what is known of the journal. */
    Superblock again(long entries, long sequence) {
        return new Superblock(
                volumeUuid,
                memberUuid,
                generation + 1,
                capacityBytes,
                memberIndex,
                memberCount,
                journalOffset,
                journalLengthBytes,
                journalEpoch,
                entries,
                checkpointBytes,
                checkpointRecords,
                checkpointExtents,
                createdMs,
                sequence);
    }

    /** Writes one block at {@code offset}; {@code bytes} is a view of the same block. */
    void encode(MutableDirectBuffer buffer, int offset, ByteBuffer bytes) {
        buffer.setMemory(offset, BLOCK_BYTES, (byte) 0);
        buffer.putLong(offset + MAGIC_OFFSET, MAGIC, ORDER);
        buffer.putInt(offset + VERSION_OFFSET, VERSION, ORDER);
        buffer.putInt(offset + BLOCK_SIZE_OFFSET, BLOCK_BYTES, ORDER);
        Bytes.putUuid(buffer, offset + VOLUME_UUID_OFFSET, volumeUuid);
        Bytes.putUuid(buffer, offset + MEMBER_UUID_OFFSET, memberUuid);
        buffer.putLong(offset + GENERATION_OFFSET, generation, ORDER);
        buffer.putLong(offset + CAPACITY_OFFSET, capacityBytes, ORDER);
        buffer.putInt(offset + MEMBER_INDEX_OFFSET, memberIndex, ORDER);
        buffer.putInt(offset + MEMBER_COUNT_OFFSET, memberCount, ORDER);
        buffer.putLong(offset + JOURNAL_OFFSET_OFFSET, journalOffset, ORDER);
        buffer.putLong(offset + JOURNAL_LENGTH_OFFSET, journalLengthBytes, ORDER);
        buffer.putLong(offset + JOURNAL_EPOCH_OFFSET, journalEpoch, ORDER);
        buffer.putLong(offset + JOURNAL_ENTRIES_OFFSET, journalEntries, ORDER);
        buffer.putLong(offset + CHECKPOINT_BYTES_OFFSET, checkpointBytes, ORDER);
        buffer.putLong(offset + CHECKPOINT_RECORDS_OFFSET, checkpointRecords, ORDER);
        buffer.putInt(offset + CHECKPOINT_EXTENTS_OFFSET, checkpointExtents.length / 2, ORDER);
        buffer.putLong(offset + CREATED_OFFSET, createdMs, ORDER);
        buffer.putLong(offset + LAST_SEQUENCE_OFFSET, lastSequence, ORDER);
        for (int i = 0; i < checkpointExtents.length; i++) {
            buffer.putLong(offset + EXTENTS_OFFSET + i * Long.BYTES, checkpointExtents[i], ORDER);
        }
        buffer.putInt(offset + CRC_OFFSET, Bytes.crcWithout(bytes, CRC_OFFSET), ORDER);
    }

    /** Reads a block whose magic, version and CRC have been found right. */
    static Superblock decode(MutableDirectBuffer buffer, int offset) {
        int extents = buffer.getInt(offset + CHECKPOINT_EXTENTS_OFFSET, ORDER);
        if (extents < 0 || extents > MAX_CHECKPOINT_EXTENTS) {
            throw new VolumeException(
                    VolumeException.Reason.DAMAGED,
                    "checkpointExtents=" + extents + " is beyond " + MAX_CHECKPOINT_EXTENTS);
        }
        long[] checkpointExtents = new long[extents * 2];
        for (int i = 0; i < checkpointExtents.length; i++) {
            checkpointExtents[i] = buffer.getLong(offset + EXTENTS_OFFSET + i * Long.BYTES, ORDER);
        }
        return new Superblock(
                Bytes.getUuid(buffer, offset + VOLUME_UUID_OFFSET),
                Bytes.getUuid(buffer, offset + MEMBER_UUID_OFFSET),
                buffer.getLong(offset + GENERATION_OFFSET, ORDER),
                buffer.getLong(offset + CAPACITY_OFFSET, ORDER),
                buffer.getInt(offset + MEMBER_INDEX_OFFSET, ORDER),
                buffer.getInt(offset + MEMBER_COUNT_OFFSET, ORDER),
                buffer.getLong(offset + JOURNAL_OFFSET_OFFSET, ORDER),
                buffer.getLong(offset + JOURNAL_LENGTH_OFFSET, ORDER),
                buffer.getLong(offset + JOURNAL_EPOCH_OFFSET, ORDER),
                buffer.getLong(offset + JOURNAL_ENTRIES_OFFSET, ORDER),
                buffer.getLong(offset + CHECKPOINT_BYTES_OFFSET, ORDER),
                buffer.getLong(offset + CHECKPOINT_RECORDS_OFFSET, ORDER),
                checkpointExtents,
                buffer.getLong(offset + CREATED_OFFSET, ORDER),
                buffer.getLong(offset + LAST_SEQUENCE_OFFSET, ORDER));
    }
}
