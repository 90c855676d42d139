package dev.diskcryptnet.admin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.FormatOptions;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.volume.VolumeThread;
import java.io.ByteArrayInputStream;
import java.io.RandomAccessFile;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The endpoint on a real volume and a real disk driver, whose queues belong to one thread: the calls come from many. */
class VolumeObjectStoreTest {
    private static final String BEARER = "Bearer " + AdminFixture.TOKEN;

    @TempDir
    Path directory;

    private final VolumeThread thread = new VolumeThread();
    private final CounterSet counters = new CounterSet(Map.of());
    private Disk disk;
    private Volume volume;
    private VolumeObjectStore store;
    private AdminFixture admin;

    @BeforeEach
    void start() throws Exception {
        Path image = directory.resolve("volume.img");
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(128 << 20);
        }
        disk = Disks.open("uring:" + image, OpenMode.READ_WRITE);
        Volume.format(List.of(disk), FormatOptions.DEFAULT);
        volume = thread.call(() -> Volume.open(List.of(disk), false));
        store = new VolumeObjectStore(volume, thread, new IngestCounters(counters));
        admin = new AdminFixture(store);
    }

    @AfterEach
    void stop() {
        admin.close();
        thread.run(volume::close);
        thread.close();
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

    private byte[] stored(String path) {
        return thread.call(() -> {
            ByteBuffer bytes = ByteBuffer.allocate((int) volume.find(path).sizeBytes());
            try (var reader = volume.read(volume.find(path))) {
                while (bytes.hasRemaining() && reader.read(bytes) >= 0) {
                    // The reader gives at most a buffer's rest at a time.
                }
            }
            return bytes.array();
        });
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

    @Test
    void shouldGiveSpaceOfTheLoserBackAtOnce() {
        ObjectStore.Upload late = store.create("/a", "text/plain", 1, true);
        late.write(ByteBuffer.allocateDirect(1));
        ObjectStore.Upload first = store.create("/a", "text/plain", 3, true);
        first.write(ByteBuffer.allocateDirect(3));
        assertTrue(first.commit());
        long free = volume.info().freeBytes();

        StoreException e = assertThrows(StoreException.class, late::commit);
        assertEquals(StoreException.Reason.EXISTS, e.reason());
        assertEquals(3, store.find("/a").sizeBytes());
        assertTrue(volume.info().freeBytes() > free);
    }

    private long counted(String name, String... label) {
        return counters.counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .filter(counter -> label.length == 0
                        || label[1].equals(counter.descriptor().labels().get(label[0])))
                .mapToLong(Counter::get)
                .sum();
    }

    @Test
    void shouldCountWhatIsPutRemovedRefusedAndBrokenOff() throws Exception {
        put("/a", BodyPublishers.ofByteArray(random(300_000, 1)));
        put("/b", BodyPublishers.ofByteArray(random(1_000, 2)));
        assertEquals(301_000, counted("dcn_volume_ingested_bytes"));
        assertEquals(2, counted("dcn_volume_ingested_objects"));
        assertEquals(0, counted("dcn_volume_ingest_failures"));

        assertTrue(store.remove("/a"));
        assertFalse(store.remove("/a"));
        assertEquals(1, counted("dcn_volume_removed_objects"));

        assertThrows(StoreException.class, () -> store.create("/big", "text/plain", 1L << 40, false));
        assertEquals(1, counted("dcn_volume_ingest_failures", "reason", "no_space"));
        ObjectStore.Upload taken = store.create("/b", "text/plain", 0, true);
        assertThrows(StoreException.class, taken::commit);
        taken.abort();
        assertEquals(1, counted("dcn_volume_ingest_failures", "reason", "exists"));
        store.create("/c", "text/plain", 5, false).abort();
        ObjectStore.Upload whole = store.create("/d", "text/plain", 0, false);
        whole.commit();
        whole.abort();
        assertEquals(1, counted("dcn_volume_ingest_failures", "reason", "aborted"));
        assertEquals(3, counted("dcn_volume_ingest_failures"));
    }
}
