package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Links that have just come up, that go down under running responses, and interfaces that go altogether. */
@Tag("kernel")
class LinkE2E {
    private static final int OBJECT_BYTES = 8 << 20;

    private TestBed bed;
    private Path object;
    private AgentProcess agent;

    @BeforeEach
    void start() throws Exception {
        bed = TestBed.create("link");
        object = bed.randomFile("object.bin", OBJECT_BYTES, 3);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        agent = bed.startAgent();
    }

    @AfterEach
    void stop() throws IOException {
        agent.kill();
        bed.close();
    }

    private JsonNode status() throws IOException {
        return new ObjectMapper().readTree(bed.inClient("curl", "-sf", bed.adminUrl("/v1/status")));
    }

    private JsonNode awaitPort(String state) throws Exception {
        for (int i = 0; ; i++) {
            JsonNode status = status();
            if (status.at("/ports/0/health/state").asText().equals(state)) {
                return status;
            }
            assertTrue(i < 100, status::toString);
            Thread.sleep(100);
        }
    }

    private Process startFetch(Path target) throws IOException {
        return bed.startInClient(
                "curl", "-sf", "-m", "60", "--limit-rate", "2M", "-o", target.toString(), bed.url("/object.bin"));
    }

    private static void awaitSome(Path target) throws Exception {
        while (!Files.exists(target) || Files.size(target) < 500_000) {
            Thread.sleep(20);
        }
    }

    /** In less time than a client takes to send its SYN again: addresses have been asked for by then. */
    @Test
    void shouldTakeConnectionsOverIpv6AsSoonAsItIsReady() throws Exception {
        String url = "http://" + Family.IPV6.host() + "/object.bin";
        String seconds = bed.inClient("curl", "-sSfI", "-m", "20", "-o", "/dev/null", "-w", "%{time_connect}", url);
        assertTrue(Double.parseDouble(seconds) < 0.9, () -> "connected after " + seconds + " s");
    }

    @Test
    void shouldFinishResponseAfterLinkWasDown() throws Exception {
        Path target = bed.directory().resolve("fetched");
        Process fetch = startFetch(target);
        awaitSome(target);
        // Carrier: the client's end; the agent's own end stays up, and keeps its neighbours.
        bed.inClient("ip", "link", "set", "view", "down");
        JsonNode down = awaitPort("LinkDown");
        assertTrue(down.at("/ports/0/health/message").asText().contains("has no carrier"), down::toString);
        Thread.sleep(1500);
        bed.inClient("ip", "link", "set", "view", "up");
        assertEquals(0, fetch.waitFor());
        assertEquals(-1, Files.mismatch(object, target));
        awaitPort("Good");
    }

    @Test
    void shouldStayAliveAndSaySoWhenInterfaceIsDeleted() throws Exception {
        Path target = bed.directory().resolve("fetched");
        Process fetch = startFetch(target);
        awaitSome(target);
        bed.inServer("ip", "link", "delete", "port");
        JsonNode status = awaitPort("Missing");
        assertEquals("DeviceMissing", status.at("/conditions/0/reason").asText(), status::toString);
        Thread.sleep(1500);
        assertTrue(agent.isAlive(), agent.log());
        assertEquals("Missing", status().at("/ports/0/health/state").asText());
        fetch.destroy();
    }
}
