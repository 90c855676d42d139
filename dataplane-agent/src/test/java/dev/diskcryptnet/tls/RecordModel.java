package dev.diskcryptnet.tls;

import java.util.ArrayList;
import java.util.List;

/** A send stream as a list of all its records, one by one: what {@link RecordStream} computes, looked up. */
final class RecordModel {
    /** One record, or bytes that go out as they are ({@code epoch} -1). Data is told by where its plaintext begins. */
    record Entry(
            int type, byte[] bytes, long plainStart, int plainBytes, int epoch, long sequence, long start, long end) {
        boolean isData() {
            return bytes == null;
        }
    }

    private final int overheadBytes;
    List<Entry> entries = new ArrayList<>();
    int epoch = -1;
    long nextSequence;
    long streamEnd;
    long plainEnd;
    private long updateStart = -1;

    RecordModel(int overheadBytes) {
        this.overheadBytes = overheadBytes;
    }

    void startSealing(long sequence) {
        epoch = 0;
        nextSequence = sequence;
    }

    void appendRaw(byte[] bytes) {
        entries.add(new Entry(0, bytes, 0, bytes.length, -1, -1, streamEnd, streamEnd + bytes.length));
        streamEnd += bytes.length;
    }

    void appendRecord(int type, byte[] bytes) {
        seal(type, bytes, 0, bytes.length);
    }

    void appendData(long plainBytes, int firstBytes) {
        int length = firstBytes;
        for (long left = plainBytes; left > 0; left -= length) {
            length = (int) Math.min(left, left == plainBytes ? firstBytes : RecordRun.RECORD_BYTES);
            seal(RecordRun.APPLICATION_DATA, null, plainEnd, length);
            plainEnd += length;
        }
    }

    private void seal(int type, byte[] bytes, long plainStart, int plainBytes) {
        long end = streamEnd + plainBytes + overheadBytes;
        entries.add(new Entry(type, bytes, plainStart, plainBytes, epoch, nextSequence++, streamEnd, end));
        streamEnd = end;
    }

    /** Seals again, under the next key, what begins at or behind {@code asked}; only that may change. */
    void updateKey(long asked, byte[] keyUpdate) {
        Entry last = entries.isEmpty() ? null : entries.getLast();
        if (updateStart >= asked || last != null && last.type() == RecordRun.ALERT && last.start() < asked) {
            return;
        }
        List<Entry> later = new ArrayList<>();
        while (!entries.isEmpty()
                && entries.getLast().start() >= asked
                && entries.getLast().epoch() == epoch) {
            later.addFirst(entries.removeLast());
        }
        if (!later.isEmpty()) {
            streamEnd = later.getFirst().start();
            nextSequence = later.getFirst().sequence();
        }
        updateStart = streamEnd;
        seal(RecordRun.HANDSHAKE, keyUpdate, 0, keyUpdate.length);
        epoch++;
        nextSequence = 0;
        later.forEach(entry -> seal(entry.type(), entry.bytes(), entry.plainStart(), entry.plainBytes()));
    }

    Entry at(long offset) {
        return entries.stream()
                .filter(entry -> offset < entry.end())
                .findFirst()
                .orElseThrow();
    }

    /** Where the plaintext begins that an acknowledgement of {@code acknowledged} leaves to be asked for again. */
    long release(long acknowledged) {
        entries.removeIf(entry -> entry.end() <= acknowledged);
        return entries.stream()
                .filter(Entry::isData)
                .mapToLong(Entry::plainStart)
                .findFirst()
                .orElse(plainEnd);
    }
}
