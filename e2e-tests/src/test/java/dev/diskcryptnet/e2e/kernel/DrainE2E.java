package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Agents that are asked to finish, by {@code dcn-agent drain} and by a signal, with clients of all kinds. */
@Tag("kernel")
@Timeout(120)
class DrainE2E {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int OBJECT_BYTES = 48 << 20;
    /** What curl says of a connection that was refused, and of one that was reset. */
    private static final int CURL_REFUSED = 7;

    private static final int CURL_RESET = 56;
    private static final int INCOMPLETE = 6;
    private static final int REFUSED = 3;

    private static TestBed bed;
    private static Path object;
    private AgentProcess agent;

    @BeforeAll
    static void make() throws Exception {
        bed = TestBed.create("drain");
        object = bed.randomFile("object.bin", OBJECT_BYTES, 7);
        bed.format("128Mi");
        bed.put(object, "/object.bin");
        bed.serveTls().issue("edge", "ec", "IP:" + TestBed.SERVER_ADDRESS);
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    @AfterEach
    void stopAgent() {
        agent.kill();
    }

    private void start(String drainTimeout) throws Exception {
        bed.useDrainTimeout(drainTimeout);
        agent = bed.startAgent();
    }

    /**
     * A client that has begun, and takes no more until {@link #rest} is asked for: its pipe is full soon, then its receive
     * buffer, which does not grow for who does not read. How fast this machine is decides nothing.
     */
    private static Process heldDownload() throws Exception {
        Process curl = new ProcessBuilder(bed.onClient("curl", "-sSi", "-m", "100", bed.url("/object.bin")))
                .redirectError(bed.directory().resolve("curl.log").toFile())
                .start();
        assertEquals("HTTP/1.1 200 OK", line(curl));
        return curl;
    }

    private static String line(Process curl) throws IOException {
        var line = new StringBuilder();
        for (int next; (next = curl.getInputStream().read()) > 0 && next != '\n'; ) {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    /** What else a held client gets when it goes on: the object as far as it comes. */
    private static byte[] rest(Process curl) throws IOException {
        for (String header = line(curl); !header.isEmpty(); header = line(curl)) {}
        return curl.getInputStream().readAllBytes();
    }

    private static int exitCode(Process curl) throws Exception {
        assertTrue(curl.waitFor(30, TimeUnit.SECONDS));
        return curl.exitValue();
    }

    private static CompletableFuture<Run.Result> drain(String... more) {
        List<String> command = new ArrayList<>(bed.onServer(
                "drain", "--admin", TestBed.ADMIN, "--token-file", bed.token().toString()));
        command.addAll(List.of(more));
        return CompletableFuture.supplyAsync(() -> Run.quietly(command));
    }

    private static JsonNode status() throws Exception {
        return JSON.readTree(bed.inClient("curl", "-sSf", "-m", "5", bed.adminUrl("/v1/status")));
    }

    private static void awaitDrain(String state) throws Exception {
        while (!status().at("/drain/state").asText().equals(state)) {
            Thread.sleep(20);
        }
    }

    private static String post(String... headers) {
        List<String> command = new ArrayList<>(List.of("curl", "-s", "-m", "5", "-o", "/dev/null"));
        command.addAll(List.of("-w", "%{http_code}", "-X", "POST"));
        for (String header : headers) {
            command.addAll(List.of("-H", header));
        }
        command.add(bed.adminUrl("/v1/drain"));
        return bed.inClient(command.toArray(String[]::new));
    }

    private static void assertWhole(Process curl) throws Exception {
        byte[] received = rest(curl);
        assertEquals(0, exitCode(curl), Files.readString(bed.directory().resolve("curl.log")));
        assertArrayEquals(Files.readAllBytes(object), received);
    }

    @Test
    void shouldFinishDownloadRefuseOthersAndThenIdle() throws Exception {
        start("30s");
        Process curl = heldDownload();
        CompletableFuture<Run.Result> drain = drain();
        awaitDrain("Draining");

        Run.Result another = bed.tryInClient("curl", "-sS", "-m", "5", bed.url("/object.bin"));
        assertEquals(CURL_REFUSED, another.exitCode(), another.output());
        JsonNode ready = JSON.readTree(bed.inClient("curl", "-sS", "-m", "5", bed.adminUrl("/readyz")));
        assertFalse(ready.path("ready").asBoolean());
        assertEquals("Draining", ready.path("reason").asText());
        assertTrue(
                status().toString().contains("\"type\":\"Serving\",\"status\":\"False\",\"reason\":\"Draining\""),
                () -> "no such condition");
        assertEquals("202", post(TestBed.AUTHORIZATION));
        assertFalse(drain.isDone());

        assertWhole(curl);
        Run.Result ended = drain.get(20, TimeUnit.SECONDS);
        assertEquals(0, ended.exitCode(), ended.output());
        assertEquals("Drained", status().at("/drain/state").asText());
        assertEquals(0, status().at("/drain/connectionsCutOff").asInt(-1));
        assertTrue(agent.isAlive());
        assertEquals(0, drain().get(20, TimeUnit.SECONDS).exitCode());

        long startNs = System.nanoTime();
        assertEquals(0, agent.stop());
        assertTrue(System.nanoTime() - startNs < 5_000_000_000L, "it did not end at once");
    }

    @Test
    void shouldWaitForARunningDrainWhenToldToEnd() throws Exception {
        start("30s");
        Process curl = heldDownload();
        assertEquals("202", post(TestBed.AUTHORIZATION));
        agent.terminate();
        assertWhole(curl);
        assertEquals(0, agent.awaitEnd());
    }

    @Test
    void shouldCutOffWhatIsTooSlowAndSaySo() throws Exception {
        start("1s");
        Process curl = heldDownload();
        Run.Result ended = drain().get(20, TimeUnit.SECONDS);
        assertEquals(INCOMPLETE, ended.exitCode(), ended.output());
        assertTrue(ended.output().contains("cut off connections=1"), ended.output());
        assertEquals(1, status().at("/drain/connectionsCutOff").asInt());
        assertEquals(0, status().path("connections").asInt());
        assertTrue(rest(curl).length < OBJECT_BYTES);
        assertEquals(CURL_RESET, exitCode(curl));
    }

    @Test
    void shouldSayWhatIsLeftWhenItsOwnTimeIsOver() throws Exception {
        start("60s");
        Process curl = heldDownload();
        Run.Result ended = drain("--timeout", "500ms").get(20, TimeUnit.SECONDS);
        assertEquals(INCOMPLETE, ended.exitCode(), ended.output());
        assertTrue(ended.output().contains("has connections=1 still"), ended.output());
        curl.destroyForcibly().waitFor();
    }

    @Test
    void shouldCloseIdleConnections() throws Exception {
        start("20s");
        String tls = "(printf 'HEAD /object.bin HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'; sleep 15) "
                + "| openssl s_client -msg -connect "
                + bed.family().host() + ":443";
        Process client = new ProcessBuilder(bed.onClient("bash", "-c", tls))
                .redirectErrorStream(true)
                .redirectOutput(bed.directory().resolve("s_client.log").toFile())
                .start();
        while (!Files.readString(bed.directory().resolve("s_client.log")).contains("200 OK")) {
            Thread.sleep(50);
        }
        try (ClientProgram idle = ClientProgram.start(
                bed, IdleClient.class, TestBed.SERVER_ADDRESS, "/object.bin", TestBed.CLIENT_ADDRESS)) {
            assertEquals("held=50 refused=0", idle.ask("open 50", "held=", LIMIT));
            assertEquals("answered=50 broken=0", idle.ask("request", "answered=", LIMIT));
            assertEquals("202", post(TestBed.AUTHORIZATION));
            Thread.sleep(1_500);
            assertEquals("answered=0 broken=50", idle.ask("request", "answered=", LIMIT));
            assertEquals("closed", idle.ask("close", "closed", LIMIT));
        }
        String seen = Files.readString(bed.directory().resolve("s_client.log"));
        assertTrue(seen.contains("<<< TLS 1.3, Alert [length 0002], warning close_notify"), seen);
        client.destroyForcibly().waitFor();
        awaitDrain("Drained");
        assertEquals(0, status().at("/drain/connectionsCutOff").asInt(-1));
    }

    @Test
    void shouldDrainForWhoHasTheTokenOnly() throws Exception {
        start("2s");
        assertEquals("401", post());
        assertEquals("403", post("Authorization: Bearer guess"));
        Path wrong = Files.writeString(bed.directory().resolve("wrong"), "guess");
        Run.Result refused =
                Run.quietly(bed.onServer("drain", "--admin", TestBed.ADMIN, "--token-file", wrong.toString()));
        assertEquals(REFUSED, refused.exitCode(), refused.output());
        Run.Result nobody =
                Run.quietly(bed.onServer("drain", "--admin", "127.0.0.1:1", "--token-file", wrong.toString()));
        assertEquals(1, nobody.exitCode(), nobody.output());
        assertTrue(nobody.output().contains("admin=127.0.0.1:1 does not answer"), nobody.output());
        assertTrue(status().path("ready").asBoolean());
        bed.inClient("curl", "-sSf", "-m", "20", "-o", "/dev/null", bed.url("/object.bin"));
    }
}
