package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many connections, connections that are never finished, and clients that take their time. */
@Tag("kernel")
class ConnectionsE2E {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final long MIB = 1 << 20;
    private static final int OBJECT_BYTES = 32 << 20;
    private static final int IDLE = 10_000;
    /** More than the 65,536 that a worker takes. */
    private static final int TOO_MANY = 66_500;

    private static final int SYNS = LONG ? 5_000_000 : 400_000;
    private static final Duration FULL_LOAD = Duration.ofSeconds(LONG ? 600 : 20);
    /** 160 Mbit/s: what twenty viewers of a film in high definition take. */
    private static final long STREAM_BYTES_PER_SECOND = 20_000_000;

    private static final List<String> SOURCES =
            IntStream.of(1, 3, 4, 5).mapToObj(Family.ofThisRun()::neighbour).toList();
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private static TestBed bed;
    private static Path object;
    private static Certificates certificates;
    private AgentProcess agent;

    @BeforeAll
    static void make() throws Exception {
        bed = TestBed.create("conns");
        System.out.println("seed=" + SEED);
        object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.format("128Mi");
        bed.put(object, "/object.bin");
        certificates = bed.serveTls();
        certificates.issue("default", "ec", "IP:" + TestBed.SERVER_ADDRESS, "IP:127.0.0.1");
        for (String source : SOURCES.subList(1, SOURCES.size())) {
            bed.inClient("ip", "address", "add", bed.family().withPrefix(source), "dev", "view", "nodad");
        }
        bed.inClient("sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535");
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    @BeforeEach
    void startAgent() throws Exception {
        agent = bed.startAgent();
    }

    @AfterEach
    void stopAgent() {
        agent.kill();
    }

    private static ClientProgram stream(int connections, long bytesPerSecond) throws Exception {
        return ClientProgram.start(
                bed, StreamClient.class, TestBed.SERVER_ADDRESS, "/object.bin", object, connections, bytesPerSecond);
    }

    private static ClientProgram idle(String source) throws IOException {
        return ClientProgram.start(bed, IdleClient.class, TestBed.SERVER_ADDRESS, "/object.bin", source);
    }

    private static long received(ClientProgram stream) throws Exception {
        return ClientProgram.figure(stream.ask("", "received=", LIMIT), "received");
    }

    @Test
    void shouldHoldTenThousandIdleConnectionsInUnder64MiB() throws Exception {
        try (ClientProgram idle = idle(TestBed.CLIENT_ADDRESS)) {
            shouldHoldTenThousand(idle, 64);
        }
    }

    /** Each has two keys with their tables, a traffic secret for the next one, and the session's arithmetic of records. */
    @Test
    void shouldHoldTenThousandIdleConnectionsUnderTlsInUnder128MiB() throws Exception {
        try (ClientProgram idle = ClientProgram.start(
                bed,
                List.of("-Xmx4g"),
                IdleClient.class,
                TestBed.SERVER_ADDRESS,
                "/object.bin",
                TestBed.CLIENT_ADDRESS,
                certificates.authority())) {
            shouldHoldTenThousand(idle, 128);
            assertEquals(IDLE + 1, Metrics.of(bed).sum("dcn_tls_handshakes_total"));
        }
    }

    private void shouldHoldTenThousand(ClientProgram idle, int limitMiB) throws Exception {
        bed.inClient("curl", "-sSf", "-m", "20", "-o", "/dev/null", bed.url("/object.bin"));
        assertEquals("held=1 refused=0", idle.ask("open 1", "held=", LIMIT));
        assertEquals("answered=1 broken=0", idle.ask("request", "answered=", LIMIT));
        long before = agent.residentBytes();
        assertEquals("held=10001 refused=0", idle.ask("open " + IDLE, "held=", LIMIT));
        assertEquals("answered=10001 broken=0", idle.ask("request", "answered=", LIMIT));
        long after = agent.residentBytes();
        System.out.println("connections=" + IDLE + " residentMiB=" + (after - before) / (double) MIB);
        assertTrue(after - before < limitMiB * MIB, "residentBytes=" + (after - before));
        assertEquals(IDLE + 1, Metrics.of(bed).sum("dcn_http_connections"));
        shouldStreamStill();
        assertEquals("answered=10001 broken=0", idle.ask("request", "answered=", LIMIT));
    }

    private static void shouldStreamStill() throws Exception {
        Path fetched = bed.directory().resolve("fetched");
        bed.inClient("curl", "-sSf", "-m", "30", "-o", fetched.toString(), bed.url("/object.bin"));
        assertEquals(-1, Files.mismatch(object, fetched));
    }

    @Test
    void shouldKeepStreamingWhileHalfOpenConnectionsFloodIn() throws Exception {
        String agentMac = bed.inServer("cat", "/sys/class/net/port/address").strip();
        String clientMac = bed.inClient("cat", "/sys/class/net/view/address").strip();
        try (ClientProgram stream = stream(1, STREAM_BYTES_PER_SECOND)) {
            shouldReceiveAtItsRate(stream, "before the flood");
            long residentBefore = agent.residentBytes();
            try (ClientProgram flood = ClientProgram.start(
                    bed,
                    SynFlood.class,
                    "view",
                    agentMac,
                    clientMac,
                    TestBed.SERVER_ADDRESS,
                    SYNS,
                    SEED,
                    100_000,
                    "few")) {
                shouldReceiveAtItsRate(stream, "in the flood");
                shouldStreamStill(); // to one who comes in the middle of it
                System.out.println(flood.await("sent=", LIMIT));
            }
            shouldReceiveAtItsRate(stream, "after the flood");
            Metrics metrics = Metrics.of(bed);
            long grown = agent.residentBytes() - residentBefore;
            System.out.println("halfOpen=" + metrics.sum("dcn_tcp_half_open_connections") + " cookies="
                    + metrics.sum("dcn_tcp_syn_cookies_sent_total") + " residentMiB=" + grown / (double) MIB);
            assertTrue(metrics.sum("dcn_tcp_syn_cookies_sent_total") > 0, "the flood stayed within the limits");
            assertTrue(grown < 32 * MIB, "residentBytes=" + grown);
        }
    }

    /** Watches a paced stream for three seconds. */
    private static void shouldReceiveAtItsRate(ClientProgram stream, String when) throws Exception {
        long before = received(stream);
        while (before == 0) {
            Thread.sleep(50);
            before = received(stream);
        }
        long startNs = System.nanoTime();
        Thread.sleep(3_000);
        String line = stream.ask("", "received=", LIMIT);
        double seconds = (System.nanoTime() - startNs) / 1e9;
        double rate = (ClientProgram.figure(line, "received") - before) / seconds;
        System.out.printf("%s: %.1f MB/s, %s%n", when, rate / 1e6, line);
        assertTrue(rate > 0.8 * STREAM_BYTES_PER_SECOND, when + " bytesPerSecond=" + rate + ", " + line);
    }

    @Test
    void shouldKeepStreamingWhenConnectionsGoBeyondTheLimit() throws Exception {
        List<ClientProgram> floods = new ArrayList<>();
        try (ClientProgram stream = stream(1, STREAM_BYTES_PER_SECOND)) {
            shouldReceiveAtItsRate(stream, "before the flood");
            // A process a source, as one process may not have as many descriptors as this takes.
            for (String source : SOURCES) {
                floods.add(idle(source));
            }
            for (ClientProgram flood : floods) {
                flood.tell("open " + TOO_MANY / SOURCES.size());
            }
            shouldReceiveAtItsRate(stream, "in the flood");
            long held = 0;
            for (ClientProgram flood : floods) {
                held += ClientProgram.figure(flood.await("held=", LIMIT), "held");
            }
            System.out.println("held=" + held + " residentMiB=" + agent.residentBytes() / MIB);
            shouldReceiveAtItsRate(stream, "with as many connections as there may be");
            assertTrue(held > 60_000 && held < TOO_MANY, "held=" + held);
            for (ClientProgram flood : floods) {
                flood.ask("close", "closed", LIMIT);
            }
            shouldReceiveAtItsRate(stream, "after the flood");
        } finally {
            floods.forEach(ClientProgram::close);
        }
        shouldStreamStill();
    }

    @Test
    void shouldAnswer408ToClientsThatNeverFinishARequest() throws Exception {
        String never = """
                exec 3<>/dev/tcp/%s/80
                printf 'GET /object.bin HTTP/1.1\\r\\nHost: a' >&3
                timeout 40 cat <&3 || echo not closed
                """.formatted(TestBed.SERVER_ADDRESS);
        String dropByDrop = """
                exec 3<>/dev/tcp/%s/80
                (while printf x >&3; do sleep 1; done) 2>/dev/null &
                timeout 40 cat <&3 || echo not closed
                """.formatted(TestBed.SERVER_ADDRESS);
        List<Process> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(new ProcessBuilder(bed.onClient("bash", "-c", i % 2 == 0 ? never : dropByDrop)).start());
        }
        for (Process client : clients) {
            String answer = new String(client.getInputStream().readAllBytes());
            assertTrue(answer.startsWith("HTTP/1.1 408 "), answer);
            assertTrue(!answer.contains("not closed"), answer);
        }
        assertTrue(Metrics.of(bed).text().contains("dcn_http_requests_total{status=\"408\",worker=\"0\"} 20.0"));
        shouldStreamStill();
    }

    @Test
    void shouldNotGrowAtFullLoad() throws Exception {
        try (ClientProgram stream = stream(64, 0)) {
            Thread.sleep(8_000);
            List<Long> resident = new ArrayList<>();
            long startNs = System.nanoTime();
            long before = received(stream);
            while (System.nanoTime() - startNs < FULL_LOAD.toNanos()) {
                Thread.sleep(500);
                resident.add(agent.residentBytes());
            }
            double gigabits = (received(stream) - before) * 8e-9 * 1e9 / (System.nanoTime() - startNs);
            int third = resident.size() / 3;
            long first = median(resident.subList(0, third));
            long last = median(resident.subList(resident.size() - third, resident.size()));
            System.out.printf("gbitPerSecond=%.1f residentMiB first=%d last=%d%n", gigabits, first / MIB, last / MIB);
            assertTrue(last - first < 8 * MIB, "residentBytes from " + first + " to " + last);
        }
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
