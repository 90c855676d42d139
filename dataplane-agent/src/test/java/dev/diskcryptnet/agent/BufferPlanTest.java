package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.crds.Reason;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BufferPlanTest {
    private static AgentConfig config(String workers, String listener) {
        return AgentConfig.parse("""
                disks: [{path: /dev/nvme0n1}]
                ports:
                - {interfaceName: eth1, addresses: [192.0.2.10/24]}
                - {interfaceName: eth2, addresses: [198.51.100.10/24]}
                workers: %s
                listeners: [%s]
                """.formatted(workers, listener), "test");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                    | {port: 80} | packet:eth1
            {bufferMemory: 64Mi}                                  | {port: 80} | packet:eth1?memory=33554432
            {count: 2, bufferMemory: 64Mi}                        | {port: 80} | packet:eth1?memory=16777216
            {hugepages: 1Gi}                                      | {port: 80} | packet:eth1?memory=33554432&huge=1
            {hugepages: 22Mi}                                     | {port: 80} | packet:eth1?memory=10485760&huge=1
            {hugepages: 1Gi, bufferMemory: 61Mi}                  | {port: 80} | packet:eth1?memory=31457280&huge=1
            {count: 2, hugepages: 64Mi, bufferMemory: 64Mi}       | {port: 80} | packet:eth1?memory=16777216&huge=1
            {hugepages: 64Mi}      | {port: 443, tls: {secretName: a}} | packet:eth1?memory=18874368&huge=1
            {hugepages: 92Mi, bufferMemory: 64Mi} | {port: 443, tls: {secretName: a}} | packet:eth1?memory=33554432&huge=1
            """)
    void shouldShareTheMemoryOut(String workers, String listener, String uri) {
        assertEquals(uri, BufferPlan.of(config(workers, listener)).appliedTo("packet:eth1"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {hugepages: 6Mi}                                | {port: 80}                      | 8.0 MiB
            {count: 4, hugepages: 24Mi}                     | {port: 80}                      | 32.0 MiB
            {hugepages: 32Mi}                               | {port: 443, tls: {secretName: a}} | 36.0 MiB
            {hugepages: 64Mi, bufferMemory: 64Mi}           | {port: 443, tls: {secretName: a}} | 92.0 MiB
            """)
    void shouldSayHowManyHugePagesAreNeeded(String workers, String listener, String least) {
        AgentConfig config = config(workers, listener);
        CommandException refused = assertThrows(CommandException.class, () -> BufferPlan.of(config));
        assertEquals(Reason.SpecInvalid, refused.reason());
        assertTrue(refused.getMessage().contains("write at least " + least), refused::getMessage);
        // What it says is true.
        String written = workers.replaceFirst("hugepages: \\d+", "hugepages: " + least.replace(".0 MiB", ""));
        assertTrue(BufferPlan.of(config(written, listener)).hugePages());
    }

    @Test
    void shouldAddToOptionsThatAUriHas() {
        assertEquals(
                "xdp:eth1?zerocopy=prefer&memory=4096",
                new BufferPlan(4096, false).appliedTo("xdp:eth1?zerocopy=prefer"));
        assertEquals("xdp:eth1", new BufferPlan(0, false).appliedTo("xdp:eth1"));
    }

    @Test
    void shouldHoldInASample() {
        assertTrue(BufferPlan.of(AgentConfig.load(Path.of("../deploy/samples/connectx6.yaml")))
                .hugePages());
    }
}
