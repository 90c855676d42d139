package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.CheckpointDescriptor.*;
import static dev.diskcryptnet.volume.SuperblockDescriptor.ORDER;

import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes a checkpoint into extents that hold it, through the first buffer of the device I/O given. */
final class CheckpointWriter {
    private final DeviceIo io;
    private final long[] extents;
    private final long epoch;
    private final UUID memberUuid;
    private long diskBytes;
    private long payloadBytes;
    private long records;
    private long group;
    private int groupStart;
    private int fill;
    private int firstRecord = NO_RECORD;

    CheckpointWriter(DeviceIo io, long[] extents, long epoch, UUID memberUuid) {
        this.io = io;
        this.extents = extents;
        this.epoch = epoch;
        this.memberUuid = memberUuid;
    }

    long payloadBytes() {
        return payloadBytes;
    }

    long records() {
        return records;
    }

    void append(DirectBuffer record, int offset, int length) {
        int done = 0;
        while (done < length) {
            if (done == 0 && firstRecord == NO_RECORD) {
                firstRecord = fill;
            }
            int part = Math.min(length - done, GROUP_PAYLOAD_BYTES - fill);
            io.memory().putBytes(groupStart + HEADER_BYTES + fill, record, offset + done, part);
            fill += part;
            done += part;
            if (fill == GROUP_PAYLOAD_BYTES) {
                seal(GROUP_BYTES);
            }
        }
        payloadBytes += length;
        records++;
    }

    /** Writes what is left; the caller flushes. */
    void finish() {
        if (fill > 0) {
            seal((int) SuperblockDescriptor.roundUp(HEADER_BYTES + fill));
        }
        writeOut();
    }

    private void seal(int bytes) {
        UnsafeBuffer memory = io.memory();
        memory.setMemory(groupStart, HEADER_BYTES, (byte) 0);
        memory.setMemory(groupStart + HEADER_BYTES + fill, bytes - HEADER_BYTES - fill, (byte) 0);
        memory.putLong(groupStart + MAGIC_OFFSET, MAGIC, ORDER);
        memory.putLong(groupStart + EPOCH_OFFSET, epoch, ORDER);
        Bytes.putUuid(memory, groupStart + MEMBER_UUID_OFFSET, memberUuid);
        memory.putLong(groupStart + INDEX_OFFSET, group++, ORDER);
        memory.putInt(groupStart + PAYLOAD_BYTES_OFFSET, fill, ORDER);
        memory.putInt(groupStart + FIRST_RECORD_OFFSET, firstRecord, ORDER);
        memory.putInt(groupStart + CRC_OFFSET, Bytes.crcWithout(io.bytes(groupStart, bytes), CRC_OFFSET), ORDER);
        groupStart += bytes;
        fill = 0;
        firstRecord = NO_RECORD;
        if (groupStart == DeviceIo.BUFFER_BYTES) {
            writeOut();
        }
    }

    private void writeOut() {
        if (groupStart > 0) {
            Extents.transfer(io, true, extents, diskBytes, 0, groupStart);
            diskBytes += groupStart;
            groupStart = 0;
        }
    }
}
