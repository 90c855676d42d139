package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.admin.ObjectStore;
import dev.diskcryptnet.admin.StoreException;
import dev.diskcryptnet.crds.FormatPolicy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real disk driver, whose queues belong to one thread: the calls come from many, as the endpoint's do. */
class VolumeObjectsTest {
    @TempDir
    Path directory;

    private final ReleaseStack opened = new ReleaseStack();
    private VolumeObjects objects;

    @BeforeEach
    void setUp() throws Exception {
        Path image = directory.resolve("volume.img");
        try (var file = new java.io.RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
        assertEquals(16 << 20, Files.size(image));
        VolumeSetup.Opened storage = VolumeSetup.open(List.of("uring:" + image), FormatPolicy.IF_EMPTY, opened);
        objects = new VolumeObjects(storage.volume(), storage.thread());
    }

    @AfterEach
    void tearDown() {
        opened.close();
    }

    private boolean put(String path, boolean onlyIfAbsent) {
        ObjectStore.Upload upload = objects.create(path, "text/plain", 3, onlyIfAbsent);
        upload.write(ByteBuffer.allocateDirect(3));
        return CompletableFuture.supplyAsync(upload::commit).join();
    }

    @Test
    void shouldStoreFromAnyThreadAndSayWhetherPathWasFree() {
        assertTrue(put("/a", false));
        assertFalse(CompletableFuture.supplyAsync(() -> put("/a", false)).join());
        assertEquals(3, objects.find("/a").sizeBytes());
        assertEquals(1, objects.list("", "", 10).size());
        assertTrue(CompletableFuture.supplyAsync(() -> objects.remove("/a")).join());
        assertFalse(objects.remove("/a"));
    }

    @Test
    void shouldKeepFirstWhenSecondWasToBeNew() {
        ObjectStore.Upload late = objects.create("/a", "text/plain", 1, true);
        late.write(ByteBuffer.allocateDirect(1));
        put("/a", true);

        StoreException e = assertThrows(StoreException.class, late::commit);
        assertEquals(StoreException.Reason.EXISTS, e.reason());
        assertEquals(3, objects.find("/a").sizeBytes());
    }

    @Test
    void shouldTranslateWhatTheVolumeRefuses() {
        assertEquals(
                StoreException.Reason.BAD_NAME,
                assertThrows(StoreException.class, () -> objects.create("a", "text/plain", 1, false))
                        .reason());
        assertEquals(
                StoreException.Reason.NO_SPACE,
                assertThrows(StoreException.class, () -> objects.create("/a", "text/plain", 1 << 30, false))
                        .reason());
        assertNull(objects.find("/a"));
    }
}
