package dev.diskcryptnet.agent.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class EncodersTest {
    private static final String AWKWARD = "a \"b\" c\\d\ne=\u00e9\u0007";

    private final Logged logged = Logged.direct();

    private String text() {
        return logged.line(new TextEncoder()).replaceFirst("^time=\\S+ ", "");
    }

    private JsonNode json() throws Exception {
        String line = logged.line(new JsonEncoder());
        assertEquals(line.length() - 1, line.indexOf('\n'), "one event is one line");
        return new ObjectMapper().readTree(line);
    }

    @Test
    void shouldWriteAnEventAsFields() throws Exception {
        logged.logger
                .atWarn()
                .addKeyValue("disk", "uring:/dev/nvme0n1")
                .addKeyValue("count", 3L)
                .addKeyValue("direct", true)
                .addKeyValue("hint", "replace it")
                .log("disk-failed");
        assertEquals(
                "level=WARN logger=Sample event=disk-failed disk=uring:/dev/nvme0n1 count=3 direct=true"
                        + " hint=\"replace it\"\n",
                text());
        JsonNode json = json();
        assertEquals("disk-failed", json.get("event").asText());
        assertEquals("WARN", json.get("level").asText());
        assertEquals("Sample", json.get("logger").asText());
        assertEquals("uring:/dev/nvme0n1", json.get("disk").asText());
        assertTrue(json.get("count").isNumber() && json.get("direct").isBoolean(), json.toString());
        assertTrue(json.get("time").asText().matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"));
    }

    @Test
    void shouldKeepOneEventOnOneLineWhateverIsInIt() throws Exception {
        logged.logger
                .atInfo()
                .addKeyValue("object", AWKWARD)
                .addKeyValue("empty", "")
                .log("sent");
        String line = text();
        assertEquals(line.length() - 1, line.indexOf('\n'), line);
        assertEquals("level=INFO logger=Sample event=sent object=\"a \\\"b\\\" c\\\\d e=\u00e9 \" empty=\"\"\n", line);
        assertEquals(AWKWARD, json().get("object").asText());
    }

    @Test
    void shouldWriteWhatALibrarySaysInWords() throws Exception {
        logged.logger.info("Detected Java version {}", 25);
        assertEquals("level=INFO logger=Sample event=log message=\"Detected Java version 25\"\n", text());
        assertEquals("Detected Java version 25", json().get("message").asText());
    }

    @Test
    void shouldSayWhatWasThrownAndWhereOnTheSameLine() throws Exception {
        var cause = new IllegalStateException("slot=3 is taken");
        logged.logger
                .atError()
                .setCause(new RuntimeException("two\nlines", cause))
                .log("worker-failed");
        String line = text();
        assertEquals(line.length() - 1, line.indexOf('\n'), line);
        JsonNode json = json();
        assertEquals(
                "java.lang.RuntimeException: two\nlines, because of java.lang.IllegalStateException: slot=3 is taken",
                json.get("exception").asText());
        assertTrue(json.get("stack").asText().contains("EncodersTest.shouldSayWhat"), json.toString());
    }

    @Test
    void shouldNotLetAFieldStandInForTheEvent() throws Exception {
        logged.logger
                .atInfo()
                .addKeyValue("event", "other")
                .addKeyValue("level", "ERROR")
                .log("sent");
        assertEquals("sent", json().get("event").asText());
        assertEquals("INFO", json().get("level").asText());
        assertFalse(text().contains("event=other"), text());
    }
}
