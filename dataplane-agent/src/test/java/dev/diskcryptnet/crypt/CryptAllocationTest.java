package dev.diskcryptnet.crypt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.buffer.OffHeapRegion;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CryptAllocationTest {
    private static final int RECORDS = 8;
    private static final int PLAINTEXT = 1_000;
    private static final int STRIDE = 2_048;

    private final OffHeapRegion source = OffHeapRegion.allocate(RECORDS * STRIDE);
    private final OffHeapRegion target = OffHeapRegion.allocate(RECORDS * STRIDE);
    private long opened;

    private void cycle(SealBatch batch, RecordOpener opener, RecordKey key, long sequence) {
        for (int i = 0; i < RECORDS; i++) {
            long at = (long) i * STRIDE;
            batch.add(key, sequence + i, 23, source.address() + at, PLAINTEXT, target.address() + at);
        }
        batch.seal();
        int recordBytes = PLAINTEXT + key.overheadBytes();
        for (int i = 0; i < RECORDS; i++) {
            long at = target.address() + (long) i * STRIDE;
            opened += opener.open(key, sequence + i, at, recordBytes, at + key.headerBytes());
        }
    }

    @ParameterizedTest
    @EnumSource(CryptEngine.class)
    void shouldAllocateNothingPerRecord(CryptEngine engine) {
        assumeTrue(engine.isAvailable(), engine::libraryVersion);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        RecordOpener opener = new RecordOpener();
        try (SealBatch batch = new SealBatch(RECORDS);
                RecordKey key = new RecordKey(
                        engine, CipherSuite.AES_128_GCM, TlsVersion.TLS_1_3, new byte[16], new byte[12])) {
            for (int i = 0; i < 3_000; i++) {
                cycle(batch, opener, key, i);
            }
            opened = 0;
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 3_000; i++) {
                cycle(batch, opener, key, i);
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertEquals(3_000L * RECORDS * PLAINTEXT, opened);
            // Asking for the figure itself may cost a few bytes; one allocation per cycle would be 48,000 at least.
            assertTrue(allocated < 1_000, "allocatedBytes=" + allocated);
        }
    }
}
