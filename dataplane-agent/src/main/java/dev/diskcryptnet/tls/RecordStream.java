package dev.diskcryptnet.tls;

import dev.diskcryptnet.crypt.RecordKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The send stream of a TLS connection: which bytes of it are which record. Runs are kept until the peer has
 * acknowledged them; what was once sealed under a sequence number stays what it is. Only numbers of records that nobody
 * has asked for yet change, when the key does.
 */
public final class RecordStream {
    /**
     * Records under one key. RFC 8446 5.5 allows AES-GCM 2^24.5 full ones; a new key comes well before, be it some records
     * late because a range was asked for across the limit.
     */
    public static final long RECORDS_PER_KEY = 1L << 24;

    private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 0};

    private final ArrayDeque<RecordRun> runs = new ArrayDeque<>(4);
    private final long recordsPerKey;
    private WriteEpoch epoch;
    private long streamEnd;
    private long plainEnd;
    /** Where the last KeyUpdate begins; -1 when there is none. */
    private long updateStart = -1;

    /** @param recordsPerKey records after which {@link #mustUpdateKey} asks for a new key */
    public RecordStream(long recordsPerKey) {
        this.recordsPerKey = recordsPerKey;
    }

    /** From now on records are sealed; {@code sequence} of them were under this key already. */
    public void startSealing(RecordKey key, long sequence) {
        epoch = new WriteEpoch(key, sequence);
    }

    /** Whether there is a key. */
    public boolean isSealing() {
        return epoch != null;
    }

    /** Stream offset past the last byte. */
    public long streamEnd() {
        return streamEnd;
    }

    /** Offset past the last byte in the plaintext stream. */
    public long plainEnd() {
        return plainEnd;
    }

    /** Appends bytes that go out as they are. @return bytes that the stream grew by */
    public long appendRaw(byte[] bytes) {
        return append(RecordRun.raw(bytes));
    }

    /** Appends one record with a plaintext of our own making. @return bytes that the stream grew by */
    public long appendRecord(int type, byte[] plaintext) {
        RecordRun run = RecordRun.ofBytes(type, plaintext);
        run.number(epoch);
        return append(run);
    }

    /**
     * Appends records of application data for the next {@code plainBytes} of the plaintext stream.
     *
     * @param firstBytes plaintext bytes of the first record, 1 to 2^14; the others hold 2^14 but for the last
     * @return bytes that the stream grew by
     */
    public long appendData(long plainBytes, int firstBytes) {
        RecordRun run = RecordRun.ofPlaintext(plainEnd, plainBytes, firstBytes);
        run.number(epoch);
        plainEnd += plainBytes;
        return append(run);
    }

    private long append(RecordRun run) {
        run.place(streamEnd);
        runs.add(run);
        streamEnd += run.streamBytes();
        return run.streamBytes();
    }

    /** The run that holds the byte at {@code streamOffset}; there must be one. */
    public RecordRun at(long streamOffset) {
        // Not by for-each: this is on the path of every frame, and most streams have one run.
        RecordRun first = runs.peekFirst();
        if (first != null && streamOffset < first.end()) {
            return first;
        }
        for (RecordRun run : runs) {
            if (streamOffset < run.end()) {
                return run;
            }
        }
        throw new IllegalStateException("streamOffset=" + streamOffset + " is past streamEnd=" + streamEnd);
    }

    /**
     * Drops runs that are acknowledged.
     *
     * @return offset in the plaintext stream before which nothing will be asked for again
     */
    public long release(long acknowledged) {
        while (!runs.isEmpty() && runs.peekFirst().end() <= acknowledged) {
            runs.removeFirst().release();
        }
        RecordRun first = runs.peekFirst();
        if (first != null && first.bytes() == null) {
            return first.plainStart(first.recordAt(Math.max(acknowledged, first.start())));
        }
        for (RecordRun run : runs) {
            if (run.bytes() == null) {
                return run.plainStart(0);
            }
        }
        return plainEnd;
    }

    /** Whether so many records were sealed that no more should be under this key. */
    public boolean isWornOut() {
        return epoch != null && epoch.nextSequence() >= recordsPerKey;
    }

    /** Whether the next record of the stream to be sealed for the first time is one that wants a new key. */
    public boolean mustUpdateKey(long reservedEnd) {
        if (epoch == null || epoch.nextSequence() <= recordsPerKey || reservedEnd >= streamEnd) {
            return false;
        }
        RecordRun run = at(reservedEnd);
        if (run.isRaw() || run.type() != RecordRun.APPLICATION_DATA) {
            return false;
        }
        int record = run.recordAt(reservedEnd);
        // One that has been asked for in part has its key for good.
        int next = run.recordStart(record) < reservedEnd ? record + 1 : record;
        return next < run.records() && run.sequence(next) >= recordsPerKey;
    }

    /**
     * Inserts a KeyUpdate before the first record of which nothing has been asked for, and seals from there on with the
     * next key (RFC 8446 4.6.3). Nothing happens while the last KeyUpdate itself has not been asked for, as it answers all
     * requests that come before it leaves; and nothing when an alert has been, after which nothing is said.
     *
     * @param reservedEnd stream offset past what has been asked for
     * @param nextKey makes the next key
     * @return bytes that the stream grew by
     */
    public long updateKey(long reservedEnd, Supplier<RecordKey> nextKey) {
        RecordRun last = runs.peekLast();
        boolean alerted = last != null && last.type() == RecordRun.ALERT && last.start() < reservedEnd;
        if (updateStart >= reservedEnd || alerted) {
            return 0;
        }
        List<RecordRun> later = removeFrom(reservedEnd);
        updateStart = streamEnd;
        RecordRun update = RecordRun.ofBytes(RecordRun.HANDSHAKE, KEY_UPDATE);
        update.number(epoch);
        long grown = append(update);
        WriteEpoch next = new WriteEpoch(nextKey.get(), 0);
        epoch.supersede();
        epoch = next;
        for (RecordRun run : later) {
            run.number(epoch);
            append(run);
        }
        return grown;
    }

    /** Takes off the end of the stream all records of which nothing has been asked for, and takes their numbers back. */
    private List<RecordRun> removeFrom(long reservedEnd) {
        List<RecordRun> later = new ArrayList<>();
        while (!runs.isEmpty()
                && runs.peekLast().start() >= reservedEnd
                && !runs.peekLast().isRaw()) {
            RecordRun run = runs.removeLast();
            epoch.giveBackFrom(run.sequence(0));
            run.release();
            later.addFirst(run);
            streamEnd = run.start();
        }
        RecordRun last = runs.peekLast();
        if (last == null || last.end() <= reservedEnd || last.isRaw()) {
            return later;
        }
        int record = reservedEnd == last.start() ? 0 : last.recordAt(reservedEnd - 1) + 1;
        if (record < last.records()) {
            runs.removeLast();
            epoch.giveBackFrom(last.sequence(record));
            RecordRun[] parts = last.splitAt(record);
            runs.addLast(parts[0]);
            later.addFirst(parts[1]);
            streamEnd = parts[0].end();
        }
        return later;
    }

    /** Drops everything and wipes the keys. */
    public void close() {
        while (!runs.isEmpty()) {
            runs.removeFirst().release();
        }
        if (epoch != null) {
            epoch.supersede();
        }
    }
}
