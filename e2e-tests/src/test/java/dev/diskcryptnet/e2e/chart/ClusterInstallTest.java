package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.ClusterInstall;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code dcn up --cluster}, as far as Helm's part goes. */
@Tag("cluster")
class ClusterInstallTest {
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/diskcryptnet/deployments/";

    @TempDir
    Path directory;

    private static JsonNode operator(ApiServer server) {
        String path = server.paths().stream()
                .filter(one -> one.startsWith(DEPLOYMENTS))
                .findFirst()
                .orElseThrow(() -> new AssertionError(server.paths().toString()));
        return server.get(path);
    }

    @Test
    void shouldInstallTheChartAndUpgradeItTheNextTime() throws Exception {
        try (ApiServer server = new ApiServer()) {
            Path kubeconfig = Files.writeString(directory.resolve("kubeconfig"), server.kubeConfig());
            ClusterInstall.chart(Chart.DIRECTORY, kubeconfig, Map.of("pollInterval", "2s"));
            assertNotNull(server.get("/api/v1/namespaces/diskcryptnet"), "the namespace is made");
            assertTrue(
                    operator(server).toString().contains("\"2s\""),
                    operator(server).toString());

            ClusterInstall.chart(Chart.DIRECTORY, kubeconfig, Map.of("pollInterval", "3s"));
            assertTrue(
                    operator(server).toString().contains("\"3s\""),
                    operator(server).toString());
            assertEquals(
                    2,
                    server.paths().stream()
                            .filter(path -> path.contains("/secrets/sh.helm.release.v1.diskcryptnet.v"))
                            .count(),
                    "two revisions of one release");
        }
    }
}
