package dev.diskcryptnet.tls;

import dev.diskcryptnet.crypt.RecordKey;

/**
 * A run of records of one connection's send stream, all under one key and with consecutive sequence numbers. Where a
 * record lies is arithmetic, so that a retransmission can name the records that it touches.
 *
 * <pre>
 *   stream  start                                                              end
 *           | record 0: first plaintext bytes + overhead | record 1 | ... | last, as long as needed |
 *   plain   plainStart                                                     plainEnd
 * </pre>
 *
 * A run without a key holds bytes that go out as they are (the handshake's).
 */
public final class RecordRun {
    /** RFC 8446 5.1, RFC 5246 6.2.1: most plaintext bytes of a record. */
    public static final int MAX_PLAINTEXT_BYTES = 1 << 14;

    /**
     * Plaintext bytes of a full record of ours: four of them, sealed, are what one IP packet of a port with segmentation
     * offload takes. What a frame costs beside its bytes is most of what sending costs.
     */
    public static final int RECORD_BYTES = 16_256;

    /** Content types, RFC 8446 B.1. */
    public static final int ALERT = 21;

    public static final int HANDSHAKE = 22;
    public static final int APPLICATION_DATA = 23;

    private final int type;
    /** Plaintext of our own making; null when it is a range of the plaintext stream. */
    private final byte[] bytes;

    private final int firstBytes;
    private final long plainStart;
    private final long plainBytes;
    private WriteEpoch epoch;
    private long firstSequence;
    private long start;

    private RecordRun(int type, byte[] bytes, long plainStart, long plainBytes, int firstBytes) {
        this.type = type;
        this.bytes = bytes;
        this.plainStart = plainStart;
        this.plainBytes = plainBytes;
        this.firstBytes = firstBytes;
    }

    static RecordRun raw(byte[] bytes) {
        return new RecordRun(0, bytes, 0, bytes.length, 0);
    }

    static RecordRun ofBytes(int type, byte[] bytes) {
        if (bytes.length > MAX_PLAINTEXT_BYTES) {
            throw new IllegalArgumentException("bytes.length=" + bytes.length + " does not fit one record");
        }
        return new RecordRun(type, bytes, 0, bytes.length, bytes.length);
    }

    static RecordRun ofPlaintext(long plainStart, long plainBytes, int firstBytes) {
        if (plainBytes <= 0 || firstBytes <= 0 || firstBytes > Math.min(plainBytes, RECORD_BYTES)) {
            throw new IllegalArgumentException("plainBytes=" + plainBytes + " firstBytes=" + firstBytes
                    + ": the first record holds 1 to " + RECORD_BYTES + " bytes of the run");
        }
        return new RecordRun(APPLICATION_DATA, null, plainStart, plainBytes, firstBytes);
    }

    void place(long streamStart) {
        start = streamStart;
    }

    void number(WriteEpoch in) {
        epoch = in;
        firstSequence = in.take(records());
    }

    /** Ends the run before {@code record}; what follows is a run of its own, whose numbers are to be given again. */
    RecordRun[] splitAt(int record) {
        var head = new RecordRun(type, bytes, plainStart, plainStart(record) - plainStart, firstBytes);
        head.place(start);
        head.epoch = epoch;
        head.firstSequence = firstSequence;
        long rest = plainBytes - head.plainBytes;
        return new RecordRun[] {head, ofPlaintext(plainStart(record), rest, (int) Math.min(rest, RECORD_BYTES))};
    }

    void release() {
        if (epoch != null) {
            epoch.release();
        }
    }

    /** Whether the bytes go out as they are. */
    public boolean isRaw() {
        return epoch == null;
    }

    /** Content type of the records. */
    public int type() {
        return type;
    }

    /** The run's own plaintext, or bytes as they go out; null when its plaintext is a range of the plaintext stream. */
    public byte[] bytes() {
        return bytes;
    }

    /** What the records are sealed with. */
    public RecordKey key() {
        return epoch.key;
    }

    WriteEpoch epoch() {
        return epoch;
    }

    /** Stream offset of the first byte. */
    public long start() {
        return start;
    }

    /** Stream offset past the last byte. */
    public long end() {
        return start + streamBytes();
    }

    long streamBytes() {
        return isRaw() ? plainBytes : plainBytes + (long) records() * epoch.key.overheadBytes();
    }

    long plainEnd() {
        return plainStart + plainBytes;
    }

    /** Number of records; 1 for a run that has none. */
    public int records() {
        long behindFirst = plainBytes - firstBytes;
        return isRaw() && type == 0 ? 1 : 1 + (int) ((behindFirst + RECORD_BYTES - 1) / RECORD_BYTES);
    }

    /** Which record holds the byte at {@code streamOffset}. */
    public int recordAt(long streamOffset) {
        long within = streamOffset - start - firstBytes - epoch.key.overheadBytes();
        return within < 0 ? 0 : 1 + (int) (within / (RECORD_BYTES + epoch.key.overheadBytes()));
    }

    /** Stream offset of a record's first byte, its header's; of {@link #records()}: the run's end. */
    public long recordStart(int record) {
        if (record == 0) {
            return start;
        }
        return start + (plainStart(record) - plainStart) + (long) record * epoch.key.overheadBytes();
    }

    /** Offset of a record's first byte in the plaintext stream, or in {@link #bytes()}. */
    public long plainStart(int record) {
        return record == 0 ? plainStart : plainStart + Math.min(plainBytes, firstBytes + (record - 1L) * RECORD_BYTES);
    }

    /** Plaintext bytes of a record. */
    public int plainBytes(int record) {
        return (int) (plainStart(record + 1) - plainStart(record));
    }

    /** Sequence number of a record. */
    public long sequence(int record) {
        return firstSequence + record;
    }
}
