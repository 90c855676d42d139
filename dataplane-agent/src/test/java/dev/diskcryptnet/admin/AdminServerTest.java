package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdminServerTest {
    private AdminFixture admin;

    @BeforeEach
    void start() throws IOException {
        admin = new AdminFixture();
    }

    @AfterEach
    void stop() {
        admin.close();
    }

    private void restart(String token, int maxConnections, int maxUploads, Duration idle) throws IOException {
        admin.close();
        admin = new AdminFixture(token, maxConnections, maxUploads, idle);
    }

    @Test
    void shouldBeHealthyAndReady() throws Exception {
        assertEquals(200, admin.get("/healthz").statusCode());
        HttpResponse<String> ready = admin.get("/readyz");
        assertEquals(200, ready.statusCode());
        assertTrue(AdminFixture.json(ready).get("ready").asBoolean());
    }

    @Test
    void shouldSayWhyItIsNotReady() throws Exception {
        AgentStatus r = AdminFixture.READY;
        admin.status.set(new AgentStatus(
                r.version(),
                false,
                List.of("port=eth1 has no link: plug the cable in"),
                List.of(new AgentStatus.Condition("Serving", "False", "Draining", "it ends", "2026-01-01T00:00:00Z")),
                null,
                r.addresses(),
                r.disks(),
                r.ports(),
                5L,
                0,
                1.5,
                r.workers(),
                r.listeners(),
                r.cryptEngine(),
                null,
                r.time(),
                r.startTime(),
                r.host(),
                r.changesAllowed(),
                r.traffic(),
                r.memory(),
                r.recentEvents()));
        HttpResponse<String> ready = admin.get("/readyz");
        assertEquals(503, ready.statusCode());
        assertTrue(AdminFixture.json(ready).get("reasons").get(0).asText().contains("eth1"));
        assertEquals("Draining", AdminFixture.json(ready).get("reason").asText());
        assertEquals(200, admin.get("/healthz").statusCode());
        JsonNode status = AdminFixture.json(admin.get("/v1/status"));
        assertEquals(5, status.get("transmitBitsPerSecond").asInt());
        assertEquals(1.5, status.get("memoryBytesPerNetworkByte").asDouble());
        assertNull(status.get("volume"));
    }

    @Test
    void shouldListConnectionsThatAreAskedFor() throws Exception {
        HttpResponse<String> all = admin.get("/v1/connections");
        assertEquals(200, all.statusCode());
        assertEquals("no-store", all.headers().firstValue("Cache-Control").orElse(""));
        assertEquals(List.of("", "", ""), admin.asked.get());
        JsonNode list = AdminFixture.json(all);
        assertEquals(3, list.get("connections").size());
        assertFalse(list.get("truncated").asBoolean());
        JsonNode one = list.get("connections").get(0);
        assertEquals("192.0.2.1:40000", one.get("remote").asText());
        assertEquals(0.02, one.get("roundTripSeconds").asDouble());
        assertTrue(one.get("ecn").asBoolean());
        assertNull(one.get("path"));

        JsonNode two =
                AdminFixture.json(admin.get("/v1/connections?limit=2&remote=192.0.2.0%2F24&state=idle&path=%2Fvod%2F"));
        assertEquals(List.of("192.0.2.0/24", "idle", "/vod/"), admin.asked.get());
        assertEquals(2, two.get("connections").size());
        assertTrue(two.get("truncated").asBoolean());

        assertEquals(400, admin.get("/v1/connections?limit=0").statusCode());
        assertEquals(400, admin.get("/v1/connections?limit=10001").statusCode());
        HttpResponse<String> unknown = admin.get("/v1/connections?state=busy");
        assertEquals(400, unknown.statusCode());
        assertTrue(unknown.body().contains("state=busy is unknown"), unknown.body());
    }

    @Test
    void shouldBeginDrainForWhoHasTheTokenOnly() throws Exception {
        assertEquals(401, drain().statusCode());
        assertEquals(401, drain("Authorization", "Basic c2VjcmV0").statusCode());
        assertEquals(403, drain("Authorization", "Bearer guess").statusCode());
        assertEquals(0, admin.drains.get());
        HttpResponse<String> begun = drain("Authorization", "Bearer " + AdminFixture.TOKEN);
        assertEquals(202, begun.statusCode());
        assertEquals("Draining", AdminFixture.json(begun).get("state").asText());
        assertEquals(
                "2026-01-01T00:01:00Z", AdminFixture.json(begun).get("deadline").asText());
        assertEquals(1, admin.drains.get());

        restart(null, 128, 8, Duration.ofSeconds(30));
        assertEquals(403, drain("Authorization", "Bearer " + AdminFixture.TOKEN).statusCode());
        assertEquals(0, admin.drains.get());
    }

    private HttpResponse<String> drain(String... fields) throws Exception {
        return admin.send("POST", "/v1/drain", HttpRequest.BodyPublishers.noBody(), fields);
    }

    @Test
    void shouldShowTheStatusWithoutWhatIsUnknown() throws Exception {
        HttpResponse<String> response = admin.get("/v1/status");
        assertEquals(
                "application/json",
                response.headers().firstValue("Content-Type").orElseThrow());
        JsonNode status = AdminFixture.json(response);
        assertEquals("1.2.3", status.get("version").asText());
        assertTrue(status.get("ready").asBoolean());
        assertEquals("d0", status.get("disks").get(0).get("id").asText());
        assertEquals(
                "02:00:00:00:00:01",
                status.get("ports").get(0).get("macAddress").asText());
        assertEquals(7, status.get("connections").asInt());
        assertEquals(80, status.at("/listeners/0/port").asInt());
        assertFalse(status.at("/listeners/0/tls").asBoolean());
        assertFalse(status.at("/listeners/0").has("certificates"));
        assertEquals("CN=edge", status.at("/listeners/1/certificates/0/subject").asText());
        assertEquals(9.5, status.at("/cryptEngine/gigabytesPerSecond/ipsec-mb").asDouble());
        assertEquals("uuid", status.get("volume").get("uuid").asText());
        assertNull(status.get("memoryBytesPerNetworkByte"));
        assertNull(status.get("transmitBitsPerSecond"));
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /index.html, 404",
        "GET, /v1, 404",
        "GET, /v1/objectsx, 404",
        "GET, /v1/objects/none, 404",
        "POST, /healthz, 405",
        "POST, /v1/objects/a, 405",
        "GET, /v1/drain, 405",
        "DELETE, /v1/objects, 405",
        "PUT, /v1/objects/, 405",
        "PATCH, /v1/objects/a, 405",
        "GET, /v1/objects/%ff, 400",
        "GET, /v1/objects?limit=0, 400",
        "GET, /v1/objects?limit=10001, 400",
        "GET, /v1/objects?limit=x, 400",
    })
    void shouldRefuseWithAnErrorAndARemedy(String method, String target, int status) throws Exception {
        HttpResponse<String> response = admin.send(method, target, BodyPublishers.noBody());
        assertEquals(status, response.statusCode());
        JsonNode body = AdminFixture.json(response);
        assertFalse(body.get("error").asText().isBlank());
        assertFalse(body.get("remedy").asText().isBlank());
        assertEquals(status == 405, response.headers().firstValue("Allow").isPresent());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /healthz HTTP/1.1\\r\\nHost : h\\r\\n\\r\\n | 400",
                "GARBAGE\\r\\n\\r\\n | 400",
                "GET /%zz HTTP/1.1\\r\\n\\r\\n | 400",
                "GET /v1/objects/%%% HTTP/1.1\\r\\nConnection: close\\r\\n\\r\\n | 400",
                "PUT /v1/objects/a HTTP/1.1\\r\\nAuthorization: Bearer secret-token\\r\\nConnection: close\\r\\n\\r\\n | 411",
            })
    void shouldRefuseMalformedRequests(String text, int status) throws Exception {
        String request = text.replace("\\r", "\r").replace("\\n", "\n");
        if (!request.contains("close")) {
            request = request.replaceFirst("HTTP/1.1\r\n", "HTTP/1.1\r\nConnection: close\r\n");
        }
        assertTrue(admin.raw(request).startsWith("HTTP/1.1 " + status + " "), () -> "status is not " + status);
    }

    @Test
    void shouldBoundHeads() throws Exception {
        assertTrue(admin.raw("GET /" + "a".repeat(9000) + " HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 414 "));
        assertTrue(admin.raw("GET / HTTP/1.1\r\nX: " + "a".repeat(17_000) + "\r\n\r\n")
                .startsWith("HTTP/1.1 431 "));
    }

    @Test
    void shouldRefuseContentThatNobodyWants() throws Exception {
        HttpResponse<String> response = admin.send("GET", "/healthz", BodyPublishers.ofString("x".repeat(100_000)));
        assertEquals(413, response.statusCode());
        assertEquals(
                200, admin.send("GET", "/healthz", BodyPublishers.ofString("x")).statusCode());
    }

    @Test
    void shouldKeepTheConnectionAndAnswerPipelinedRequestsInOrder() throws Exception {
        String answers = admin.raw(
                "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nHEAD /v1/status HTTP/1.1\r\nHost: h\r\n\r\n"
                        + "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\nGET /readyz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        var statuses = new StringBuilder();
        var line = java.util.regex.Pattern.compile("HTTP/1.1 (\\d+) ").matcher(answers);
        while (line.find()) {
            statuses.append(line.group(1)).append(' ');
        }
        assertEquals("200 200 404 200 ", statuses.toString());
        assertFalse(answers.contains("\"version\""), "HEAD has no body");
    }

    @Test
    void shouldSpeakHttp10() throws Exception {
        assertTrue(admin.raw("GET /healthz HTTP/1.0\r\n\r\n").contains("alive"));
        try (Socket socket = admin.connect()) {
            socket.getOutputStream()
                    .write("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] head = new byte[400];
            int length = socket.getInputStream().read(head);
            assertTrue(new String(head, 0, length, StandardCharsets.US_ASCII)
                    .toLowerCase()
                    .contains("keep-alive"));
        }
    }

    @Test
    void shouldCloseWhatIsIdleAndTellWhatIsSlow() throws Exception {
        restart(AdminFixture.TOKEN, 128, 8, Duration.ofMillis(200));
        assertEquals("", admin.raw(""));
        assertEquals("", admin.raw("GET /heal"));
        String head =
                "PUT /v1/objects/a HTTP/1.1\r\nAuthorization: Bearer secret-token\r\nContent-Length: 9\r\n\r\nabc";
        assertTrue(admin.raw(head).startsWith("HTTP/1.1 408 "));
        AdminFixture.await(() -> admin.store.open.get() == 0);
        assertEquals(1, admin.store.aborted.get());
    }

    @Test
    void shouldBoundConnections() throws Exception {
        restart(AdminFixture.TOKEN, 2, 8, Duration.ofSeconds(30));
        try (Socket one = admin.connect();
                Socket two = admin.connect()) {
            one.getOutputStream().write("GET /hea".getBytes(StandardCharsets.US_ASCII));
            two.getOutputStream().write("GET /hea".getBytes(StandardCharsets.US_ASCII));
            Thread.sleep(100);
            try (Socket three = admin.connect()) {
                assertEquals(-1, three.getInputStream().read());
            }
            one.getOutputStream().write("lthz HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertEquals('H', one.getInputStream().read());
        }
    }

    @Test
    void shouldNameTheAddressThatIsTaken() {
        var config = AdminConfig.of(admin.server.address(), null);
        IOException e = assertThrows(
                IOException.class,
                () -> new AdminServer(config, admin.status::get, admin.metrics, admin.store, null, () -> null, null));
        assertTrue(e.getMessage().contains("" + admin.server.address().getPort()), e.getMessage());
    }

    @Test
    void shouldAnswerWhileADiskDoesNot() throws Exception {
        admin.store.writes = new java.util.concurrent.Semaphore(0);
        try {
            for (int i = 0; i < 4; i++) {
                Socket socket = admin.connect();
                socket.getOutputStream()
                        .write(("PUT /v1/objects/" + i + " HTTP/1.1\r\nAuthorization: Bearer secret-token\r\n"
                                        + "Content-Length: 9\r\n\r\nabc")
                                .getBytes(StandardCharsets.US_ASCII));
            }
            Thread.sleep(100);
            assertEquals(200, admin.get("/metrics").statusCode());
            assertEquals(200, admin.get("/v1/status").statusCode());
        } finally {
            admin.store.writes.release(1000);
        }
    }

    @Test
    void shouldFinishRunningRequestsWhenItStops() throws Exception {
        admin.store.writes = new java.util.concurrent.Semaphore(0);
        Socket idle = admin.connect();
        Socket busy = admin.connect();
        busy.getOutputStream()
                .write(
                        ("PUT /v1/objects/late HTTP/1.1\r\nAuthorization: Bearer secret-token\r\nContent-Length: 3\r\n\r\nabc")
                                .getBytes(StandardCharsets.US_ASCII));
        AdminFixture.await(() -> admin.store.writes.hasQueuedThreads());
        Thread stopping = Thread.ofPlatform().start(admin.server::close);
        assertEquals(-1, idle.getInputStream().read());
        AdminFixture.await(() -> !accepts());
        admin.store.writes.release(10);
        String answer = new String(busy.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertTrue(answer.startsWith("HTTP/1.1 201 "), answer);
        assertTrue(answer.toLowerCase().contains("connection: close"), answer);
        stopping.join(10_000);
        assertFalse(stopping.isAlive());
    }

    private boolean accepts() {
        try {
            admin.connect().close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
