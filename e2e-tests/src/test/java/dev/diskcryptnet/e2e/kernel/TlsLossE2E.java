package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A record that is sealed again because it was lost is the same record, or no client would take it. */
@Tag("kernel")
@ParameterizedClass(name = "{0}")
@EnumSource(Family.class)
class TlsLossE2E {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int OBJECT_BYTES = 6_000_007;

    @Parameter
    Family family;

    private static TestBed bed;
    private static Certificates certificates;
    private static Path object;

    @BeforeParameterizedClassInvocation
    static void start(Family family) throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("tlsloss", family);
        object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        certificates = bed.serveTls();
        certificates.issue("default", "ec", "IP:" + family.server);
        bed.startAgent("--fault", "drop=0.02,reorder=0.02,seed=" + SEED);
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        bed.close();
    }

    @ParameterizedTest
    @MethodSource("dev.diskcryptnet.e2e.kernel.TlsClientsE2E#clients")
    void shouldServeIdenticalBytesUnderLossAndReordering(TlsClient client, String version) throws Exception {
        long before = Metrics.of(bed).sum("dcn_tcp_retransmitted_bytes_total");
        for (int i = 0; i < 2; i++) {
            assertEquals(Sha256.of(object), client.fetch(bed, certificates, version, "/object.bin", null));
        }
        assertEquals(
                Sha256.of(object, 1_234_567, 3_000_000),
                client.fetch(bed, certificates, version, "/object.bin", "1234567-4234566"));
        long again = Metrics.of(bed).sum("dcn_tcp_retransmitted_bytes_total") - before;
        System.out.println(client + " " + version + " retransmittedBytes=" + again);
        assertTrue(again > 0, "nothing was lost");
    }
}
