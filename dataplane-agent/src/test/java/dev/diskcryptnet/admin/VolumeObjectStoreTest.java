package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.FormatOptions;
import dev.diskcryptnet.volume.Volume;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The endpoint on a real volume, on a disk in memory. */
class VolumeObjectStoreTest {
    private static final String BEARER = "Bearer " + AdminFixture.TOKEN;

    private Disk disk;
    private Volume volume;
    private AdminFixture admin;

    @BeforeEach
    void start() throws Exception {
        disk = Disks.open("mem:128M", OpenMode.READ_WRITE);
        Volume.format(List.of(disk), FormatOptions.DEFAULT);
        volume = Volume.open(List.of(disk), false);
        admin = new AdminFixture(new VolumeObjectStore(volume));
    }

    @AfterEach
    void stop() {
        admin.close();
        volume.close();
        disk.close();
    }

    private HttpResponse<String> put(String path, BodyPublisher body, String... fields) throws Exception {
        String[] all = java.util.Arrays.copyOf(fields, fields.length + 2);
        all[fields.length] = "Authorization";
        all[fields.length + 1] = BEARER;
        return admin.send("PUT", "/v1/objects" + path, body, all);
    }

    private static byte[] random(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private byte[] stored(String path) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate((int) volume.find(path).sizeBytes());
        try (var reader = volume.read(volume.find(path))) {
            while (bytes.hasRemaining() && reader.read(bytes) >= 0) {
                // The reader gives at most a buffer's rest at a time.
            }
        }
        return bytes.array();
    }

    @Test
    void shouldStoreWhatWasSentAndServeItToTheVolumesReaders() throws Exception {
        byte[] first = random(20_000_001, 1);
        HttpResponse<String> created = put("/films/a.mp4", BodyPublishers.ofByteArray(first));
        assertEquals(201, created.statusCode());
        assertEquals(
                volume.find("/films/a.mp4").etag(),
                created.headers().firstValue("ETag").orElseThrow());
        assertEquals("video/mp4", volume.find("/films/a.mp4").contentType());
        assertArrayEquals(first, stored("/films/a.mp4"));
        byte[] second = random(3_333_333, 2);
        var chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(second));
        assertEquals(204, put("/films/a.mp4", chunked).statusCode());
        assertArrayEquals(second, stored("/films/a.mp4"));
        assertEquals(
                1, AdminFixture.json(admin.get("/v1/objects")).get("objects").size());
        String target = "/v1/objects/films/a.mp4";
        assertEquals(
                204,
                admin.send("DELETE", target, BodyPublishers.noBody(), "Authorization", BEARER)
                        .statusCode());
        assertNull(volume.find("/films/a.mp4"));
    }

    @Test
    void shouldStoreAnEmptyObject() throws Exception {
        assertEquals(
                201,
                put("/empty", BodyPublishers.noBody(), "Content-Type", "text/x").statusCode());
        assertEquals(0, volume.find("/empty").sizeBytes());
    }

    @Test
    void shouldGiveSpaceBackWhenTheClientGoesOrTheDiskIsFull() throws Exception {
        long free = volume.info().freeBytes();
        try (Socket socket = admin.connect()) {
            socket.getOutputStream()
                    .write(("PUT /v1/objects/a HTTP/1.1\r\nAuthorization: " + BEARER
                                    + "\r\nContent-Length: 9000000\r\n\r\nabc")
                            .getBytes(StandardCharsets.US_ASCII));
            AdminFixture.await(() -> volume.info().freeBytes() < free);
        }
        AdminFixture.await(() -> volume.info().freeBytes() == free);
        var endless = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[200 << 20]));
        assertEquals(507, put("/b", endless).statusCode());
        AdminFixture.await(() -> volume.info().freeBytes() == free);
        assertEquals(
                507, put("/c", BodyPublishers.ofByteArray(new byte[200 << 20])).statusCode());
        assertEquals(201, put("/d", BodyPublishers.ofString("x")).statusCode());
    }

    @Test
    void shouldRefuseNamesThatAVolumeDoesNotTake() throws Exception {
        assertEquals(400, put("/a//b", BodyPublishers.ofString("x")).statusCode());
        assertEquals(400, put("/a/%2e%2e/b", BodyPublishers.ofString("x")).statusCode());
        assertEquals(400, put("/a/", BodyPublishers.ofString("x")).statusCode());
        assertEquals(
                400, put("/" + "n".repeat(1100), BodyPublishers.ofString("x")).statusCode());
        assertTrue(admin.raw("PUT /v1/objects/t HTTP/1.1\r\nAuthorization: " + BEARER
                        + "\r\nContent-Type: t/\u00e4\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
                .startsWith("HTTP/1.1 400 "));
        assertEquals(
                400,
                put("/t", BodyPublishers.ofString("x"), "Content-Type", "t/" + "y".repeat(999))
                        .statusCode());
    }

    @Test
    void shouldLetOneOfManyTakeAFreePath() throws Exception {
        var statuses = new TreeMap<Integer, Integer>();
        try (var clients = Executors.newFixedThreadPool(6)) {
            Callable<Integer> upload =
                    () -> put("/one", BodyPublishers.ofByteArray(random(200_000, 3)), "If-None-Match", "*")
                            .statusCode();
            for (Future<Integer> status : clients.invokeAll(java.util.Collections.nCopies(6, upload))) {
                statuses.merge(status.get(), 1, Integer::sum);
            }
        }
        assertEquals(1, statuses.get(201));
        assertEquals(5, statuses.get(412));
        assertTrue(volume.find("/one").sizeBytes() == 200_000);
    }
}
