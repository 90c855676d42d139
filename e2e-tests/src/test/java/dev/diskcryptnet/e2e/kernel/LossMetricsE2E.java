package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted as sent again is what was lost, no more and no less. */
@Tag("kernel")
class LossMetricsE2E {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int OBJECT_BYTES = 24 << 20;
    /** Ethernet, IP and TCP with timestamps. */
    private static final int HEADER_BYTES = Family.ofThisRun() == Family.IPV6 ? 86 : 66;

    private static final double LOSS = 0.01;

    private static TestBed bed;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("losses");
        Path object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.serveTls().issue("default", "ec", "IP:" + TestBed.SERVER_ADDRESS);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        bed.startAgent("--fault", "tx.drop=" + LOSS + ",seed=" + SEED);
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void shouldCountAsSentAgainWhatTheFaultInjectorDropped(String scheme) throws Exception {
        Metrics before = Metrics.of(bed);
        String url = scheme.equals("https") ? bed.tlsUrl("/object.bin") : bed.url("/object.bin");
        for (int i = 0; i < 4; i++) {
            bed.inClient("curl", "-sSfk", "-m", "60", "-o", "/dev/null", url);
        }
        Metrics after = Metrics.of(bed);
        long dropped = droppedPayload(after) - droppedPayload(before);
        long again = after.sum("dcn_tcp_retransmitted_bytes_total") - before.sum("dcn_tcp_retransmitted_bytes_total");
        long sent = after.sum("dcn_tcp_transmitted_bytes_total") - before.sum("dcn_tcp_transmitted_bytes_total");
        System.out.println(scheme + " droppedBytes=" + dropped + " sentAgainBytes=" + again + " sentBytes=" + sent);
        assertTrue(dropped > 4 * OBJECT_BYTES * LOSS / 2, "droppedBytes=" + dropped);
        // A retransmission timer that fires too early would be the only difference.
        assertEquals(1.0, again / (double) dropped, 0.02);
        assertEquals(LOSS, again / (double) sent, LOSS / 4);
        assertTrue(after.sum("dcn_disk_reread_bytes_total") > before.sum("dcn_disk_reread_bytes_total"));
    }

    private static long droppedPayload(Metrics metrics) {
        long bytes = metrics.sumOf("dcn_fault_dropped_bytes_total{direction=\"transmit\"");
        return bytes - HEADER_BYTES * metrics.sumOf("dcn_fault_frames_total{direction=\"transmit\",fault=\"drop\"");
    }
}
