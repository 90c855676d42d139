package dev.diskcryptnet.e2e.images;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The operator's image starts without a right to anything, and says what it lacks. */
@Tag("kernel")
class OperatorImageE2E {
    private final ImageArchive image = ImageArchive.of("operator");

    @Test
    void shouldStartAsNobodyAndSayThatNoApiServerAnswers() throws Exception {
        try (var network = TwoHosts.create();
                var container = new Container(image)
                        .inNetwork(TwoHosts.SERVER)
                        .withEnvironment("KUBERNETES_SERVICE_HOST=127.0.0.1")
                        .withEnvironment("KUBERNETES_SERVICE_PORT=6443")) {
            Path log = container.startWith();
            container.await(
                    () -> network.tryOnServer("curl", "-sf", "-m1", "http://127.0.0.1:8080/q/health/live")
                            .ok(),
                    log);
            container.await(() -> read(log).contains("127.0.0.1:6443"), log);
            assertTrue(read(log).contains("lease"), read(log));
            assertEquals("65532", container.userId());
            String metrics = network.onServer("curl", "-sf", "-m2", "http://127.0.0.1:8080/q/metrics");
            assertTrue(metrics.contains("jvm_memory_used_bytes"), metrics);
            String ready = network.onServer("curl", "-s", "-m5", "http://127.0.0.1:8080/q/health/ready");
            assertTrue(ready.contains("for the lease"), ready);
        }
    }

    @Test
    void shouldRefuseASettingThatItCannotRead() throws Exception {
        try (var container = new Container(image).withEnvironment("DCN_LEADER_ELECTION=maybe")) {
            Run.Result result = container.run();
            assertNotEquals(0, result.exitCode(), result.output());
            assertTrue(result.output().contains("DCN_LEADER_ELECTION=maybe: set it to true or false"), result.output());
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
