package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.CheckpointDescriptor.*;
import static dev.diskcryptnet.volume.SuperblockDescriptor.ORDER;

import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads a checkpoint from end to end, through the second buffer of the device I/O given. */
final class CheckpointReader {
    private static final int READ_BUFFER = DeviceIo.BUFFER_BYTES;

    private final DeviceIo io;
    private final Superblock superblock;
    private final RecordSink sink;
    private final Consumer<Damage> damages;
    private final CatalogueRecord record = new CatalogueRecord();
    private final UnsafeBuffer stream = new UnsafeBuffer(new byte[4 * GROUP_BYTES]);
    private int start;
    private int end;
    private boolean lost;

    CheckpointReader(DeviceIo io, Superblock superblock, RecordSink sink, Consumer<Damage> damages) {
        this.io = io;
        this.superblock = superblock;
        this.sink = sink;
        this.damages = damages;
    }

    void read() {
        long diskBytes = diskBytes(superblock.checkpointBytes());
        if (Extents.bytes(superblock.checkpointExtents()) < diskBytes) {
            damages.accept(Damage.structure("superblock: the checkpoint's extents are too short", 0));
            return;
        }
        for (long at = 0; at < diskBytes; at += DeviceIo.BUFFER_BYTES) {
            int length = (int) Math.min(DeviceIo.BUFFER_BYTES, diskBytes - at);
            Extents.transfer(io, false, superblock.checkpointExtents(), at, READ_BUFFER, length);
            for (int done = 0; done < length; done += GROUP_BYTES) {
                group((at + done) / GROUP_BYTES, READ_BUFFER + done, Math.min(GROUP_BYTES, length - done));
            }
        }
    }

    private void group(long index, int at, int length) {
        UnsafeBuffer memory = io.memory();
        int payload = memory.getInt(at + PAYLOAD_BYTES_OFFSET, ORDER);
        int crc = Bytes.crcWithout(io.bytes(at, length), CRC_OFFSET);
        boolean whole = memory.getLong(at + MAGIC_OFFSET, ORDER) == MAGIC
                && memory.getLong(at + EPOCH_OFFSET, ORDER) == superblock.journalEpoch()
                && Bytes.getUuid(memory, at + MEMBER_UUID_OFFSET).equals(superblock.memberUuid())
                && memory.getLong(at + INDEX_OFFSET, ORDER) == index
                && payload >= 0
                && payload <= length - HEADER_BYTES
                && memory.getInt(at + CRC_OFFSET, ORDER) == crc;
        if (!whole) {
            long[] place = Extents.tail(superblock.checkpointExtents(), index * GROUP_BYTES);
            damages.accept(Damage.structure("checkpoint group=" + index, place[0]));
            start = end = 0;
            lost = true;
            return;
        }
        int skip = 0;
        if (lost) {
            skip = memory.getInt(at + FIRST_RECORD_OFFSET, ORDER);
            if (skip == NO_RECORD) {
                return;
            }
            lost = false;
        }
        feed(at + HEADER_BYTES + skip, payload - skip);
    }

    private void feed(int from, int length) {
        if (end + length > stream.capacity()) {
            int held = end - start;
            byte[] bytes = held + length > stream.capacity()
                    ? new byte[Math.max(2 * stream.capacity(), held + length)]
                    : stream.byteArray();
            System.arraycopy(stream.byteArray(), start, bytes, 0, held);
            stream.wrap(bytes);
            start = 0;
            end = held;
        }
        stream.putBytes(end, io.memory(), from, length);
        end += length;
        deliver();
    }

    private void deliver() {
        while (end - start >= RecordDescriptor.EXTENTS_OFFSET) {
            int length = stream.getInt(start + RecordDescriptor.LENGTH_OFFSET, ORDER);
            if (length > end - start) {
                return;
            }
            if (!record.wrap(stream, start, length)) {
                damages.accept(Damage.structure("checkpoint record", -1));
                start = end = 0;
                lost = true;
                return;
            }
            sink.onRecord(record);
            start += length;
        }
        if (start == end) {
            start = end = 0;
        }
    }
}
