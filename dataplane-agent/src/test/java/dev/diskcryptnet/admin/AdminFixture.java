package dev.diskcryptnet.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** An endpoint on a free port, with a store on the heap, and clients for it. */
final class AdminFixture implements AutoCloseable {
    static final String TOKEN = "secret-token";
    private static final AgentStatus.Health GOOD = AgentStatus.Health.GOOD;
    static final AgentStatus READY = new AgentStatus(
            "1.2.3",
            true,
            List.of(),
            List.of(new AgentStatus.Condition("Serving", "True", "Listening", "all is well", "2026-01-01T00:00:00Z")),
            null,
            List.of("192.0.2.10"),
            List.of(new AgentStatus.Disk("d0", "mem:1G", "mem", "", "", 1 << 30, 1 << 29, 3, true, -1, null, GOOD)),
            List.of(new AgentStatus.Port(
                    "p0", "peer:a", "peer", "02:00:00:00:00:01", 1500, true, 65_535, false, "ring", -1, GOOD)),
            null,
            7,
            null,
            List.of(new AgentStatus.Worker(0, 1, true, 7)),
            List.of(
                    AgentStatus.Listener.plain(80),
                    new AgentStatus.Listener(
                            443,
                            true,
                            List.of(new AgentStatus.Certificate(
                                    "edge", "CN=edge", List.of("edge.example"), "2027-01-01T00:00:00Z")))),
            new AgentStatus.CryptEngine("ipsec-mb", "1.3.0", "the faster one", Map.of("ipsec-mb", 9.5, "openssl", 3.7)),
            new AgentStatus.Volume("uuid", 3, 1 << 30, 1 << 29, List.of()),
            "2026-01-01T00:01:00.000Z",
            "2026-01-01T00:00:00Z",
            "rack1-host7",
            true,
            new AgentStatus.Traffic(
                    5_000_000,
                    50_000,
                    0,
                    5_000_000,
                    12,
                    1,
                    2,
                    4,
                    1,
                    0,
                    List.of(new AgentStatus.DiskTraffic("d0", 5_000_000, 80, 0)),
                    List.of(new AgentStatus.PortTraffic("p0", 5_000_000, 50_000, 0, 0)),
                    List.of(new AgentStatus.WorkerTime(0, 1.5))),
            new AgentStatus.Memory(false, List.of(), List.of("resctrl is not mounted")),
            List.of(new AgentStatus.Event(
                    "2026-01-01T00:00:30.000Z", "WARN", "disk-awaited", Map.of("disk", "d0", "repeated", "3"))));

    final MemoryStore store = new MemoryStore();
    final AtomicReference<AgentStatus> status = new AtomicReference<>(READY);
    final AtomicInteger drains = new AtomicInteger();
    final AtomicReference<List<String>> asked = new AtomicReference<>();
    final AtomicInteger every = new AtomicInteger();
    final AtomicReference<String> level = new AtomicReference<>("info");
    final AgentMetrics metrics = new AgentMetrics("1.2.3");
    final AdminServer server;
    private final LogControl log = new LogControl() {
        @Override
        public String level() {
            return level.get();
        }

        @Override
        public boolean setLevel(String name) {
            boolean known = List.of("info", "debug").contains(name);
            if (known) {
                level.set(name);
            }
            return known;
        }

        @Override
        public int accessLogEvery() {
            return every.get();
        }

        @Override
        public boolean setAccessLogEvery(int responses) {
            boolean possible = responses <= 1_000_000;
            if (possible) {
                every.set(responses);
            }
            return possible;
        }
    };
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    AdminFixture() throws IOException {
        this(TOKEN, 128, 8, Duration.ofSeconds(30));
    }

    AdminFixture(ObjectStore other) throws IOException {
        this(other, TOKEN, 128, 8, Duration.ofSeconds(30));
    }

    AdminFixture(String token, int maxConnections, int maxUploads, Duration idle) throws IOException {
        this(null, token, maxConnections, maxUploads, idle);
    }

    /** @param other store to use instead of the one on the heap, or null */
    private AdminFixture(ObjectStore other, String token, int maxConnections, int maxUploads, Duration idle)
            throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var config = new AdminConfig(address, token, maxConnections, maxUploads, idle, Duration.ofSeconds(5));
        server = new AdminServer(
                config, status::get, metrics, other == null ? store : other, this::find, this::drain, log);
    }

    private List<ConnectionSource.Connection> find(String remote, String state, String pathPrefix, int limit) {
        asked.set(List.of(remote, state, pathPrefix));
        if (!List.of("", "idle").contains(state)) {
            throw new IllegalArgumentException("state=" + state + " is unknown");
        }
        var one = new ConnectionSource.Connection(
                0, "p0", "192.0.2.1:40000", 80, false, true, "idle", 1.5, null, 700, 0, 0, 0, 14_600, 0.02);
        return Collections.nCopies(Math.min(limit, 3), one);
    }

    private AgentStatus.Drain drain() {
        drains.incrementAndGet();
        return new AgentStatus.Drain("Draining", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", null);
    }

    URI uri(String target) {
        return URI.create("http://127.0.0.1:" + server.address().getPort() + target);
    }

    HttpResponse<String> get(String target, String... fields) throws Exception {
        return send("GET", target, BodyPublishers.noBody(), fields);
    }

    HttpResponse<String> put(String target, String body, String... fields) throws Exception {
        String[] all = java.util.Arrays.copyOf(fields, fields.length + 2);
        all[fields.length] = "Authorization";
        all[fields.length + 1] = "Bearer " + TOKEN;
        return send("PUT", target, BodyPublishers.ofString(body), all);
    }

    HttpResponse<String> send(String method, String target, BodyPublisher body, String... fields) throws Exception {
        var request = HttpRequest.newBuilder(uri(target))
                .timeout(Duration.ofSeconds(20))
                .method(method, body);
        for (int i = 0; i < fields.length; i += 2) {
            request.header(fields[i], fields[i + 1]);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /** A connection of which every byte is ours. */
    Socket connect() throws IOException {
        var socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** Sends a text and reads until the server closes. */
    String raw(String text) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static JsonNode json(HttpResponse<String> response) throws IOException {
        return new ObjectMapper().readTree(response.body());
    }

    /** Waits for something that another thread brings about. */
    static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited 10 s in vain");
            }
            Thread.sleep(5);
        }
    }

    @Override
    public void close() {
        client.close();
        server.close();
        metrics.close();
    }
}
