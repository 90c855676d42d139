package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The agent is killed while objects are uploaded: the volume holds exactly what was finished, and verifies. */
@Tag("kernel")
class IngestKillE2E {
    private static final int KILLS = Boolean.getBoolean("dcn.long") ? 50 : 8;
    private static final int OBJECT_BYTES = 3_000_000;
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());

    private static TestBed bed;
    private static Path upload;

    @BeforeAll
    static void start() throws Exception {
        bed = TestBed.create("kill");
        bed.format("1Gi");
        upload = bed.randomFile("upload.bin", OBJECT_BYTES, SEED);
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    @Test
    void shouldHoldExactlyTheFinishedObjectsAfterEachKill() throws Exception {
        System.out.println("seed=" + SEED);
        var random = new Random(SEED);
        Set<String> finished = new HashSet<>();
        for (int kill = 0; kill < KILLS; kill++) {
            AgentProcess agent = bed.startAgent();
            var inDoubt = new AtomicReference<String>();
            int round = kill;
            Thread uploads = Thread.ofPlatform().start(() -> uploadUntilKilled(round, finished, inDoubt));
            Thread.sleep(20 + random.nextInt(400));
            agent.kill();
            uploads.join();
            checkVolume(finished, inDoubt.get());
        }
        assertTrue(finished.size() > KILLS, "only " + finished.size() + " uploads finished; kills came too early");
    }

    private static void uploadUntilKilled(int round, Set<String> finished, AtomicReference<String> inDoubt) {
        for (int i = 0; ; i++) {
            String path = "/kill-" + round + "/" + i;
            inDoubt.set(path);
            Run.Result result = bed.tryInClient(
                    "curl",
                    "-sSf",
                    "-m",
                    "20",
                    "-H",
                    TestBed.AUTHORIZATION,
                    "-T",
                    upload.toString(),
                    bed.adminUrl("/v1/objects" + path));
            if (!result.ok()) {
                return;
            }
            finished.add(path);
            inDoubt.set(null);
        }
    }

    /** An upload whose answer was cut off may have been published or not; nothing else may differ. */
    private static void checkVolume(Set<String> finished, String inDoubt) throws IOException {
        String image = bed.image().toString();
        Run.Result verify = TestBed.tryVolume("verify", "--disk", image);
        assertTrue(verify.ok(), verify.output());
        Set<String> held = new HashSet<>();
        JsonNode listing = new ObjectMapper().readTree(TestBed.volume("ls", "--disk", image, "-o", "json"));
        for (JsonNode object : listing.isArray() ? listing : listing.get("objects")) {
            assertEquals(OBJECT_BYTES, object.get("sizeBytes").asLong(), object.toString());
            held.add(object.get("path").asText());
        }
        if (inDoubt != null && held.contains(inDoubt)) {
            finished.add(inDoubt);
        }
        assertEquals(finished, held);
    }
}
