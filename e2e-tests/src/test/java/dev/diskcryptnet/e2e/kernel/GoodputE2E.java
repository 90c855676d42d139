package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The agent and Linux send to a Linux client over the same line of 100 Mbit/s and 50 ms, in turns and side by side, with
 * the same algorithm and the same packets lost. Linux's BBR is version 1, the agent's is 3. By default few short turns, which
 * find what is grossly wrong; the bars are for {@code dcn.long}, on a machine that does nothing else.
 */
@Tag("kernel")
class GoodputE2E {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime() & 0xFFFFFF);
    private static final long BITS_PER_SECOND = 100_000_000;
    /** Losses in a million packets that hardly show: one in ten thousand. */
    private static final int FEW = 100;

    private static final int SECONDS = LONG ? 30 : 8;
    private static final int TURNS = LONG ? 5 : 2;
    private static final int SHARED_SECONDS = LONG ? 60 : 15;
    private static final int SHARED_TURNS = LONG ? 3 : 1;
    /** More than the line carries in a minute; nobody looks at what is in it. */
    private static final long OBJECT_BYTES = LONG ? 800L << 20 : 200L << 20;

    private enum Algorithm {
        CUBIC(81),
        BBR(82);

        final int port;

        Algorithm(int port) {
            this.port = port;
        }

        String inLinux() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private static TestBed bed;
    private static Path programs;
    private static final List<LinuxSender> senders = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("line");
        programs = bed.directory().resolve("programs");
        DelayLine.build(programs);
        String linux = DelayLine.insert(bed);
        Path object = bed.directory().resolve("object.bin");
        try (var file = new RandomAccessFile(object.toFile(), "rw")) {
            file.setLength(OBJECT_BYTES);
        }
        bed.format(LONG ? "1Gi" : "256Mi");
        bed.put(object, "/object.bin");
        for (Algorithm algorithm : Algorithm.values()) {
            bed.listen(algorithm.port, algorithm.inLinux());
            senders.add(LinuxSender.start(linux, programs, algorithm.port, algorithm.inLinux(), object));
        }
        bed.usePortDriver("packet"); // it is not the subject, and the line wants offloads off
        bed.goFirst();
        bed.startAgent();
    }

    @AfterAll
    static void stop() throws IOException {
        senders.forEach(LinuxSender::close);
        bed.close();
    }

    private static String ours() {
        return bed.family().host();
    }

    private static String linux() {
        return Family.inUrl(LinuxSender.address(bed.family()));
    }

    private static String name(String host) {
        return host.equals(ours()) ? "ours" : "Linux's";
    }

    /** Starts to fetch for so many seconds, however little comes. */
    private static Process fetch(String host, Algorithm algorithm, int seconds) throws IOException {
        return new ProcessBuilder(bed.onClient(
                        "curl",
                        "-s",
                        "-m",
                        Integer.toString(seconds),
                        "-o",
                        "/dev/null",
                        "-w",
                        "%{size_download}",
                        "http://" + host + ":" + algorithm.port + "/object.bin"))
                .start();
    }

    /** Hosts know each other's stations, and the line on which side they are, before anything is measured. */
    private static void meet(String address) {
        bed.tryInClient("ping", "-qc", "2", "-W", "1", address);
    }

    /** Payload bytes a second, the connection's start and all. */
    private static double rate(Process fetch, int seconds) throws Exception {
        String bytes = new String(fetch.getInputStream().readAllBytes());
        fetch.waitFor();
        return Double.parseDouble(bytes) / seconds;
    }

    /** Goodput of one stream that has the line for itself. */
    private static double alone(String host, Algorithm algorithm, DelayLine.Traits traits) throws Exception {
        try (DelayLine line = DelayLine.start(bed, programs, traits)) {
            meet(host.equals(ours()) ? bed.family().server : LinuxSender.address(bed.family()));
            double rate = rate(fetch(host, algorithm, SECONDS), SECONDS);
            System.out.printf(
                    "%s %s seed=%d goodput=%.2f Mbit/s, line: %s%n",
                    host, algorithm, traits.seed(), 8e-6 * rate, line.stop());
            return rate;
        }
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** Standard error of the mean. */
    private static double error(List<Double> values) {
        double mean = mean(values);
        DoubleStream squares = values.stream().mapToDouble(value -> (value - mean) * (value - mean));
        return Math.sqrt(squares.sum() / (values.size() - 1) / values.size());
    }

    static Stream<Arguments> losses() {
        int[] perMillion = LONG ? new int[] {FEW, 1_000, 10_000, 30_000} : new int[] {FEW, 10_000};
        return Stream.of(Algorithm.values()).flatMap(algorithm -> java.util.Arrays.stream(perMillion)
                .mapToObj(losses -> Arguments.of(algorithm, losses)));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void shouldDeliverAsMuchAsLinuxWhateverIsLost(Algorithm algorithm, int lossPerMillion) throws Exception {
        List<Double> ours = new ArrayList<>();
        List<Double> linux = new ArrayList<>();
        for (int turn = 0; turn < TURNS; turn++) {
            var traits = DelayLine.Traits.of(BITS_PER_SECOND, lossPerMillion, SEED + turn);
            linux.add(alone(linux(), algorithm, traits));
            ours.add(alone(ours(), algorithm, traits));
        }
        double spread = error(ours) + error(linux);
        System.out.printf(
                "| %s | %.2f %% | %.1f ± %.1f | %.1f ± %.1f | %.2f |%n",
                algorithm,
                lossPerMillion * 1e-4,
                8e-6 * mean(ours),
                8e-6 * error(ours),
                8e-6 * mean(linux),
                8e-6 * error(linux),
                mean(ours) / mean(linux));
        if (algorithm == Algorithm.BBR && lossPerMillion == FEW) {
            double share =
                    mean(ours) / DelayLine.Traits.of(BITS_PER_SECOND, FEW, SEED).payloadBytesPerSecond(bed.family());
            assertTrue(share >= (LONG ? 0.95 : 0.5), "share=" + share);
        }
        double slack = LONG ? 0.02 : 0.5;
        assertTrue(
                mean(ours) >= (1 - slack) * mean(linux) - spread,
                () -> "ours=" + ours + " linux=" + linux + " bytes a second");
    }

    /** Jain's index of a pair, the second of which starts a second later. A share of 2 to 1 is 0.9. */
    private static double share(String first, String second, Algorithm algorithm, int turn) throws Exception {
        var traits = DelayLine.Traits.of(BITS_PER_SECOND, 0, SEED + turn);
        try (DelayLine line = DelayLine.start(bed, programs, traits)) {
            meet(LinuxSender.address(bed.family()));
            meet(bed.family().server);
            Process early = fetch(first, algorithm, SHARED_SECONDS + 1);
            Thread.sleep(1_000);
            Process late = fetch(second, algorithm, SHARED_SECONDS);
            double a = rate(early, SHARED_SECONDS + 1);
            double b = rate(late, SHARED_SECONDS);
            double jain = (a + b) * (a + b) / (2 * (a * a + b * b));
            double share = (a + b) / traits.payloadBytesPerSecond(bed.family());
            System.out.printf(
                    "| %s, %s and %s | %.1f and %.1f | %.3f | share %.3f, %s%n",
                    algorithm, name(first), name(second), 8e-6 * a, 8e-6 * b, jain, share, line.stop());
            boolean oursToo = second.equals(ours());
            assertTrue(!oursToo || share >= (LONG ? 0.9 : 0.5), "share=" + share);
            return jain;
        }
    }

    private static double meanShare(String first, String second, Algorithm algorithm) throws Exception {
        double sum = 0;
        for (int turn = 0; turn < SHARED_TURNS; turn++) {
            sum += share(first, second, algorithm, turn);
        }
        System.out.printf("| %s, %s and %s | %.3f |%n", algorithm, name(first), name(second), sum / SHARED_TURNS);
        return sum / SHARED_TURNS;
    }

    /**
     * An index of 0.9; of CUBIC what two streams of Linux's own reach where that is less, as its windows come together so
     * slowly that a minute keeps much of how they have met; and beside version 1 of BBR, which keeps two round trips in
     * flight whatever is lost, what that leaves to others.
     */
    @ParameterizedTest
    @EnumSource
    void shouldShareTheLineFairly(Algorithm algorithm) throws Exception {
        double bar = LONG ? 0.9 : 0.51; // 1 % of the line
        if (LONG && algorithm == Algorithm.CUBIC) {
            bar = Math.min(bar, meanShare(linux(), linux(), algorithm));
        }
        double alone = meanShare(ours(), ours(), algorithm);
        assertTrue(alone >= bar, "jain=" + alone + " bar=" + bar);
        double mixed = meanShare(linux(), ours(), algorithm);
        double mixedBar = LONG && algorithm == Algorithm.BBR ? 0.6 : bar;
        assertTrue(mixed >= mixedBar, "jain=" + mixed + " bar=" + mixedBar);
    }
}
