package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One command brings up a stream on this machine, and nothing stays behind, however it ends. */
@Tag("kernel")
class OneMachineE2E {
    private static final Duration START_LIMIT = Duration.ofSeconds(120);
    private static final int[] KILLED_AFTER_MS = Boolean.getBoolean("dcn.long")
            ? new int[] {200, 500, 800, 1_100, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_500, 8_000}
            : new int[] {700, 1_500, 4_000};

    @TempDir
    Path directory;

    private TreeSet<String> before;
    private Path log;

    @BeforeEach
    void look() throws IOException {
        Launcher.checked("down");
        log = directory.resolve("up.log");
        before = Launcher.traces();
    }

    @AfterEach
    void leaveNothing() {
        Launcher.checked("down");
    }

    private void shouldHaveLeftNothing() throws IOException {
        assertEquals(before, Launcher.traces());
    }

    private static byte[] get(String url, String... options) throws IOException {
        Path file = Files.createTempFile("dcn", "get");
        try {
            List<String> command = new ArrayList<>(List.of("curl", "-sSf", "-m", "20", "-o", file.toString(), url));
            command.addAll(List.of(options));
            Run.checked(command.toArray(String[]::new));
            return Files.readAllBytes(file);
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void shouldStreamAfterUpAndLeaveNothingAfterDown() throws Exception {
        String said = Launcher.checked("up", "--detach");
        JsonNode status = Launcher.status();
        assertTrue(status.get("ready").asBoolean(), status.toString());
        assertTrue(said.contains(status.get("pageUrl").asText()), said);
        assertTrue(said.contains(status.get("metricsUrl").asText()), said);
        assertFalse(status.has("prometheusUrl"), "nobody asked for a Prometheus");
        assertTrue(said.contains(status.get("agentPageUrl").asText() + ","), said);
        assertTrue(new String(get(status.get("agentPageUrl").asText())).contains("<main"));
        assertTrue(new String(get(status.get("pageUrl").asText())).contains("<video"));
        assertTrue(said.contains(status.get("securePageUrl").asText()), said);
        String authority = status.get("certificateFile").asText();
        assertTrue(new String(get(status.get("securePageUrl").asText(), "--cacert", authority)).contains("<video"));
        shouldStream(status, 0);
        String admin = status.get("adminUrl").asText();
        assertTrue(new String(get(admin + "/metrics")).contains("dcn_port_transmit_bytes_total"));
        assertTrue(new String(get(admin + "/v1/status")).contains("\"ready\""));
        assertTrue(new String(get(admin + "/v1/objects")).contains("/clip.mp4"));

        Launcher.checked("down");
        shouldHaveLeftNothing();
        assertFalse(Launcher.status().get("running").asBoolean());
    }

    /** @param first index of the plain MP4 among the URLs; behind it are HLS, and both under TLS */
    private static void shouldStream(JsonNode status, int first) throws IOException {
        long clipBytes = Files.size(Launcher.ROOT.resolve("deploy/samples/video/content/clip.mp4"));
        String authority = status.get("certificateFile").asText();
        JsonNode urls = status.get("streamUrls");
        assertEquals(clipBytes, get(urls.get(first).asText()).length);
        assertTrue(new String(get(urls.get(first + 1).asText())).startsWith("#EXTM3U"));
        assertEquals(clipBytes, get(urls.get(first + 2).asText(), "--cacert", authority).length);
        assertTrue(new String(get(urls.get(first + 3).asText(), "--cacert", authority)).startsWith("#EXTM3U"));
    }

    @Test
    void shouldStreamOverIpv6AsWell() throws Exception {
        String said = Launcher.checked("up", "--detach");
        JsonNode status = Launcher.status();
        String page = status.get("ipv6PageUrl").asText();
        String securePage = status.get("ipv6SecurePageUrl").asText();
        assertTrue(page.startsWith("http://[") && securePage.startsWith("https://["), status.toString());
        assertTrue(said.contains(page) && said.contains(securePage), said);
        String authority = status.get("certificateFile").asText();
        assertTrue(new String(get(page)).contains("<video"));
        assertTrue(new String(get(securePage, "--cacert", authority)).contains("<video"));
        assertTrue(status.at("/streamUrls/4").asText().startsWith(page), status.toString());
        assertTrue(status.at("/streamUrls/6").asText().startsWith(securePage), status.toString());
        shouldStream(status, 4);
        assertEquals(2, status.at("/streamingNode/addresses").size(), status.toString());
        Launcher.checked("down");
        shouldHaveLeftNothing();
    }

    @Test
    void shouldSayThatItRunsAlready() {
        Launcher.checked("up", "--detach");
        Run.Result again = Launcher.run("up", "--detach");
        assertEquals(1, again.exitCode(), again.output());
        assertTrue(again.output().contains("running already"), again.output());
        assertTrue(Launcher.run("status").output().startsWith("ready"));
    }

    @Test
    void shouldLeaveNothingAfterDownWhenTheAgentWasKilled() throws Exception {
        Launcher.checked("up", "--detach");
        Launcher.kill("KILL", Launcher.agent());
        Launcher.checked("down");
        shouldHaveLeftNothing();
    }

    @Test
    void shouldStartTheAgentAgainThatWasKilled() throws Exception {
        Launcher.checked("up", "--detach");
        long killed = Launcher.agent();
        Launcher.kill("KILL", killed);
        long deadlineNs = System.nanoTime() + START_LIMIT.toNanos();
        while (!Launcher.status().get("ready").asBoolean() || Launcher.agent() == killed) {
            assertTrue(System.nanoTime() - deadlineNs < 0, "the agent was not started again");
        }
        assertTrue(new String(get(Launcher.status().get("pageUrl").asText())).contains("<video"));
        Launcher.checked("down");
        shouldHaveLeftNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ApiServerProcess", "NodeRunnerProcess", "-jar "})
    void shouldLeaveNothingAfterDownWhenAPartWasKilled(String part) throws Exception {
        Launcher.checked("up", "--detach");
        Launcher.kill("KILL", Launcher.control(part));
        Launcher.checked("down");
        shouldHaveLeftNothing();
    }

    @Test
    void shouldCleanUpAndStartAgainAfterTheApiServerWasKilled() throws Exception {
        Launcher.checked("up", "--detach");
        Launcher.kill("KILL", Launcher.control("ApiServerProcess"));
        String status = Launcher.run("status").output();
        assertTrue(status.startsWith("not running: the API server"), status);
        String said = Launcher.checked("up", "--detach");
        assertTrue(said.contains("cleaned"), said);
        assertTrue(Launcher.status().get("ready").asBoolean());
        Launcher.checked("down");
        shouldHaveLeftNothing();
    }

    @Test
    void shouldSayWhyAndLeaveNothingWhenTheNodeRunnerIsKilledInTheForeground() throws Exception {
        Process launcher = up();
        Launcher.kill("KILL", Launcher.control("NodeRunnerProcess"));
        assertNotEquals(0, launcher.waitFor());
        assertTrue(Files.readString(log).contains("the node runner ended with exitCode=137"), Files.readString(log));
        shouldHaveLeftNothing();
    }

    @Test
    void shouldLeaveNothingAfterDownWhenTheLauncherWasKilled() throws Exception {
        Process launcher = up();
        Launcher.kill("KILL", launcher.pid());
        launcher.waitFor();
        assertTrue(Launcher.status().get("ready").asBoolean(), "the stream outlives its launcher");
        Launcher.checked("down");
        shouldHaveLeftNothing();
    }

    @Test
    void shouldLeaveNothingAfterDownWhenTheLauncherWasKilledWhileItStarted() throws Exception {
        for (int afterMs : KILLED_AFTER_MS) {
            Process launcher = Launcher.foreground(log);
            Thread.sleep(afterMs);
            Launcher.kill("KILL", launcher.pid());
            launcher.waitFor();
            Launcher.checked("down");
            shouldHaveLeftNothing();
        }
    }

    @Test
    void shouldLeaveNothingAfterAnInterruptFromTheKeyboard() throws Exception {
        Process launcher = up();
        Launcher.kill("INT", -launcher.pid());
        launcher.waitFor();
        shouldHaveLeftNothing();
    }

    @Test
    void shouldLeaveNothingAfterAnInterruptFromTheKeyboardWhileItStarts() throws Exception {
        for (int afterMs : KILLED_AFTER_MS) {
            Process launcher = Launcher.foreground(log);
            Thread.sleep(afterMs);
            Launcher.kill("INT", -launcher.pid());
            launcher.waitFor();
            shouldHaveLeftNothing();
        }
    }

    private Process up() throws IOException, InterruptedException {
        Process launcher = Launcher.foreground(log);
        Launcher.awaitLine(log, "Ctrl-C ends it", START_LIMIT);
        return launcher;
    }

    @Test
    void shouldAskForRootWhenItIsNot() {
        Run.Result result = Run.quietly(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                Launcher.ROOT.resolve("dcn").toString(),
                "up");
        assertEquals(1, result.exitCode(), result.output());
        assertTrue(result.output().contains("needs root"), result.output());
        assertTrue(result.output().contains("sudo"), result.output());
    }

    @Test
    void shouldFindTheJdkWhenNothingNamesIt() {
        Run.Result result = Run.quietly(
                "env",
                "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                Launcher.ROOT.resolve("dcn").toString(),
                "status");
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().startsWith("not running"), result.output());
    }

    @Test
    void shouldSayWhatToInstallWhenThereIsNoJdk() {
        Run.Result result = Run.quietly(
                "unshare",
                "--mount",
                "bash",
                "-c",
                "mount -t tmpfs none /usr/lib/jvm && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "
                        + Launcher.ROOT.resolve("dcn") + " status");
        assertEquals(1, result.exitCode(), result.output());
        assertTrue(result.output().contains("JDK 25"), result.output());
        assertTrue(result.output().contains("JAVA_HOME"), result.output());
    }

    @Test
    void shouldNameMissingPackagesWhenItMayNotInstall() {
        Run.Result result = Run.quietly(
                "env",
                "DPKG_ADMINDIR=" + directory,
                "DCN_NO_INSTALL=1",
                Launcher.ROOT.resolve("dcn").toString(),
                "status");
        assertEquals(1, result.exitCode(), result.output());
        assertTrue(result.output().contains("apt-get install"), result.output());
        assertTrue(result.output().contains("iproute2"), result.output());
    }
}
