package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.JournalDescriptor.*;
import static dev.diskcryptnet.volume.SuperblockDescriptor.BLOCK_BYTES;
import static dev.diskcryptnet.volume.SuperblockDescriptor.ORDER;
import static dev.diskcryptnet.volume.SuperblockDescriptor.roundUp;

import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The append-only journal of one member. Appending uses the first buffer of the device I/O given, replaying the
 * second. Under the catalogue lock.
 */
final class Journal {
    private static final int READ_BUFFER = DeviceIo.BUFFER_BYTES;

    private final long regionOffset;
    private final long regionBytes;
    private final UUID memberUuid;
    private long epoch;
    private long entries;
    private long tailBytes;

    Journal(Superblock superblock) {
        this.regionOffset = superblock.journalOffset();
        this.regionBytes = superblock.journalLengthBytes();
        this.memberUuid = superblock.memberUuid();
        this.epoch = superblock.journalEpoch();
    }

    long entries() {
        return entries;
    }

    long usedBytes() {
        return tailBytes;
    }

    long regionBytes() {
        return regionBytes;
    }

    /** Whether an entry with this much payload can be appended. */
    boolean fits(long payloadBytes) {
        long entry = roundUp(HEADER_BYTES + payloadBytes);
        return entry <= MAX_ENTRY_BYTES && entry <= regionBytes - tailBytes;
    }

    /** Writes one entry and makes it durable. After a failure the next entry takes the same place. */
    void append(DeviceIo io, List<byte[]> records) {
        int payload = 0;
        for (byte[] record : records) {
            io.memory().putBytes(HEADER_BYTES + payload, record);
            payload += record.length;
        }
        int entry = (int) roundUp(HEADER_BYTES + payload);
        UnsafeBuffer memory = io.memory();
        memory.setMemory(0, HEADER_BYTES, (byte) 0);
        memory.setMemory(HEADER_BYTES + payload, entry - HEADER_BYTES - payload, (byte) 0);
        memory.putLong(MAGIC_OFFSET, MAGIC, ORDER);
        memory.putLong(EPOCH_OFFSET, epoch, ORDER);
        Bytes.putUuid(memory, MEMBER_UUID_OFFSET, memberUuid);
        memory.putLong(INDEX_OFFSET, entries, ORDER);
        memory.putInt(PAYLOAD_BYTES_OFFSET, payload, ORDER);
        memory.putInt(RECORDS_OFFSET, records.size(), ORDER);
        memory.putInt(CRC_OFFSET, Bytes.crcWithout(io.bytes(0, entry), CRC_OFFSET), ORDER);
        // The data that the records name is durable already; nothing else need be.
        io.writeThrough(regionOffset + tailBytes, 0, entry);
        tailBytes += entry;
        entries++;
    }

    /** The journal is empty again; only after both superblocks say so. */
    void reset(long newEpoch) {
        epoch = newEpoch;
        entries = 0;
        tailBytes = 0;
    }

    /** Replays at open: the journal ends where no valid entry follows. */
    void open(DeviceIo io, long entriesKnown, RecordSink sink, Consumer<Damage> damages, Consumer<String> notes) {
        Replay replay = new Replay(io, sink, damages);
        replay.run();
        entries = Math.max(replay.next, entriesKnown);
        tailBytes = replay.position;
        if (replay.next < entriesKnown) {
            damages.accept(Damage.structure(
                    "journal entry=" + replay.next + " of entries=" + entriesKnown, regionOffset + tailBytes));
        } else if (replay.tornTail) {
            notes.accept("journal entry=" + entries + " at deviceOffset=" + (regionOffset + tailBytes)
                    + " is incomplete: a write was interrupted; its change was never acknowledged and is not applied");
        }
    }

    /** Reads all entries again; those that were there and cannot be read are damage. */
    void replay(DeviceIo io, RecordSink sink, Consumer<Damage> damages) {
        Replay replay = new Replay(io, sink, damages);
        replay.run();
        if (replay.next < entries) {
            damages.accept(Damage.structure(
                    "journal entry=" + replay.next + " of entries=" + entries, regionOffset + replay.position));
        }
    }

    private final class Replay {
        private final DeviceIo io;
        private final RecordSink sink;
        private final Consumer<Damage> damages;
        private final CatalogueRecord record = new CatalogueRecord();
        private long windowStart;
        private int windowBytes;
        private long position;
        private long next;
        private boolean tornTail;

        Replay(DeviceIo io, RecordSink sink, Consumer<Damage> damages) {
            this.io = io;
            this.sink = sink;
            this.damages = damages;
        }

        void run() {
            while (position < regionBytes) {
                int entry = entryAt(position, next, true);
                if (entry > 0) {
                    deliver(at(position), entry);
                    position += entry;
                    next++;
                    continue;
                }
                tornTail = entry < 0;
                long later = findLater(position + BLOCK_BYTES);
                if (later < 0) {
                    return;
                }
                long index = io.memory().getLong(at(later) + INDEX_OFFSET, ORDER);
                damages.accept(Damage.structure(
                        "journal entries=" + next + ".." + (index - 1) + " (later ones are whole)",
                        regionOffset + position));
                next = index;
                position = later;
            }
        }

        /** Length of the valid entry at {@code from}; 0 when there is none, -1 when a broken one is there. */
        private int entryAt(long from, long index, boolean exact) {
            load(from, BLOCK_BYTES);
            int at = at(from);
            UnsafeBuffer memory = io.memory();
            boolean ours = memory.getLong(at + MAGIC_OFFSET, ORDER) == MAGIC
                    && memory.getLong(at + EPOCH_OFFSET, ORDER) == epoch
                    && Bytes.getUuid(memory, at + MEMBER_UUID_OFFSET).equals(memberUuid);
            long found = memory.getLong(at + INDEX_OFFSET, ORDER);
            if (!ours || (exact ? found != index : found <= index)) {
                return 0;
            }
            long payload = memory.getInt(at + PAYLOAD_BYTES_OFFSET, ORDER) & 0xFFFF_FFFFL;
            long entry = roundUp(HEADER_BYTES + payload);
            if (entry > MAX_ENTRY_BYTES || entry > regionBytes - from) {
                return -1;
            }
            load(from, (int) entry);
            at = at(from);
            int crc = Bytes.crcWithout(io.bytes(at, (int) entry), CRC_OFFSET);
            return crc == memory.getInt(at + CRC_OFFSET, ORDER) ? (int) entry : -1;
        }

        private long findLater(long from) {
            for (long block = from; block < regionBytes; block += BLOCK_BYTES) {
                if (entryAt(block, next, false) > 0) {
                    return block;
                }
            }
            return -1;
        }

        private void deliver(int at, int entry) {
            int payload = io.memory().getInt(at + PAYLOAD_BYTES_OFFSET, ORDER);
            int offset = at + HEADER_BYTES;
            int end = offset + payload;
            while (offset < end) {
                int length = io.memory().getInt(offset + RecordDescriptor.LENGTH_OFFSET, ORDER);
                if (length > end - offset || !record.wrap(io.memory(), offset, length)) {
                    damages.accept(Damage.structure("journal entry=" + next + " record", regionOffset + position));
                    return;
                }
                sink.onRecord(record);
                offset += length;
            }
        }

        private int at(long journalPosition) {
            return READ_BUFFER + (int) (journalPosition - windowStart);
        }

        private void load(long from, int bytes) {
            if (windowBytes > 0 && from >= windowStart && from + bytes <= windowStart + windowBytes) {
                return;
            }
            windowStart = from;
            windowBytes = (int) Math.min(DeviceIo.BUFFER_BYTES, regionBytes - from);
            io.read(regionOffset + from, READ_BUFFER, windowBytes);
        }
    }
}
