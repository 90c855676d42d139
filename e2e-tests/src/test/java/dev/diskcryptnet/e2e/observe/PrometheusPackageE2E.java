package dev.diskcryptnet.e2e.observe;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Debian's Prometheus can be had on a machine that has it not. */
@Tag("kernel")
class PrometheusPackageE2E {
    @Test
    void shouldHaveProgramsThatRun() {
        String server = Run.checked(PrometheusPackage.prometheus().toString(), "--version");
        String tool = Run.checked(PrometheusPackage.promtool().toString(), "--version");
        assertTrue(server.startsWith("prometheus, version "), server);
        assertTrue(tool.startsWith("promtool, version "), tool);
    }
}
