package dev.diskcryptnet.crypt;

import dev.diskcryptnet.buffer.OffHeapRegion;

/**
 * How fast an engine seals on the calling thread: full TLS 1.3 records, from one buffer into another as the data path
 * does, both small enough to stay in a cache near the core.
 */
public final class SealingSpeed implements AutoCloseable {
    /** Plaintext of each record, in bytes. */
    public static final int RECORD_BYTES = 16_384;

    private static final int RECORDS = 8;
    private static final int APPLICATION_DATA = 23;

    private final OffHeapRegion source = OffHeapRegion.allocate(RECORDS * RECORD_BYTES);
    private final OffHeapRegion target;
    private final SealBatch batch = new SealBatch(RECORDS);
    private final RecordKey key;
    private final int stride;
    private long sequence;
    private double best;

    /**
     * @throws dev.diskcryptnet.ffi.NativeException when the engine is not available
     */
    public SealingSpeed(CryptEngine engine, CipherSuite suite) {
        // Zeros for a key, since nothing that it seals leaves the process.
        key = new RecordKey(
                engine,
                suite,
                TlsVersion.TLS_1_3,
                new byte[suite.keyBytes()],
                new byte[suite.ivBytes(TlsVersion.TLS_1_3)]);
        stride = RECORD_BYTES + key.overheadBytes();
        target = OffHeapRegion.allocate(RECORDS * stride);
    }

    /**
     * Seals for about {@code durationNs} nanoseconds.
     *
     * @return gigabytes (10^9 bytes) of plaintext a second, in this time
     */
    public double measure(long durationNs) {
        long startNs = System.nanoTime();
        long elapsedNs;
        long bytes = 0;
        do {
            for (int i = 0; i < RECORDS; i++) {
                batch.add(
                        key,
                        sequence++,
                        APPLICATION_DATA,
                        source.address() + (long) i * RECORD_BYTES,
                        RECORD_BYTES,
                        target.address() + (long) i * stride);
            }
            batch.seal();
            bytes += (long) RECORDS * RECORD_BYTES;
            elapsedNs = System.nanoTime() - startNs;
        } while (elapsedNs < durationNs);
        double gigabytesPerSecond = (double) bytes / elapsedNs;
        best = Math.max(best, gigabytesPerSecond);
        return gigabytesPerSecond;
    }

    /** The highest of what {@link #measure} returned: whatever else runs on the core can only lower it. */
    public double best() {
        return best;
    }

    @Override
    public void close() {
        batch.close();
        key.close();
    }
}
