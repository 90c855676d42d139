package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.Keys;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.interactions.Actions;

/**
 * The agent's own page in a real browser, while clients stream. {@code -Ddcn.screenshots.write=true} puts the pictures
 * into the documentation.
 */
@Tag("kernel")
class AgentPageE2E {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Path PICTURES = Boolean.getBoolean("dcn.screenshots.write")
            ? Launcher.ROOT.resolve("dataplane-agent/docs/images")
            : Path.of("target/pictures");
    private static final int WIDTH = 1180;

    private static final int CLIENTS = 6;

    private static final List<Process> clients = new ArrayList<>();
    private static TestBed bed;
    private static AgentProcess agent;
    private static String page;

    @TempDir
    Path profile;

    private ChromeDriver browser;

    @BeforeAll
    static void stream() throws Exception {
        bed = TestBed.create("page");
        bed.showAdminHere("dcn-page-t");
        bed.serveTls().issue("edge", "ec", "IP:" + TestBed.SERVER_ADDRESS, "DNS:edge.example");
        bed.format("256Mi");
        bed.put(bed.randomFile("film.bin", 64 << 20, 1), "/film.bin");
        agent = bed.startAgent();
        page = bed.adminUrl("/");
        for (int i = 0; i < CLIENTS; i++) {
            String url = i % 2 == 0 ? bed.url("/film.bin") : bed.tlsUrl("/film.bin");
            clients.add(
                    bed.startInClient("curl", "-sk", "--limit-rate", "40M", "-o", "/dev/null", url + "?[1-1000000]"));
        }
    }

    @AfterAll
    static void stop() throws IOException {
        clients.forEach(Process::destroyForcibly);
        bed.close();
    }

    @BeforeEach
    void open() {
        browser = Browser.start(profile, LIMIT, "--window-size=" + WIDTH + ",900");
        browser.get(page);
    }

    @AfterEach
    void close() {
        browser.quit();
    }

    private Object js(String script, Object... arguments) {
        return browser.executeScript(script, arguments);
    }

    private String text(String id) {
        return (String) js("return document.getElementById(arguments[0]).textContent", id);
    }

    private void await(String condition) throws InterruptedException {
        long deadlineNs = System.nanoTime() + LIMIT.toNanos();
        while (!Boolean.TRUE.equals(js("return " + condition))) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("not within " + LIMIT + ": " + condition + "; page:\n"
                        + js("return document.body.innerText") + "\nconsole=" + Browser.console(browser));
            }
            Thread.sleep(100);
        }
    }

    private void awaitFigures() throws InterruptedException {
        await("document.querySelector('#chart polyline')?.points.numberOfItems >= 3");
    }

    private void prefer(String feature, String value) {
        browser.executeCdpCommand(
                "Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", feature, "value", value))));
    }

    @Test
    void shouldShowFiguresThatMove() throws Exception {
        awaitFigures();
        String total = text("sent-note");
        String drawn = (String) js("return document.querySelector('#chart polyline').getAttribute('points')");
        Thread.sleep(2_500);
        assertNotEquals(total, text("sent-note"), "the bytes sent stand still");
        assertNotEquals(drawn, js("return document.querySelector('#chart polyline').getAttribute('points')"));
        assertTrue(text("sent").matches("[0-9.]+ [MG]bit/s"), text("sent"));
        assertTrue(text("read").matches("[0-9.]+ [MG]bit/s"), text("read"));
        assertTrue(text("requests").matches("[0-9.,]+/s") && !text("requests").equals("0/s"), text("requests"));
        assertTrue(Integer.parseInt(text("connections")) >= CLIENTS, text("connections"));
        assertEquals("Serving", text("state"));
        assertEquals(List.of(), Browser.console(browser));
    }

    @Test
    void shouldShowWhatTheAgentIsMadeOf() throws Exception {
        awaitFigures();
        String all = (String) js("return document.body.innerText");
        JsonNode status = new ObjectMapper().readTree(Run.checked("curl", "-sSf", "-m", "20", page + "v1/status"));
        for (String pointer : List.of(
                "/disks/0/id",
                "/disks/0/uri",
                "/ports/0/id",
                "/ports/0/macAddress",
                "/cryptEngine/name",
                "/listeners/1/certificates/0/secretName",
                "/host",
                "/version",
                "/addresses/0")) {
            String value = status.at(pointer).asText();
            assertTrue(!value.isEmpty() && all.contains(value), pointer + "=" + value + " is not in:\n" + all);
        }
        boolean counted = status.at("/memory/available").asBoolean();
        assertEquals(counted, !all.contains("offers no counter of memory traffic"), all);
        for (JsonNode reason : status.at("/memory/missing")) {
            assertTrue(all.contains(reason.asText()), "the page does not say why: " + reason);
        }
        assertTrue(all.contains("need the admin token"), all);
    }

    @Test
    void shouldShowTroublesOfTheDataPath() throws Exception {
        awaitFigures();
        for (int i = 0; i < 3; i++) {
            // A client that speaks no version of TLS that the agent does.
            bed.tryInClient("curl", "-sk", "-m", "5", "--tls-max", "1.1", bed.tlsUrl("/"));
        }
        await(
                "[...document.querySelectorAll('#events tbody tr')].some(row => /handshakes failed/.test(row.textContent))");
        assertEquals(List.of(), Browser.console(browser));
    }

    @ParameterizedTest
    @CsvSource({"light, 1180", "dark, 1180", "light, 380", "dark, 380"})
    void shouldPassAnAccessibilityCheck(String scheme, int width) throws Exception {
        prefer("prefers-color-scheme", scheme);
        browser.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
        awaitFigures();
        try (InputStream axe = getClass().getResourceAsStream("/axe.min.js")) {
            js(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
        }
        Object violations = browser.executeAsyncScript("""
                const done = arguments[0];
                axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
                  .then(found => done(found.violations.map(v =>
                      v.id + ': ' + v.help + ' at ' + v.nodes.map(n => n.html).join(' | '))
                    .concat(found.passes.length < 20 ? ['only ' + found.passes.length + ' rules applied'] : [])),
                    error => done([String(error)]));
                """);
        assertEquals(List.of(), violations);
        assertEquals(
                true,
                js("return document.documentElement.scrollWidth <= innerWidth"),
                "the page is wider than the window");
        assertEquals(List.of(), Browser.console(browser));
    }

    @Test
    void shouldBeUsableByKeyboardAlone() throws Exception {
        awaitFigures();
        Set<String> reached = new TreeSet<>();
        String first = null;
        for (int i = 0; i < 60; i++) {
            new Actions(browser).sendKeys(Keys.TAB).perform();
            String at = (String) js("""
                    const at = document.activeElement;
                    if (at === document.body) return null;
                    const style = getComputedStyle(at);
                    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                    return (seen ? '' : 'UNSEEN ') + (at.id || at.getAttribute('href')
                      || at.getAttribute('aria-labelledby'));
                    """);
            if (at == null) {
                break;
            }
            first = first == null ? at : first;
            reached.add(at);
        }
        assertEquals("#figures", first, "the first stop leads past the header");
        assertTrue(reached.stream().noneMatch(at -> at.startsWith("UNSEEN")), reached.toString());
        for (String wanted : List.of("pause", "#events", "disks-title", "ports-title", "tls-title", "v1/status")) {
            assertTrue(reached.contains(wanted), wanted + " is not among " + reached);
        }
    }

    @Test
    void shouldStandStillWhenToldToPause() throws Exception {
        awaitFigures();
        js("document.getElementById('pause').focus()");
        new Actions(browser).sendKeys(Keys.SPACE).perform();
        assertEquals("true", js("return document.getElementById('pause').getAttribute('aria-pressed')"));
        Thread.sleep(1_200); // an answer may have been on its way
        String total = text("sent-note");
        Thread.sleep(2_500);
        assertEquals(total, text("sent-note"));
        new Actions(browser).sendKeys(Keys.SPACE).perform();
        await("document.getElementById('sent-note').textContent !== '" + total + "'");
    }

    @Test
    void shouldAskLessOftenOfThoseWhoWantLessMotion() throws Exception {
        prefer("prefers-reduced-motion", "reduce");
        browser.navigate().refresh();
        await("document.querySelector('#disks tbody tr') !== null");
        String total = text("sent-note");
        Thread.sleep(2_500);
        assertEquals(total, text("sent-note"));
        await("document.getElementById('sent-note').textContent !== '" + total + "'");
    }

    @Test
    void shouldSayThatTheAgentDoesNotAnswerAndComeBack() throws Exception {
        awaitFigures();
        Launcher.kill("STOP", agent.pid());
        try {
            await("/does not answer/.test(document.getElementById('notice').textContent)");
            assertEquals("No answer", text("state"));
        } finally {
            Launcher.kill("CONT", agent.pid());
        }
        await("document.getElementById('state').textContent === 'Serving'");
        assertEquals("", text("notice"));
    }

    @ParameterizedTest
    @CsvSource({"light", "dark"})
    void shouldLookAsTheDocumentationShows(String scheme) throws Exception {
        prefer("prefers-color-scheme", scheme);
        Thread.sleep(PICTURES.endsWith("docs/images") ? 40_000 : 3_000);
        awaitFigures();
        assertEquals(
                scheme.equals("dark"),
                js("return matchMedia('(prefers-color-scheme: dark)').matches"),
                "the scheme is not as asked for");
        js("document.getElementById('pause').click()");
        Thread.sleep(1_200); // an answer may have been on its way
        // Where the test keeps its files is no part of what is shown.
        js("""
                for (const note of document.querySelectorAll('#disks small')) {
                  note.textContent = note.textContent.replace(/uring:.*\\//, 'uring:/var/lib/diskcryptnet/');
                }
                """);
        Object shot = browser.executeCdpCommand(
                        "Page.captureScreenshot",
                        Map.of("format", "png", "captureBeyondViewport", true, "clip", whole()))
                .get("data");
        Files.createDirectories(PICTURES);
        Files.write(
                PICTURES.resolve("agent-page-" + scheme + ".png"),
                Base64.getDecoder().decode((String) shot));
    }

    private Map<String, Object> whole() {
        Number height = (Number) js("return document.documentElement.scrollHeight");
        return Map.of("x", 0, "y", 0, "width", WIDTH, "height", height, "scale", 1);
    }
}
