package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the agent says of itself is so, and what is changed through it takes effect at once. */
@Tag("kernel")
class MetricsE2E {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int OBJECT_BYTES = 24 << 20;

    private static TestBed bed;
    private static Path first;
    private static Path second;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("metrics");
        first = bed.randomFile("first.bin", OBJECT_BYTES, SEED);
        second = bed.randomFile("second.bin", OBJECT_BYTES, SEED + 1);
        bed.format("256Mi");
        bed.put(first, "/object.bin");
        bed.startAgent();
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    private static void fetch(String path, Path to) {
        bed.inClient("curl", "-sSf", "-m", "30", "-o", to.toString(), bed.url(path));
    }

    private static String admin(String path, String... options) {
        String[] command = new String[options.length + 7];
        String[] fixed = {"curl", "-sSf", "-m", "30", "-H", TestBed.AUTHORIZATION, bed.adminUrl(path)};
        System.arraycopy(fixed, 0, command, 0, fixed.length);
        System.arraycopy(options, 0, command, fixed.length, options.length);
        return bed.inClient(command);
    }

    private static long onTheWire() {
        return Long.parseLong(
                bed.inClient("cat", "/sys/class/net/view/statistics/rx_bytes").strip());
    }

    @Test
    void shouldCountTheBytesThatTheClientAndTheInterfaceCount() throws Exception {
        Path fetched = bed.directory().resolve("counted");
        long metricBefore = Metrics.of(bed).sum("dcn_port_transmit_bytes_total");
        long wireBefore = onTheWire();
        for (int i = 0; i < 4; i++) {
            fetch("/object.bin", fetched);
        }
        long wire = onTheWire() - wireBefore;
        Metrics after = Metrics.of(bed);
        long metric = after.sum("dcn_port_transmit_bytes_total") - metricBefore;
        System.out.println("metric=" + metric + " wire=" + wire + " client=" + 4L * OBJECT_BYTES);
        assertEquals(1.0, metric / (double) wire, 0.02);
        assertEquals(1.0, metric / (4.0 * OBJECT_BYTES), 0.02);
        assertTrue(after.sum("dcn_disk_read_bytes_total") >= 4L * OBJECT_BYTES, after.text());
    }

    @Test
    void shouldServeAnObjectThatIsPutWhileItStreams() throws Exception {
        Path fetched = bed.directory().resolve("put-fetched");
        Process reader = bed.startInClient(
                "curl", "-sSf", "-m", "60", "--limit-rate", "8M", "-o", "/dev/null", bed.url("/object.bin"));
        admin("/v1/objects/new/one.bin", "-T", second.toString());
        fetch("/new/one.bin", fetched);
        assertEquals(-1, Files.mismatch(second, fetched));
        admin("/v1/objects/new/one.bin", "-X", "DELETE");
        assertEquals(
                "404",
                bed.inClient(
                        "curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", bed.url("/new/one.bin")));
        assertEquals(0, reader.waitFor());
    }

    @Test
    void shouldKeepReadersOfAReplacedObjectOnTheOldBytes() throws Exception {
        admin("/v1/objects/replaced.bin", "-T", first.toString());
        Path slow = bed.directory().resolve("slow");
        Path quick = bed.directory().resolve("quick");
        Process reader = bed.startInClient(
                "curl", "-sSf", "-m", "60", "--limit-rate", "6M", "-o", slow.toString(), bed.url("/replaced.bin"));
        Thread.sleep(500);
        // Replaced several times, so that the old extents would be written over were they free.
        for (int i = 0; i < 5; i++) {
            admin("/v1/objects/replaced.bin", "-T", second.toString());
        }
        fetch("/replaced.bin", quick);
        assertTrue(reader.isAlive(), "the slow reader was through before the object was replaced");
        assertEquals(0, reader.waitFor());
        assertEquals(-1, Files.mismatch(first, slow), "the slow reader got other bytes than it began with");
        assertEquals(-1, Files.mismatch(second, quick));
    }

    @Test
    void shouldSayWhatItServesAndOnWhat() throws Exception {
        JsonNode status = new ObjectMapper().readTree(admin("/v1/status"));
        System.out.println(status.toPrettyString());
        assertEquals("port", status.at("/ports/0/id").asText(), status.toString());
        assertEquals("packet", status.at("/ports/0/driver").asText(), status.toString());
        assertEquals("uring", status.at("/disks/0/driver").asText(), status.toString());
    }
}
