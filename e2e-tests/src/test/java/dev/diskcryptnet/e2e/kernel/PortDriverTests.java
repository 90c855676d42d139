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
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files through a port driver that is not the default: identical bytes, plain and sealed, also when packets are lost, and
 * again at once after a kill. The rest of this tier runs on it with {@code -Ddcn.port.driver=NAME}.
 */
@Tag("kernel")
@ParameterizedClass(name = "{0}")
@EnumSource(Family.class)
abstract class PortDriverTests {
    private static final int OBJECT_BYTES = 20 << 20;

    @Parameter
    Family family;

    private final String driver;
    private TestBed bed;
    private Path object;

    PortDriverTests(String driver) {
        this.driver = driver;
    }

    /** Hosts whose agents use the driver, with an object on the volume. */
    final TestBed bed() {
        return bed;
    }

    /** The port in {@code GET /v1/status}. */
    final JsonNode portStatus() throws IOException {
        return new ObjectMapper()
                .readTree(bed.inClient("curl", "-sf", bed.adminUrl("/v1/status")))
                .at("/ports/0");
    }

    /** After a kill; the next agent has not been started. */
    void assertNothingLeft() {}

    @BeforeEach
    void start() throws Exception {
        bed = TestBed.create(driver, family);
        bed.usePortDriver(driver);
        object = bed.randomFile("object.bin", OBJECT_BYTES, 5);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        bed.serveTls().issue("default", "ec", "IP:" + family.server);
    }

    @AfterEach
    void stop() throws IOException {
        bed.close();
    }

    private void fetchPlainAndSealed() throws Exception {
        for (String url : new String[] {bed.url("/object.bin"), bed.tlsUrl("/object.bin")}) {
            Path target = bed.directory().resolve("fetched.bin");
            bed.inClient("curl", "-sSfk", "-m", "60", "-o", target.toString(), url);
            assertEquals(Sha256.of(object), Sha256.of(target), url);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldServeIdenticalBytesAlsoWhenPacketsAreLost(int workers) throws Exception {
        bed.startAgent(workers);
        fetchPlainAndSealed();
        bed.inClient((family.tables + " -A INPUT -d " + family.client
                        + " -p tcp -m statistic --mode random --probability 0.01 -j DROP")
                .split(" "));
        fetchPlainAndSealed();

        Metrics metrics = Metrics.of(bed);
        assertTrue(metrics.sum("dcn_tcp_retransmitted_bytes_total") > 0, "nothing was lost");
        assertEquals(0, metrics.sum("dcn_port_transmit_dropped_frames_total"));
    }

    @Test
    void shouldServeAgainAtOnceAfterAKill() throws Exception {
        for (int round = 0; round < 3; round++) {
            AgentProcess agent = bed.startAgent();
            Path partial = bed.directory().resolve("partial-" + round);
            Process client = bed.startInClient(
                    "curl", "-s", "-m", "60", "--limit-rate", "1M", "-o", partial.toString(), bed.url("/object.bin"));
            while (!Files.exists(partial) || Files.size(partial) == 0) {
                assertTrue(client.isAlive(), "nothing came");
                Thread.sleep(5);
            }
            agent.kill();
            client.destroyForcibly();
            assertTrue(Files.size(partial) < OBJECT_BYTES, "all was sent before the kill");
            assertNothingLeft();
        }
        bed.startAgent();
        assertEquals(driver, portStatus().path("driver").asText());
        fetchPlainAndSealed();
    }
}
