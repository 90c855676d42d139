package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;

/** A real browser plays the clip. */
@Tag("kernel")
class PlayerE2E {
    private static final Path CONTENT = Launcher.ROOT.resolve("deploy/samples/video/content");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static JsonNode status;

    @TempDir
    Path profile;

    private ChromeDriver browser;

    /** Name of the page's URL in the status. */
    String page() {
        return "pageUrl";
    }

    /** The highest version of TLS that the browser speaks. */
    String version() {
        return "tls1.3";
    }

    @BeforeAll
    static void up() throws IOException {
        Launcher.checked("down");
        Launcher.checked("up", "--detach");
        status = Launcher.status();
    }

    @AfterAll
    static void down() {
        Launcher.checked("down");
    }

    @BeforeEach
    void open() {
        browser = Browser.start(
                profile,
                LIMIT,
                "--autoplay-policy=no-user-gesture-required",
                "--window-size=1000,900",
                "--ssl-version-max=" + version());
        browser.get(status.get(page()).asText());
    }

    @AfterEach
    void close() {
        browser.quit();
    }

    private double number(String expression) {
        return ((Number) browser.executeScript("return " + expression)).doubleValue();
    }

    private long frames() {
        return (long) number("player.getVideoPlaybackQuality().totalVideoFrames");
    }

    private void await(String condition) throws InterruptedException {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!Boolean.TRUE.equals(browser.executeScript("return " + condition))) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within " + LIMIT + ": " + condition + "; time="
                        + number("player.currentTime") + " readyState=" + number("player.readyState") + " frames="
                        + frames() + " console=" + console());
            }
            Thread.sleep(100);
        }
    }

    private List<String> console() {
        return Browser.console(browser);
    }

    private void play() {
        Object error = browser.executeAsyncScript(
                "const done = arguments[0]; player.muted = true; player.play().then(() => done(null), e => done(String(e)));");
        assertEquals(null, error);
    }

    private void shouldAdvance() throws InterruptedException {
        double time = number("player.currentTime");
        long frames = frames();
        await("player.currentTime > " + (time + 1.5) + " && player.getVideoPlaybackQuality().totalVideoFrames > "
                + (frames + 20));
    }

    @Test
    void shouldPlayTheClipAndSeekInIt() throws Exception {
        await("player.readyState >= 1");
        assertEquals(30.0, number("player.duration"), 0.2);
        play();
        shouldAdvance();
        browser.executeScript("player.currentTime = 20");
        await("!player.seeking && player.currentTime > 20.5");
        shouldAdvance();
        assertTrue(number("player.currentTime") > 21 && number("player.currentTime") < 30.1, "played on elsewhere");
        assertEquals(640 * 360, number("player.videoWidth * player.videoHeight"));
        screenshot("player.png");
        assertEquals(List.of(), console());
    }

    @Test
    void shouldPlayTheClipToItsEnd() throws Exception {
        await("player.readyState >= 1");
        browser.executeScript("player.currentTime = 27");
        play();
        await("player.ended");
        assertTrue(frames() > 60, "frames=" + frames());
        assertEquals(List.of(), console());
    }

    @Test
    void shouldReadEverySegmentOfThePlaylist() throws Exception {
        @SuppressWarnings("unchecked")
        var segments = (Map<String, String>) browser.executeAsyncScript("""
                const done = arguments[0];
                (async () => {
                  const playlist = await (await fetch('hls/clip.m3u8')).text();
                  const names = [/URI="(.*)"/.exec(playlist)[1],
                    ...playlist.split('\\n').filter(line => line && !line.startsWith('#'))];
                  const found = {};
                  await Promise.all(names.map(async name => {
                    const blob = await (await fetch('hls/' + name)).blob();
                    found[name] = await new Promise(resolve => {
                      const reader = new FileReader();
                      reader.onload = () => resolve(reader.result.split(',')[1]);
                      reader.readAsDataURL(blob);
                    });
                  }));
                  done(found);
                })().catch(e => done({error: String(e)}));
                """);
        assertEquals(9, segments.size(), segments.keySet().toString());
        for (Map.Entry<String, String> segment : segments.entrySet()) {
            assertArrayEquals(
                    Files.readAllBytes(CONTENT.resolve("hls").resolve(segment.getKey())),
                    Base64.getDecoder().decode(segment.getValue()),
                    segment.getKey());
        }
        assertEquals(List.of(), console());
    }

    @Test
    void shouldPlayTheSegmentsThroughMediaSource() throws Exception {
        Object error = browser.executeAsyncScript("""
                const done = arguments[0];
                (async () => {
                  const playlist = await (await fetch('hls/clip.m3u8')).text();
                  const names = [/URI="(.*)"/.exec(playlist)[1],
                    ...playlist.split('\\n').filter(line => line && !line.startsWith('#'))];
                  const source = new MediaSource();
                  player.src = URL.createObjectURL(source);
                  await new Promise(resolve => source.addEventListener('sourceopen', resolve, {once: true}));
                  const buffer = source.addSourceBuffer('video/mp4; codecs="CODECS"');
                  for (const name of names) {
                    const bytes = await (await fetch('hls/' + name)).arrayBuffer();
                    await new Promise((resolve, reject) => {
                      buffer.onupdateend = resolve;
                      buffer.onerror = reject;
                      buffer.appendBuffer(bytes);
                    });
                  }
                  source.endOfStream();
                  done(null);
                })().catch(e => done(String(e)));
                """.replace("CODECS", "avc1.64001e,mp4a.40.2"));
        assertEquals(null, error);
        assertEquals(30.0, number("player.duration"), 0.2);
        play();
        shouldAdvance();
        assertEquals(List.of(), console());
    }

    private void screenshot(String name) throws IOException {
        Files.write(Path.of("target").resolve(name), browser.getScreenshotAs(OutputType.BYTES));
    }
}
