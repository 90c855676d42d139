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

    /** Of body and head, as curl counts them. */
    private static final String SIZES = "%{size_download} %{size_header}";

    private static TestBed bed;
    private static AgentProcess agent;
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
        agent = bed.startAgent();
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

    /** Bytes that the agent had the kernel read from block devices so far (proc(5), read_bytes). */
    private static long readByTheKernel() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + agent.pid() + "/io")).stream()
                .filter(line -> line.startsWith("read_bytes:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                .sum();
    }

    @Test
    void shouldCountTheBytesThatTheClientTheInterfaceAndTheDiskCount() throws Exception {
        Metrics before = Metrics.of(bed);
        long wireBefore = onTheWire();
        long readBefore = readByTheKernel();
        long received = 0;
        for (int i = 0; i < 4; i++) {
            String[] sizes = bed.inClient(
                            "curl", "-sSf", "-m", "30", "-o", "/dev/null", "-w", SIZES, bed.url("/object.bin"))
                    .split(" ");
            received += Long.parseLong(sizes[0]) + Long.parseLong(sizes[1]);
        }
        long wire = onTheWire() - wireBefore;
        long read = readByTheKernel() - readBefore;
        Metrics after = Metrics.of(bed);
        long sent = after.sum("dcn_port_transmit_bytes_total") - before.sum("dcn_port_transmit_bytes_total");
        long answered = after.sum("dcn_http_response_bytes_total") - before.sum("dcn_http_response_bytes_total");
        long fromDisk = after.sum("dcn_disk_read_bytes_total") - before.sum("dcn_disk_read_bytes_total");
        System.out.println("client=" + received + " answered=" + answered + " wire=" + wire + " sent=" + sent + " read="
                + read + " fromDisk=" + fromDisk);
        assertEquals(received, answered);
        // A frame counts as it lies in its slot; where it is cut before the interface, that counts headers of each
        // packet.
        assertEquals(1.0, sent / (double) wire, bed.portDriver().equals("packet") ? 0.001 : 0.05);
        assertEquals(1.0, fromDisk / (double) read, 0.001);
        assertTrue(fromDisk >= 4L * OBJECT_BYTES, "fromDisk=" + fromDisk);
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
        assertEquals(bed.portDriver(), status.at("/ports/0/driver").asText(), status.toString());
        assertEquals("uring", status.at("/disks/0/driver").asText(), status.toString());
    }
}
