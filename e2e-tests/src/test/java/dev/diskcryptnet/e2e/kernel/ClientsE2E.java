package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Everyday clients read the sample from a raw volume. */
@Tag("kernel")
@ParameterizedClass(name = "{0}")
@EnumSource(Family.class)
class ClientsE2E {
    private static final Path CONTENT = Path.of("../deploy/samples/video/content");

    @Parameter
    Family family;

    private static TestBed bed;
    private static AgentProcess agent;

    @BeforeParameterizedClassInvocation
    static void start(Family family) throws Exception {
        bed = TestBed.create("clients", family);
        bed.format("128Mi");
        bed.put(CONTENT, "/");
        agent = bed.startAgent();
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        bed.close();
    }

    private static byte[] clip() throws IOException {
        return Files.readAllBytes(CONTENT.resolve("clip.mp4"));
    }

    private byte[] fetch(String path, String... options) throws IOException {
        Path file = bed.directory().resolve("fetched");
        Files.deleteIfExists(file);
        String[] command = {"curl", "-sSf", "-m", "20", "-o", file.toString(), bed.url(path)};
        String[] whole = Arrays.copyOf(command, command.length + options.length);
        System.arraycopy(options, 0, whole, command.length, options.length);
        bed.inClient(whole);
        return Files.readAllBytes(file);
    }

    @Test
    void shouldServeCurlTheWholeClip() throws Exception {
        assertArrayEquals(clip(), fetch("/clip.mp4"));
    }

    @Test
    void shouldServeCurlARange() throws Exception {
        assertArrayEquals(Arrays.copyOfRange(clip(), 12_345, 234_568), fetch("/clip.mp4", "-r", "12345-234567"));
    }

    @Test
    void shouldServeCurlSeveralRequestsOnOneConnection() throws Exception {
        String connections = bed.inClient(
                "curl",
                "-sSf",
                "-m",
                "20",
                "-o",
                "/dev/null",
                "-o",
                "/dev/null",
                "-o",
                "/dev/null",
                "-w",
                "%{num_connects}\n",
                bed.url("/clip.mp4"),
                bed.url("/hls/clip.m3u8"),
                bed.url("/"));
        assertEquals("1\n0\n0\n", connections);
    }

    @Test
    void shouldAnswerHeadWithTheLengthAndNoBody() {
        String head = bed.inClient("curl", "-sSfI", "-m", "20", bed.url("/clip.mp4"));
        assertTrue(head.startsWith("HTTP/1.1 200 "), head);
        assertTrue(head.toLowerCase().contains("content-length: 2499864"), head);
        assertTrue(head.toLowerCase().contains("content-type: video/mp4"), head);
    }

    @Test
    void shouldAnswer404ForAPathThatIsNotThere() {
        String status =
                bed.inClient("curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", bed.url("/nothing"));
        assertEquals("404", status);
    }

    @Test
    void shouldAnswerAClientThatClosesItsSideFirst() {
        String answer = bed.inClient(
                "bash",
                "-c",
                "exec 3<>/dev/tcp/" + family.server
                        + "/80; printf 'GET /hls/clip.m3u8 HTTP/1.0\\r\\n\\r\\n' >&3; timeout 10 cat <&3");
        assertTrue(answer.contains("#EXTM3U"), answer);
    }

    @Test
    void shouldServeWgetAndResumeIt() throws Exception {
        Path file = bed.directory().resolve("wgot.mp4");
        Files.write(file, Arrays.copyOf(clip(), 1_000_001));
        bed.inClient("wget", "-q", "-c", "-T", "20", "-O", file.toString(), bed.url("/clip.mp4"));
        assertArrayEquals(clip(), Files.readAllBytes(file));
    }

    @Test
    void shouldServeFfprobeTheClipAsMp4AndAsHls() {
        for (String path : new String[] {"/clip.mp4", "/hls/clip.m3u8"}) {
            String duration = bed.inClient(
                    "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", bed.url(path));
            assertEquals(30.0, Double.parseDouble(duration.strip()), 0.2, path);
        }
    }

    @Test
    void shouldDecodeEveryFrameOfTheClip() {
        String frames = bed.inClient(
                "ffprobe",
                "-v",
                "error",
                "-count_frames",
                "-select_streams",
                "v:0",
                "-show_entries",
                "stream=nb_read_frames",
                "-of",
                "csv=p=0",
                bed.url("/clip.mp4"));
        assertEquals("900", frames.strip().replace(",", ""));
    }

    @Test
    void shouldAnswerPing() {
        String answer = bed.inClient("ping", "-c", "3", "-i", "0.2", "-W", "2", family.server);
        assertTrue(answer.contains(" 0% packet loss"), answer);
    }

    @Test
    void shouldUseUnderTwoPercentOfACoreWhenIdle() throws Exception {
        Thread.sleep(1_000);
        var before = agent.cpuTime();
        Thread.sleep(5_000);
        var used = agent.cpuTime().minus(before);
        assertTrue(used.toMillis() < 100, "used=" + used + " of 5 s");
    }
}
