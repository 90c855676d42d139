package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a real agent writes to its log while it serves. */
@Tag("kernel")
class LogsE2E {
    private static final int OBJECT_BYTES = 48 << 20;
    private static final String QUERY_SECRET = "secret-of-the-query";
    private static final ObjectMapper JSON = new ObjectMapper();

    private TestBed bed;
    private Certificates certificates;

    @BeforeEach
    void start() throws Exception {
        bed = TestBed.create("logs");
        certificates = bed.serveTls();
        certificates.issue("default", "ec", "IP:" + TestBed.SERVER_ADDRESS);
        bed.format("256Mi");
        bed.put(bed.randomFile("object.bin", OBJECT_BYTES, 1), "/a film/object.bin");
    }

    @AfterEach
    void stop() throws IOException {
        bed.close();
    }

    private void get(String url, String... options) {
        List<String> command = new ArrayList<>(List.of("curl", "-sk", "-m", "30", "-o", "/dev/null", url));
        command.addAll(List.of(options));
        bed.tryInClient(command.toArray(String[]::new));
    }

    private String change(String setting, String value) {
        return bed.inClient(
                "curl",
                "-sSf",
                "-m",
                "20",
                "-X",
                "PUT",
                "-H",
                TestBed.AUTHORIZATION,
                "-d",
                value,
                bed.adminUrl("/v1/" + setting));
    }

    private static List<JsonNode> events(AgentProcess agent) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (String line : agent.log().lines().toList()) {
            if (line.startsWith("WARNING:")) {
                continue; // the JVM's own words, before there is a log
            }
            JsonNode event = JSON.readTree(line);
            for (String field : List.of("time", "level", "logger", "event")) {
                assertTrue(event.path(field).isTextual(), field + " is missing in: " + line);
            }
            events.add(event);
        }
        return events;
    }

    private static JsonNode one(List<JsonNode> events, Predicate<JsonNode> wanted) {
        return events.stream().filter(wanted).findFirst().orElseThrow(() -> new AssertionError(events.toString()));
    }

    private static List<JsonNode> named(List<JsonNode> events, String name) {
        return events.stream()
                .filter(event -> name.equals(event.path("event").asText()))
                .toList();
    }

    @Test
    void shouldWriteOneJsonObjectALineAndEveryResponseWhenAsked() throws Exception {
        AgentProcess agent = bed.startAgent("--log-format", "json");
        get(bed.url("/a%20film/object.bin"));
        change("access-log", "1");
        get(bed.url("/a%20film/object.bin?token=" + QUERY_SECRET));
        get(bed.tlsUrl("/a%20film/object.bin"), "-r", "0-99999");
        get(bed.url("/none?token=" + QUERY_SECRET));
        get(bed.url("/a%20film/object.bin"), "--limit-rate", "1M", "-m", "1");
        change("access-log", "0");
        get(bed.url("/a%20film/object.bin"));
        assertEquals(0, agent.stop());

        List<JsonNode> events = events(agent);
        assertEquals(1, named(events, "ready").size());
        List<JsonNode> responses = named(events, "response");
        assertEquals(4, responses.size(), responses.toString());
        JsonNode whole = one(responses, event -> event.path("status").asInt() == 200);
        assertEquals("/a film/object.bin", whole.get("object").asText());
        assertTrue(
                whole.get("connection").asText().startsWith(Family.inUrl(TestBed.CLIENT_ADDRESS) + ":"),
                whole.toString());
        assertEquals("GET", whole.get("method").asText());
        assertEquals("complete", whole.get("outcome").asText());
        assertTrue(
                whole.get("bytes").asLong() > OBJECT_BYTES
                        && whole.get("seconds").asDouble() > 0,
                whole.toString());
        JsonNode part = one(responses, event -> event.path("status").asInt() == 206);
        assertTrue(part.get("tls").asBoolean() && part.get("localPort").asInt() == 443, part.toString());
        assertEquals(
                "/none",
                one(responses, event -> event.path("status").asInt() == 404)
                        .get("object")
                        .asText());
        JsonNode cut = one(responses, event -> event.path("outcome").asText().equals("cut-by-client"));
        assertTrue(cut.get("bytes").asLong() < OBJECT_BYTES, cut.toString());
        assertFalse(agent.log().contains(QUERY_SECRET), "a query is in the log");
    }

    @Test
    void shouldKeepSecretsToItselfAtEveryLevel() throws Exception {
        AgentProcess agent = bed.startAgent("--log-level", "trace");
        assertTrue(change("log-level", "trace").contains("\"trace\""));
        change("access-log", "1");
        Path keys = bed.directory().resolve("keys.log");
        bed.inClient(
                "env",
                "SSLKEYLOGFILE=" + keys,
                "curl",
                "-sSk",
                "-m",
                "30",
                "-o",
                "/dev/null",
                bed.tlsUrl("/a%20film/object.bin?token=" + QUERY_SECRET));
        bed.tryInClient(
                "curl",
                "-s",
                "-m",
                "20",
                "-X",
                "PUT",
                "-H",
                "Authorization: Bearer wrong-secret",
                "-d",
                "x",
                bed.adminUrl("/v1/log-level"));
        bed.tryInClient(
                "curl",
                "-s",
                "-m",
                "20",
                "-X",
                "PUT",
                "-H",
                TestBed.AUTHORIZATION,
                "-d",
                "x",
                bed.adminUrl("/v1/objects/new?token=" + QUERY_SECRET));
        assertEquals(0, agent.stop());

        String log = agent.log();
        assertTrue(log.contains("level=DEBUG") || log.contains("level=TRACE"), log);
        List<String> secrets =
                new ArrayList<>(List.of("secret-of-the-test", "wrong-secret", QUERY_SECRET, "PRIVATE KEY"));
        Files.readAllLines(keys).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .forEach(secrets::add);
        assertTrue(secrets.size() > 5, "the client logged no keys: " + secrets);
        for (String name : certificates.secretNames()) {
            Files.readAllLines(certificates.secrets().resolve(name).resolve("tls.key")).stream()
                    .filter(line -> line.length() > 20 && !line.startsWith("-"))
                    .forEach(secrets::add);
        }
        for (String secret : secrets) {
            assertFalse(log.toLowerCase().contains(secret.toLowerCase()), "in the log: " + secret);
        }
    }

    @Test
    void shouldChangeWhatItLogsWhileItServes() throws Exception {
        AgentProcess agent = bed.startAgent();
        assertFalse(agent.log().contains("level=DEBUG"), agent.log());
        assertEquals("{\"level\":\"error\"}", change("log-level", "error"));
        assertEquals("{\"level\":\"error\"}", bed.inClient("curl", "-sSf", bed.adminUrl("/v1/log-level")));
        assertTrue(agent.log().contains("event=log-level-changed before=info now=error"), agent.log());
        assertEquals(
                "401",
                bed.inClient(
                        "curl",
                        "-sS",
                        "-o",
                        "/dev/null",
                        "-w",
                        "%{http_code}",
                        "-X",
                        "PUT",
                        "-d",
                        "trace",
                        bed.adminUrl("/v1/log-level")));
        assertEquals(0, agent.stop());
        assertFalse(agent.log().contains("event=stopped"), "what is no error is not logged any more");
    }
}
