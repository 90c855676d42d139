package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.Volume;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the real commands, within this process, on volumes in files. */
class VolumeCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private Path image;

    private record Result(int exit, String out, String err) {
        JsonNode json() throws IOException {
            return JSON.readTree(out);
        }
    }

    private static Result run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int exit = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(exit, out.toString(), err.toString());
    }

    private Result volume(String action, Object... more) {
        List<String> arguments = new ArrayList<>(List.of("volume", action, "--disk", image.toString()));
        for (Object argument : more) {
            arguments.add(argument.toString());
        }
        return run(arguments.toArray(String[]::new));
    }

    private static Result succeeded(Result result) {
        assertEquals(ExitCode.OK, result.exit(), () -> result.err() + result.out());
        return result;
    }

    private static void failed(int exit, String expected, Result result) {
        assertEquals(exit, result.exit(), () -> result.err() + result.out());
        assertTrue(result.err().contains(expected), () -> "expected '" + expected + "' in: " + result.err());
        assertFalse(result.err().contains("\tat "), result::err);
    }

    @BeforeEach
    void setUp() {
        image = directory.resolve("volume.img");
    }

    private void format() {
        succeeded(volume("format", "--create", "64Mi"));
    }

    private byte[] put(String path, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(path.hashCode()).nextBytes(content);
        Path file = directory.resolve("source");
        Files.write(file, content);
        succeeded(volume("put", file, path));
        return content;
    }

    @Test
    void shouldGiveBackWhatADirectoryHeld() throws IOException {
        format();
        Path films = Files.createDirectories(directory.resolve("films/hls"));
        Files.writeString(films.resolve("list.m3u8"), "#EXTM3U\n");
        byte[] film = new byte[3_000_001];
        new Random(1).nextBytes(film);
        Files.write(films.resolve("../a.mp4"), film);
        Files.createFile(films.resolve("empty.vtt"));

        Result put = succeeded(volume("put", directory.resolve("films"), "/films"));
        assertTrue(put.out().startsWith("put objects=3 bytes=3000009 "), put::out);
        assertTrue(put.err().contains("put path=/films/hls/list.m3u8"), put::err);

        JsonNode listed = succeeded(volume("ls", "-o", "json")).json().get("objects");
        assertEquals(
                List.of("/films/a.mp4", "/films/hls/empty.vtt", "/films/hls/list.m3u8"),
                listed.findValuesAsText("path"));
        assertEquals(3_000_001, listed.get(0).get("sizeBytes").asLong());
        assertEquals("video/mp4", listed.get(0).get("contentType").asText());

        Path copy = directory.resolve("copy.mp4");
        succeeded(volume("get", "/films/a.mp4", copy));
        assertArrayEquals(film, Files.readAllBytes(copy));
        Result verified = succeeded(volume("verify"));
        assertEquals("clean objects=3 bytes=3000009 (2.9 MiB)\n", verified.out());
    }

    @Test
    void shouldListByPrefixAndSayWhenNothingBeginsSo() throws IOException {
        format();
        put("/a/x", 10);
        put("/b/x", 10);

        Result listed = succeeded(volume("ls", "/b"));
        assertEquals(1, listed.out().lines().count());
        assertTrue(listed.out().endsWith("  /b/x\n"), listed::out);
        failed(ExitCode.NOT_FOUND, "prefix=/c", volume("ls", "/c"));
    }

    @Test
    void shouldRemoveWhatExistsAndNameWhatDoesNot() throws IOException {
        format();
        put("/a", 5000);

        Result removed = volume("rm", "/nowhere", "/a");
        failed(ExitCode.NOT_FOUND, "path=/nowhere is not on the volume", removed);
        assertEquals("removed path=/a\n", removed.out());
        failed(ExitCode.NOT_FOUND, "path=/a", volume("get", "/a", directory.resolve("a")));
        assertFalse(Files.exists(directory.resolve("a")));
    }

    @Test
    void shouldDescribeVolumeForPeopleAndPrograms() throws IOException {
        format();
        put("/a", 5000);

        JsonNode info = succeeded(volume("info", "-o", "json")).json();
        assertEquals(1, info.get("objects").asLong());
        assertEquals(64 << 20, info.get("capacityBytes").asLong());
        assertEquals("volume.img", info.get("members").get(0).get("diskId").asText());
        assertTrue(succeeded(volume("info")).out().contains("capacity  64.0 MiB"));
    }

    @Test
    void shouldRefuseToFormatForeignFileSystem() throws Exception {
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
        Process mkfs = new ProcessBuilder("/sbin/mkfs.ext4", "-q", "-L", "holiday", image.toString())
                .inheritIO()
                .start();
        assertTrue(mkfs.waitFor(30, TimeUnit.SECONDS) && mkfs.exitValue() == 0);
        byte[] before = Files.readAllBytes(image);

        failed(ExitCode.REFUSED, "ext4", volume("format"));
        failed(ExitCode.REFUSED, "ext4", volume("format", "--overwrite"));
        failed(ExitCode.FAILED, "carries no volume", volume("ls"));
        assertArrayEquals(before, Files.readAllBytes(image));
    }

    @Test
    void shouldOverwriteOwnVolumeOnlyWhenToldTo() throws IOException {
        format();
        put("/a", 5000);

        failed(ExitCode.REFUSED, "carries volume=", volume("format"));
        failed(ExitCode.REFUSED, "exists already", volume("format", "--create", "64Mi"));
        succeeded(volume("ls", "/a"));
        succeeded(volume("format", "--overwrite"));
        assertEquals("", succeeded(volume("ls")).out());
    }

    @Test
    void shouldLeaveNoFileWhenFormatFails() {
        failed(ExitCode.FAILED, "capacityBytes=4096", volume("format", "--create", "4096"));
        assertFalse(Files.exists(image));
    }

    @Test
    void shouldRefuseDiskThatAnotherHolds() {
        format();
        try (Disk disk = Disks.open("uring:" + image, OpenMode.READ_WRITE);
                Volume volume = Volume.open(List.of(disk), false)) {
            assertEquals(0, volume.info().objects());
            failed(ExitCode.REFUSED, image.toString(), volume("rm", "/a"));
            failed(ExitCode.REFUSED, image.toString(), volume("ls"));
        }
    }

    @Test
    void shouldNameObjectWithFlippedBit() throws IOException {
        format();
        byte[] content = put("/films/a.mp4", 2_000_000);
        flipBitOf(content);

        Result result = volume("verify");
        assertEquals(ExitCode.CORRUPTED, result.exit());
        assertTrue(result.out().contains("path=/films/a.mp4"), result::out);
        Result json = volume("verify", "-o", "json");
        assertEquals(ExitCode.CORRUPTED, json.exit());
        assertEquals(
                "/films/a.mp4", json.json().get("damages").get(0).get("path").asText());
    }

    /** Finds where on the image the object's second half begins, and flips a bit there. */
    private void flipBitOf(byte[] content) throws IOException {
        byte[] all = Files.readAllBytes(image);
        int at = 0;
        while (!java.util.Arrays.equals(all, at, at + 4096, content, 0, 4096)) {
            at += 4096;
        }
        all[at + 1_234_567] ^= 0x10;
        Files.write(image, all);
    }

    @Test
    void shouldExplainWrongCommandLines() {
        failed(ExitCode.USAGE, "Missing required option: '--disk=DISK'", run("volume", "ls"));
        failed(ExitCode.USAGE, "a volume command is missing", run("volume"));
        failed(ExitCode.USAGE, "a command is missing", run());
        failed(ExitCode.USAGE, "dcn-agent version", run("versoin"));
        failed(ExitCode.USAGE, "is not a quantity of bytes", volume("format", "--create", "4 GB"));
        failed(ExitCode.USAGE, "is given twice", volume("ls", "--disk", image));
        failed(ExitCode.FAILED, "does not exist", volume("ls"));
    }

    @Test
    void shouldRefusePathThatIsNotAbsolute() throws IOException {
        format();
        Path file = Files.writeString(directory.resolve("f"), "x");

        failed(ExitCode.USAGE, "path=films/f", volume("put", file, "films/f"));
        failed(ExitCode.FAILED, "does not exist", volume("put", directory.resolve("nothing"), "/a"));
    }

    @Test
    void shouldShowWhereItHappenedOnlyWhenDebugging() {
        Result result = volume("ls", "--debug");
        assertTrue(result.err().contains("\tat dev.diskcryptnet"), result::err);
    }

    @Test
    void shouldHaveHelpWithExamplesForEveryCommand() {
        for (String action : List.of("format", "put", "get", "ls", "rm", "verify", "info")) {
            Result help = succeeded(run("volume", action, "--help"));
            assertTrue(help.out().contains("dcn-agent volume " + action + " --disk"), help::out);
        }
        assertTrue(succeeded(run("--help")).out().contains("Exit status:"));
    }
}
