package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random ranges over 500 objects, 200 at a time, come back identical: on a clean path, on a bad one, while objects come and
 * go, and under TLS. In full 10,000 ranges over objects up to 1 GiB, else a fifth of that over objects up to 64 MiB.
 */
@Tag("kernel")
@ParameterizedClass(name = "{0}")
@EnumSource(Family.class)
class RangesE2E {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final int OBJECTS = 500;
    private static final int AT_A_TIME = 200;
    private static final int RANGES = LONG ? 10_000 : 2_000;
    private static final long LARGEST_BYTES = LONG ? 1L << 30 : 64L << 20;
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());

    @Parameter
    Family family;

    private static TestBed bed;
    private static Path objects;
    private static Certificates certificates;
    private AgentProcess agent;

    @BeforeParameterizedClassInvocation
    static void makeObjects(Family family) throws Exception {
        bed = TestBed.create("ranges", family);
        objects = Files.createDirectory(bed.directory().resolve("objects"));
        var random = new Random(SEED);
        for (int i = 0; i < OBJECTS; i++) {
            bed.randomFile("objects/%03d.bin".formatted(i), sizeOf(i, random), SEED + i);
        }
        bed.format(LONG ? "8Gi" : "1Gi");
        bed.put(objects, "/");
        certificates = bed.serveTls();
        certificates.issue("default", "ec", "IP:" + family.server);
    }

    /** The largest once, and sizes of every order of magnitude from 4 KB on, small ones more often. */
    private static long sizeOf(int number, Random random) {
        if (number == 0) {
            return LARGEST_BYTES;
        }
        double share = Math.pow(random.nextDouble(), 3);
        return (long) (4_000 * Math.pow(LARGEST_BYTES / 16.0 / 4_000, share));
    }

    @AfterParameterizedClassInvocation
    static void stop() throws IOException {
        bed.close();
    }

    @AfterEach
    void stopAgent() {
        agent.kill();
    }

    private static void askForRanges(int longestBytes) throws IOException {
        askForRanges(bed.url(""), longestBytes);
    }

    private static void askForRangesUnderTls(int longestBytes, String version) throws IOException {
        askForRanges(bed.tlsUrl(""), longestBytes, certificates.authority().toString(), version);
    }

    private static void askForRanges(String base, int longestBytes, String... tls) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx512m",
                "-cp",
                Path.of("target/test-classes").toAbsolutePath().toString(),
                RangeClient.class.getName(),
                base,
                objects.toString(),
                Integer.toString(RANGES),
                Integer.toString(AT_A_TIME),
                Integer.toString(longestBytes),
                Long.toString(SEED)));
        command.addAll(List.of(tls));
        Run.Result result = bed.tryInClient(command.toArray(String[]::new));
        System.out.println(result.output());
        assertTrue(result.ok(), result.output());
    }

    @Test
    void shouldServeRandomRangesIdentically() throws Exception {
        agent = bed.startAgent();
        askForRanges(2 << 20);
    }

    @Test
    void shouldServeRandomRangesIdenticallyFromTwoWorkers() throws Exception {
        agent = bed.startAgent(2);
        askForRanges(1 << 20);
    }

    @Test
    void shouldServeRandomRangesIdenticallyUnderLossAndReordering() throws Exception {
        agent = bed.startAgent("--fault", "drop=0.02,reorder=0.02,seed=" + SEED);
        askForRanges(200_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void shouldServeRandomRangesIdenticallyUnderTls(String version) throws Exception {
        agent = bed.startAgent();
        askForRangesUnderTls(2 << 20, version);
    }

    @Test
    void shouldServeRandomRangesIdenticallyUnderTlsFromTwoWorkers() throws Exception {
        agent = bed.startAgent(2);
        askForRangesUnderTls(1 << 20, "TLSv1.3");
    }

    @Test
    void shouldServeRandomRangesIdenticallyUnderTlsAndLossAndReordering() throws Exception {
        agent = bed.startAgent("--fault", "drop=0.02,reorder=0.02,seed=" + SEED);
        askForRangesUnderTls(200_000, "TLSv1.3");
    }

    @Test
    void shouldServeRandomRangesIdenticallyWhileObjectsComeAndGo() throws Exception {
        agent = bed.startAgent();
        var done = new AtomicBoolean();
        Path upload = objects.resolve("010.bin");
        Thread churn = Thread.ofPlatform().start(() -> {
            for (int i = 0; !done.get(); i++) {
                String target = bed.adminUrl("/v1/objects/churn/" + i % 7);
                admin("-T", upload.toString(), target);
                if (i % 3 == 0) {
                    admin("-X", "DELETE", target);
                }
            }
        });
        try {
            askForRanges(1 << 20);
        } finally {
            done.set(true);
            churn.join();
        }
        assertTrue(agent.isAlive(), agent.log());
    }

    private static void admin(String... arguments) {
        String[] command = new String[arguments.length + 6];
        System.arraycopy(new String[] {"curl", "-sS", "-m", "20", "-H", TestBed.AUTHORIZATION}, 0, command, 0, 6);
        System.arraycopy(arguments, 0, command, 6, arguments.length);
        bed.tryInClient(command);
    }
}
