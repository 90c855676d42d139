package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.Histogram;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.netmap.PeerPort;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What the loop counts is what the disk and the client saw. */
class AtlasCountersTest extends LoopCase {
    private static final int CONNECTIONS = 6;
    private static final PatternObject OBJECT = new PatternObject("/a", 0, 500_000);
    /** Status line and fields of a response. */
    private static final int HEAD_BYTES = 400;

    private LoopBed run(PresetTls tls) {
        var setup = new LoopBed.Setup(paths(OBJECT), CONNECTIONS).tls(tls);
        LoopBed bed = opened(new LoopBed(pattern(), only(OBJECT), setup));
        bed.runUntil(() -> bed.client.responses() >= 300);
        assertEquals(0, bed.client.errors());
        return bed;
    }

    private static Histogram histogram(LoopBed bed, String name, String label, String value) {
        return bed.built.counterSet().histograms().stream()
                .filter(histogram -> histogram.descriptor().name().equals(name))
                .filter(histogram -> label.isEmpty()
                        || value.equals(histogram.descriptor().labels().get(label)))
                .findFirst()
                .orElseThrow();
    }

    private static long count(Histogram histogram) {
        return Arrays.stream(histogram.counts()).sum();
    }

    @Test
    void shouldCountBytesOfResponsesWithoutWhatTlsAdds() {
        for (PresetTls tls : new PresetTls[] {null, LoopBed.tls()}) {
            LoopBed bed = run(tls);
            long bytes = bed.counter("dcn_http_response_bytes");
            long most = bed.client.bodyBytes() + (bed.client.responses() + CONNECTIONS) * HEAD_BYTES;
            assertTrue(bytes <= most, "bytes=" + bytes + " most=" + most);
            // Of each connection a window's worth may have come without having been acknowledged.
            long least = bed.client.bodyBytes() - CONNECTIONS * OBJECT.sizeBytes();
            assertTrue(bytes >= least, "bytes=" + bytes + " least=" + least);
        }
    }

    @Test
    void shouldCountWhatIsSealedByTheEngineThatSeals() {
        LoopBed bed = run(LoopBed.tls());
        String engine = LoopBed.tls().engine().displayName();
        long bytes = bed.counter("dcn_tls_sealed_bytes", "engine", engine);
        assertTrue(bytes >= bed.client.bodyBytes(), "bytes=" + bytes + " body=" + bed.client.bodyBytes());
        assertTrue(bytes <= bed.client.bodyBytes() * 1.05, "bytes=" + bytes + " body=" + bed.client.bodyBytes());
        long records = bed.counter("dcn_tls_sealed_records", "engine", engine);
        assertTrue(records >= bytes / 16_384, "records=" + records);
        assertEquals(CONNECTIONS, bed.counter("dcn_tls_handshakes", "suite", "aes_128_gcm"));
    }

    @Test
    void shouldCountPassesBatchesAndRoundTrips() {
        LoopBed bed = run(null);
        Histogram passes = histogram(bed, "dcn_worker_pass_seconds", "", "");
        assertEquals(bed.counter("dcn_worker_busy_seconds"), passes.sum());
        long sent = histogram(bed, "dcn_worker_batch_size", "step", "transmit").sum();
        bed.built.worker().idle(0);
        assertEquals(bed.counter("dcn_port_transmit_frames"), sent);
        assertEquals(
                bed.counter("dcn_disk_reads"),
                histogram(bed, "dcn_worker_batch_size", "step", "issue").sum(),
                bed.client.responses());
        assertTrue(count(histogram(bed, "dcn_tcp_round_trip_seconds", "", "")) > bed.client.responses());
        Histogram windows = histogram(bed, "dcn_tcp_congestion_window_bytes", "", "");
        assertTrue(windows.sum() / count(windows) >= 10 * 1448, "mean=" + windows.sum() / count(windows));
    }

    @Test
    void shouldMeasureHowManyBytesAreReadBetweenTwoUsesOfABuffer() {
        for (PresetTls tls : new PresetTls[] {null, LoopBed.tls()}) {
            LoopBed bed = run(tls);
            Histogram distance =
                    histogram(bed, "dcn_buffer_reuse_distance_bytes", "buffer", tls == null ? "slot" : "unit");
            long reads = bed.counter("dcn_disk_reads");
            assertTrue(count(distance) > reads / 2, "count=" + count(distance) + " reads=" + reads);
            // In turn through a ring, so all of it is read into between two uses; the last buffer used first is nearer.
            long mean = distance.sum() / count(distance);
            long ring = (long) PeerPort.DATA_SLOTS * PeerPort.DATA_SLOT_BYTES;
            assertTrue(mean > 0 && mean <= ring, "mean=" + mean);
        }
    }
}
