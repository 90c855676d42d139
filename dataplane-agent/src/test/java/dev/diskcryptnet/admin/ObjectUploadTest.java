package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectUploadTest {
    private static final String HEAD = "PUT /v1/objects/a HTTP/1.1\r\nAuthorization: Bearer secret-token\r\n";

    private AdminFixture admin;

    @BeforeEach
    void start() throws IOException {
        admin = new AdminFixture();
    }

    @AfterEach
    void stop() {
        admin.close();
    }

    @Test
    void shouldStoreReplaceShowAndRemoveAnObject() throws Exception {
        HttpResponse<String> created = admin.put("/v1/objects/films/a%20b.mp4", "hello");
        assertEquals(201, created.statusCode());
        assertEquals("\"5\"", created.headers().firstValue("ETag").orElseThrow());
        assertEquals("/films/a b.mp4", AdminFixture.json(created).get("path").asText());
        HttpResponse<String> replaced = admin.put("/v1/objects/films/a%20b.mp4", "hello!");
        assertEquals(204, replaced.statusCode());
        assertEquals("", replaced.body());
        JsonNode shown = AdminFixture.json(admin.get("/v1/objects/films/a%20b.mp4"));
        assertEquals(6, shown.get("sizeBytes").asInt());
        assertEquals("video/mp4", shown.get("contentType").asText());
        assertEquals("1970-01-01T00:00:00Z", shown.get("lastModified").asText());
        HttpResponse<String> head = admin.send("HEAD", "/v1/objects/films/a%20b.mp4", BodyPublishers.noBody());
        assertEquals(200, head.statusCode());
        String bearer = "Bearer " + AdminFixture.TOKEN;
        String target = "/v1/objects/films/a%20b.mp4";
        assertEquals(
                204,
                admin.send("DELETE", target, BodyPublishers.noBody(), "Authorization", bearer)
                        .statusCode());
        assertEquals(
                404,
                admin.send("DELETE", target, BodyPublishers.noBody(), "Authorization", bearer)
                        .statusCode());
        assertEquals(404, admin.get(target).statusCode());
    }

    @Test
    void shouldListByPrefixAndPage() throws Exception {
        for (String path : new String[] {"a/1", "a/2", "a/3", "b/1"}) {
            assertEquals(201, admin.put("/v1/objects/" + path, "x").statusCode());
        }
        JsonNode first = AdminFixture.json(admin.get("/v1/objects?prefix=%2Fa&limit=2"));
        assertEquals(2, first.get("objects").size());
        assertEquals("/a/2", first.get("next").asText());
        JsonNode second = AdminFixture.json(admin.get("/v1/objects?prefix=%2Fa&limit=2&after=%2Fa%2F2"));
        assertEquals("/a/3", second.get("objects").get(0).get("path").asText());
        assertNull(second.get("next"));
        assertEquals(
                4, AdminFixture.json(admin.get("/v1/objects")).get("objects").size());
    }

    @Test
    void shouldTakeTheMediaTypeGivenAndElseThePathsOwn() throws Exception {
        admin.put("/v1/objects/a.mp4", "x", "Content-Type", "video/x-own");
        admin.put("/v1/objects/b.m3u8", "x", "Content-Type", "application/octet-stream");
        admin.put("/v1/objects/c.unknown", "x");
        assertEquals("video/x-own", admin.store.find("/a.mp4").contentType());
        assertEquals(
                "application/vnd.apple.mpegurl", admin.store.find("/b.m3u8").contentType());
        assertEquals("application/octet-stream", admin.store.find("/c.unknown").contentType());
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, , 401",
        "PUT, Basic c2VjcmV0, 401",
        "PUT, Bearer wrong, 403",
        "PUT, Bearer secret-toke, 403",
        "PUT, Bearer secret-tokenx, 403",
        "DELETE, , 401",
        "DELETE, Bearer, 401",
        "DELETE, 'Bearer ', 401",
        "DELETE, Bearer wrong, 403"
    })
    void shouldNeedTheTokenForChanges(String method, String authorization, int status) throws Exception {
        admin.put("/v1/objects/a", "before");
        String field = authorization == null ? "" : "Authorization: " + authorization + "\r\n";
        String answer = admin.raw(
                method + " /v1/objects/a HTTP/1.1\r\n" + field + "Connection: close\r\nContent-Length: 5\r\n\r\nafter");
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertEquals(status == 401, answer.toLowerCase().contains("www-authenticate: bearer"));
        assertEquals(6, admin.store.find("/a").sizeBytes());
    }

    @Test
    void shouldForbidChangesWhenThereIsNoToken() throws Exception {
        admin.close();
        admin = new AdminFixture(null, 16, 8, Duration.ofSeconds(30));
        assertEquals(403, admin.put("/v1/objects/a", "x").statusCode());
        assertEquals(200, admin.get("/v1/objects").statusCode());
    }

    @Test
    void shouldNotReplaceWhenToldNotTo() throws Exception {
        assertEquals(
                201, admin.put("/v1/objects/a", "one", "If-None-Match", "*").statusCode());
        assertEquals(
                412, admin.put("/v1/objects/a", "other", "If-None-Match", "*").statusCode());
        assertEquals(
                400,
                admin.put("/v1/objects/a", "other", "If-None-Match", "\"3\"").statusCode());
        assertEquals(3, admin.store.find("/a").sizeBytes());
    }

    @Test
    void shouldSayThatThereIsNoSpaceBeforeAndWithin() throws Exception {
        admin.store.capacityBytes = 1000;
        assertEquals(507, admin.put("/v1/objects/a", "x".repeat(1001)).statusCode());
        var unknown = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[300_000]));
        HttpResponse<String> response =
                admin.send("PUT", "/v1/objects/a", unknown, "Authorization", "Bearer " + AdminFixture.TOKEN);
        assertEquals(507, response.statusCode());
        assertFalse(AdminFixture.json(response).get("remedy").asText().isBlank());
        AdminFixture.await(() -> admin.store.open.get() == 0);
    }

    @Test
    void shouldNameABadPathAndADefect() throws Exception {
        assertEquals(400, admin.put("/v1/objects/a//b", "x").statusCode());
        admin.store.failure = new IllegalStateException("boom");
        assertEquals(500, admin.put("/v1/objects/a", "x").statusCode());
        AdminFixture.await(() -> admin.store.open.get() == 0);
    }

    @Test
    void shouldStoreChunkedContentByteByByte() throws Exception {
        byte[] bytes = new byte[3_000_000];
        new Random(1).nextBytes(bytes);
        var chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
        HttpResponse<String> response =
                admin.send("PUT", "/v1/objects/a", chunked, "Authorization", "Bearer " + AdminFixture.TOKEN);
        assertEquals(201, response.statusCode());
        assertArrayEquals(bytes, admin.store.objects.get("/a").bytes());
    }

    @Test
    void shouldReadNoMoreThanTheDiskTakes() throws Exception {
        admin.store.keepBytes = false;
        admin.store.writes = new Semaphore(3);
        long total = 256L << 20;
        try (Socket socket = admin.connect()) {
            socket.getOutputStream()
                    .write((HEAD + "Content-Length: " + total + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            byte[] block = new byte[64 * 1024];
            var sent = new java.util.concurrent.atomic.AtomicLong();
            Thread sender = Thread.ofPlatform().daemon().start(() -> {
                try {
                    while (sent.get() < total) {
                        socket.getOutputStream().write(block);
                        sent.addAndGet(block.length);
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            AdminFixture.await(() -> admin.store.writes.hasQueuedThreads());
            Thread.sleep(300);
            long whileBlocked = sent.get();
            assertTrue(whileBlocked < 32 << 20, "sent=" + whileBlocked + " into a disk that stands still");
            admin.store.writes.release(Integer.MAX_VALUE / 2);
            sender.join(30_000);
            assertEquals('H', socket.getInputStream().read());
            assertEquals(total, admin.store.received.get());
        }
    }

    @Test
    void shouldForgetAnUploadWhoseClientGoes() throws Exception {
        try (Socket socket = admin.connect()) {
            socket.getOutputStream().write((HEAD + "Content-Length: 9\r\n\r\nabc").getBytes(StandardCharsets.US_ASCII));
            AdminFixture.await(() -> admin.store.received.get() == 3);
        }
        AdminFixture.await(() -> admin.store.aborted.get() == 1);
        assertEquals(0, admin.store.open.get());
        assertNull(admin.store.find("/a"));
    }

    @Test
    void shouldBoundUploads() throws Exception {
        admin.close();
        admin = new AdminFixture(AdminFixture.TOKEN, 16, 1, Duration.ofSeconds(30));
        try (Socket socket = admin.connect()) {
            socket.getOutputStream().write((HEAD + "Content-Length: 9\r\n\r\nabc").getBytes(StandardCharsets.US_ASCII));
            AdminFixture.await(() -> admin.store.received.get() == 3);
            HttpResponse<String> response = admin.put("/v1/objects/b", "x");
            assertEquals(503, response.statusCode());
            assertTrue(response.headers().firstValue("Retry-After").isPresent());
        }
        AdminFixture.await(() -> admin.store.aborted.get() == 1);
        assertEquals(201, admin.put("/v1/objects/b", "x").statusCode());
    }

    @Test
    void shouldRefuseBadChunks() throws Exception {
        String answer = admin.raw(HEAD + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
        AdminFixture.await(() -> admin.store.open.get() == 0);
    }

    @Test
    void shouldServeCurl(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("clip.mp4");
        byte[] bytes = new byte[5_000_000];
        new Random(2).nextBytes(bytes);
        Files.write(file, bytes);
        String url = admin.uri("/v1/objects/clip.mp4").toString();
        String bearer = "Authorization: Bearer " + AdminFixture.TOKEN;
        assertEquals("201", curl("-T", file.toString(), "-H", bearer, "-H", "Expect: 100-continue", url));
        assertArrayEquals(bytes, admin.store.objects.get("/clip.mp4").bytes());
        assertEquals("204", curl("-T", file.toString(), "-H", bearer, "-H", "Transfer-Encoding: chunked", url));
        assertEquals("401", curl("-T", file.toString(), url));
        assertEquals("200", curl("-I", url));
        assertEquals("204", curl("-X", "DELETE", "-H", bearer, url));
    }

    private static String curl(String... arguments) throws Exception {
        var command = new java.util.ArrayList<>(java.util.List.of(
                "curl", "-sS", "--noproxy", "*", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"));
        command.addAll(java.util.List.of(arguments));
        Process curl = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(curl.waitFor(30, TimeUnit.SECONDS));
        return output;
    }
}
