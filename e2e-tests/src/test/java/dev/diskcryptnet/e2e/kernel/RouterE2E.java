package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A client behind the agent's gateway, which is a Linux router: one that passes on shorter packets only, and says so or does
 * not, and one that changes its station.
 *
 * <pre>
 *   namespace dcn-router-f                     the test bed's client, now a router       the agent
 *   far 198.18.7.2/24, fd00:198:18:7::2  ====  narrow 198.18.7.1      view .4.1  ======  198.18.4.2
 * </pre>
 */
@Tag("kernel")
class RouterE2E {
    private static final String FAR = "dcn-router-f";
    private static final int OBJECT_BYTES = 8 << 20;
    private static final int NARROW_BYTES = 1400;
    private static final String TOLD = "dcn_tcp_path_mtu_reductions_total{cause=\"told\"";
    private static final String SUSPECTED = "dcn_tcp_path_mtu_reductions_total{cause=\"suspected\"";

    private TestBed bed;
    private Path object;
    private AgentProcess agent;

    @BeforeEach
    void start() throws Exception {
        bed = TestBed.create("router");
        object = bed.randomFile("object.bin", OBJECT_BYTES, 5);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
        addFarHost();
    }

    @AfterEach
    void stop() throws IOException {
        removeFarHost();
        bed.close();
    }

    private void addFarHost() {
        removeFarHost();
        Run.checked("ip", "netns", "add", FAR);
        bed.inClient("ip", "link", "add", "narrow", "type", "veth", "peer", "name", "far", "netns", FAR);
        bed.inClient("ip", "address", "add", "198.18.7.1/24", "dev", "narrow");
        bed.inClient("ip", "address", "add", "fd00:198:18:7::1/64", "dev", "narrow", "nodad");
        bed.inClient("ip", "link", "set", "narrow", "up");
        bed.inClient("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
        onFar("ip", "address", "add", "198.18.7.2/24", "dev", "far");
        onFar("ip", "address", "add", "fd00:198:18:7::2/64", "dev", "far", "nodad");
        onFar("ip", "link", "set", "far", "up");
        onFar("ip", "route", "add", "default", "via", "198.18.7.1");
        onFar("ip", "-6", "route", "add", "default", "via", "fd00:198:18:7::1");
    }

    private static void removeFarHost() {
        if (Run.quietly("ip", "netns", "pids", FAR).ok()) {
            Run.checked("ip", "netns", "delete", FAR);
        }
    }

    private static String onFar(String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", FAR));
        whole.addAll(List.of(command));
        return Run.checked(whole.toArray(String[]::new));
    }

    private void fetch(Family family) throws IOException {
        Path target = bed.directory().resolve("fetched");
        Files.deleteIfExists(target);
        onFar("curl", "-sSf", "-m", "60", "-o", target.toString(), "http://" + family.host() + "/object.bin");
        assertEquals(-1, Files.mismatch(object, target));
    }

    private long count(String begin) throws InterruptedException {
        return Metrics.of(bed).sumOf(begin);
    }

    /** Two workers: the router's word reaches one and concerns the other. */
    @ParameterizedTest
    @CsvSource({"IPV4, 1", "IPV6, 1", "IPV4, 2", "IPV6, 2"})
    void shouldHeedARouterThatPassesOnShorterPacketsOnly(Family family, int workers) throws Exception {
        bed.inClient("ip", "link", "set", "narrow", "mtu", Integer.toString(NARROW_BYTES));
        agent = bed.startAgent(workers);
        long timeouts = count("dcn_tcp_retransmission_timeouts_total");
        for (int i = 0; i < 4; i++) {
            fetch(family);
        }
        long told = count(TOLD);
        assertTrue(told >= 1 && told <= workers, "told=" + told + ": a worker knows the path for its next connection");
        assertEquals(0, count(SUSPECTED));
        assertEquals(timeouts, count("dcn_tcp_retransmission_timeouts_total"), "nobody waited for a timer");
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void shouldFindAPathsLengthWhereTheRouterSaysNothing(Family family) throws Exception {
        bed.inClient("ip", "link", "set", "narrow", "mtu", Integer.toString(NARROW_BYTES));
        String[] type = family == Family.IPV4
                ? new String[] {"icmp", "--icmp-type", "fragmentation-needed"}
                : new String[] {"icmpv6", "--icmpv6-type", "packet-too-big"};
        List<String> rule = new ArrayList<>(List.of(family.tables, "-A", "OUTPUT", "-p"));
        rule.addAll(List.of(type));
        rule.addAll(List.of("-j", "DROP"));
        bed.inClient(rule.toArray(String[]::new));
        agent = bed.startAgent();
        fetch(family);
        assertEquals(0, count(TOLD));
        assertEquals(1, count(SUSPECTED));
    }

    /** Nothing is said of the change: the kernel's new address simply takes over. */
    @ParameterizedTest
    @EnumSource(Family.class)
    void shouldFollowAGatewayThatChangesItsStation(Family family) throws Exception {
        agent = bed.startAgent();
        fetch(family);
        Path target = bed.directory().resolve("slow");
        Process slow = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        FAR,
                        "curl",
                        "-sSf",
                        "-m",
                        "90",
                        "--limit-rate",
                        "1M",
                        "-o",
                        target.toString(),
                        "http://" + family.host() + "/object.bin")
                .redirectErrorStream(true)
                .redirectOutput(bed.directory().resolve("slow.log").toFile())
                .start();
        while (!Files.exists(target) || Files.size(target) < 500_000) {
            Thread.sleep(20);
        }
        bed.inClient("ip", "link", "set", "view", "address", "02:00:00:00:99:99");
        fetch(family);
        assertEquals(0, slow.waitFor(), () -> "running response broke");
        assertEquals(-1, Files.mismatch(object, target));
    }
}
