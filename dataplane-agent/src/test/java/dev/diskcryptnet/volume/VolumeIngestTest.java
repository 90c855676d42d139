package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.TestDisks.*;
import static org.junit.jupiter.api.Assertions.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeIngestTest {
    private final RecordingDisk disk = new RecordingDisk("a", 32 << 20);

    @TempDir
    private Path directory;

    private void file(String name, byte[] content) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    @Test
    void shouldPutATreeInOrderWithTypesAndTimes() throws IOException {
        file("hls/index.m3u8", bytes(500, 1));
        file("hls/0.ts", bytes(70_000, 2));
        file("big.mp4", bytes(9 << 20, 3));
        file("empty.txt", new byte[0]);
        Files.createSymbolicLink(directory.resolve("loop"), directory);
        Files.createSymbolicLink(directory.resolve("link.mp4"), directory.resolve("big.mp4"));
        Volume.format(List.of(disk), FormatOptions.DEFAULT);
        List<String> order = new ArrayList<>();
        try (Volume volume = Volume.open(List.of(disk), false)) {
            VolumeIngest.Result result = VolumeIngest.put(volume, directory, "/films", (o, b, path) -> {
                if (order.isEmpty() || !order.getLast().equals(path)) {
                    order.add(path);
                }
            });
            assertEquals(5, result.objects());
            assertEquals(2L * (9 << 20) + 70_500, result.bytes());
            assertEquals(
                    List.of(
                            "/films/big.mp4",
                            "/films/empty.txt",
                            "/films/hls/0.ts",
                            "/films/hls/index.m3u8",
                            "/films/link.mp4"),
                    order);
            assertArrayEquals(bytes(9 << 20, 3), get(volume, "/films/big.mp4"));
            assertArrayEquals(bytes(70_000, 2), get(volume, "/films/hls/0.ts"));
            StoredObject list = volume.find("/films/hls/index.m3u8");
            assertEquals("application/vnd.apple.mpegurl", list.contentType());
            assertEquals(
                    Files.getLastModifiedTime(directory.resolve("hls/index.m3u8"))
                            .toMillis(),
                    list.lastModifiedMs());
            assertTrue(volume.verify((o, b, p) -> {}).clean());
        }
    }

    @Test
    void shouldPutAFileUnderItsPathOrIntoADirectory() throws IOException {
        file("a.webm", bytes(10, 1));
        Volume.format(List.of(disk), FormatOptions.DEFAULT);
        try (Volume volume = Volume.open(List.of(disk), false)) {
            VolumeIngest.put(volume, directory.resolve("a.webm"), "/x.mp4", (o, b, p) -> {});
            VolumeIngest.put(volume, directory.resolve("a.webm"), "/d/", (o, b, p) -> {});
            assertEquals("video/mp4", volume.find("/x.mp4").contentType());
            assertEquals("video/webm", volume.find("/d/a.webm").contentType());
            assertThrows(
                    NoSuchFileException.class,
                    () -> VolumeIngest.put(volume, directory.resolve("none"), "/n", (o, b, p) -> {}));
        }
    }

    @Test
    void shouldKnowTypesByExtension() {
        assertEquals("video/mp2t", ContentTypes.of("/a/b.TS"));
        assertEquals("application/dash+xml", ContentTypes.of("x.mpd"));
        assertEquals("application/octet-stream", ContentTypes.of("/dir.mp4/plain"));
    }
}
