package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A long line with a bottleneck and losses between the client of a {@link TestBed} and its servers, which are the agent and a
 * Linux beside it; this kernel has no netem. The program is line/delay-line.c.
 *
 * <pre>
 *   namespace dcn-NAME-c            dcn-NAME-l                           dcn-NAME-s
 *   view 198.18.4.1  ====  far  delay-line  near  ====================  port 198.18.4.2, the agent
 *                                           other ===  eth 198.18.4.3    dcn-NAME-k, Linux
 * </pre>
 */
final class DelayLine implements AutoCloseable {
    private static final long HALF_TRIP_US = 25_000;
    /** Payload of a full packet with timestamps, and what it is on the line. */
    private static final double PAYLOAD = 1448.0 / 1514;

    private static final double PAYLOAD_IPV6 = 1428.0 / 1514;

    /** What passes towards the client; the way back is only long. */
    record Traits(long bytesPerSecond, long queueBytes, int lossPerMillion, long seed) {
        /** With a queue of one round trip. */
        static Traits of(long bitsPerSecond, int lossPerMillion, long seed) {
            long bytesPerSecond = bitsPerSecond / 8;
            return new Traits(bytesPerSecond, bytesPerSecond * 2 * HALF_TRIP_US / 1_000_000, lossPerMillion, seed);
        }

        /** Payload that a second has room for. */
        double payloadBytesPerSecond(Family family) {
            return bytesPerSecond * (family == Family.IPV6 ? PAYLOAD_IPV6 : PAYLOAD);
        }
    }

    /** Builds the programs of line/ into a directory. */
    static void build(Path directory) throws IOException, InterruptedException {
        Process make = new ProcessBuilder("make", "-s", "-C", "line", "OUT=" + directory)
                .inheritIO()
                .start();
        assertEquals(0, make.waitFor());
    }

    /**
     * Joins a test bed's hosts by a line that passes nothing yet, and puts a Linux beside the agent.
     *
     * @return the Linux's namespace
     */
    static String insert(TestBed bed) {
        String line = bed.addHost("l");
        String linux = bed.addHost("k");
        bed.insert(line);
        TestBed.in(line, "ip", "link", "add", "other", "type", "veth", "peer", "name", "eth", "netns", linux);
        TestBed.in(line, "sysctl", "-qw", "net.ipv6.conf.other.disable_ipv6=1");
        TestBed.in(linux, "ip", "address", "add", LinuxSender.address(Family.IPV4) + "/24", "dev", "eth");
        TestBed.in(linux, "ip", "address", "add", LinuxSender.address(Family.IPV6) + "/64", "dev", "eth", "nodad");
        // A connection is not to start with what an earlier one has learnt on another path.
        TestBed.in(linux, "sysctl", "-qw", "net.ipv4.tcp_no_metrics_save=1");
        TestBed.in(line, "ip", "link", "set", "other", "up");
        TestBed.in(linux, "ip", "link", "set", "eth", "up");
        for (String end : List.of("far", "near", "other")) {
            packetsOnly(line, end);
        }
        packetsOnly(linux, "eth");
        bed.inServer(packetsOnly("port"));
        bed.inClient(packetsOnly("view"));
        return linux;
    }

    private static void packetsOnly(String namespace, String end) {
        TestBed.in(namespace, packetsOnly(end));
    }

    /** What is handed over is what would be on a wire. */
    private static String[] packetsOnly(String end) {
        return new String[] {"ethtool", "-K", end, "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"};
    }

    private final Process process;
    private final BufferedReader output;

    private DelayLine(Process process) {
        this.process = process;
        this.output = process.inputReader();
    }

    /** Starts a line that was {@link #insert inserted}. */
    static DelayLine start(TestBed bed, Path programs, Traits traits) throws IOException {
        List<String> command = TestBed.prefixed(
                bed.host("l"),
                programs.resolve("delay-line").toString(),
                "far",
                "near,other",
                "--to-far",
                "delay-us=%d,rate=%d,queue=%d,loss-ppm=%d,seed=%d"
                        .formatted(
                                HALF_TRIP_US,
                                traits.bytesPerSecond,
                                traits.queueBytes,
                                traits.lossPerMillion,
                                traits.seed),
                "--to-near",
                "delay-us=" + HALF_TRIP_US);
        var line = new DelayLine(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        assertEquals("ready", line.output.readLine());
        return line;
    }

    /** Ends it. @return its counters of what went to the client */
    String stop() throws IOException {
        process.toHandle().destroy(); // that of Process closes what it prints
        List<String> lines = new ArrayList<>(output.lines().toList());
        String toFar = lines.stream()
                .filter(line -> line.startsWith("to-far "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the line ended with: " + lines));
        assertEquals(0, ClientProgram.figure(toFar, "overrun"), toFar);
        return toFar;
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
