package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames that are wrong, and links that lose them. */
@Tag("kernel")
class FaultsE2E {
    private static final int FRAMES = 1_000_000;
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int OBJECT_BYTES = 8 << 20;
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private static TestBed bed;
    private static Path object;
    private AgentProcess agent;

    @BeforeAll
    static void start() throws Exception {
        System.out.println("seed=" + SEED);
        bed = TestBed.create("faults");
        object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.format("64Mi");
        bed.put(object, "/object.bin");
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    @AfterEach
    void stopAgent() {
        agent.kill();
    }

    @Test
    void shouldGoOnStreamingWhileMalformedFramesArrive() throws Exception {
        String agentMac = bed.inServer("cat", "/sys/class/net/port/address").strip();
        String clientMac = bed.inClient("cat", "/sys/class/net/view/address").strip();
        agent = bed.startAgent();
        Metrics before = Metrics.of(bed);
        try (ClientProgram stream = ClientProgram.start(
                        bed, StreamClient.class, TestBed.SERVER_ADDRESS, "/object.bin", object, 1, 10_000_000);
                ClientProgram fuzz =
                        ClientProgram.start(bed, FrameFuzz.class, "view", agentMac, clientMac, FRAMES, SEED)) {
            System.out.println(fuzz.await("sent=", LIMIT));
            long then = ClientProgram.figure(stream.ask("", "received=", LIMIT), "received");
            Thread.sleep(1_000);
            String line = stream.ask("", "received=", LIMIT);
            System.out.println(line);
            assertTrue(ClientProgram.figure(line, "received") > then, line);
        }
        assertTrue(agent.isAlive(), agent.log());
        Metrics after = Metrics.of(bed);
        for (String name : List.of(
                "dcn_ip_dropped_packets_total", "dcn_tcp_malformed_segments_total", "dcn_tcp_segments_dropped_total")) {
            long dropped = after.sum(name) - before.sum(name);
            System.out.println(name + " " + dropped);
            assertTrue(dropped > 0, name + " did not rise");
        }
        for (String reason : List.of(
                "extension_header", "fragment", "hop_limit", "nd_malformed", "router_advertisement", "redirect")) {
            String series = "dcn_ip_dropped_packets_total{port=\"port\",reason=\"" + reason + "\"";
            assertTrue(after.sumOf(series) > before.sumOf(series), reason + " did not rise");
        }
        for (Family family : Family.values()) {
            bed.inClient("curl", "-sSf", "-m", "20", "-o", "/dev/null", "http://" + family.host() + "/object.bin");
        }
    }

    @ParameterizedTest
    @EnumSource(Family.class)
    void shouldServeIdenticalBytesOverALinkThatLosesPackets(Family family) throws Exception {
        // One frame is one packet here, so that each can be lost by itself.
        bed.inClient("ethtool", "-K", "view", "tso", "off", "gso", "off", "gro", "off");
        bed.inServer("ethtool", "-K", "port", "tso", "off", "gso", "off", "gro", "off");
        agent = bed.startAgent();
        for (String chain : List.of("INPUT", "OUTPUT")) {
            bed.inClient(
                    family.tables,
                    "-A",
                    chain,
                    // Neighbour discovery has its own tests; here TCP is to lose packets.
                    "-p",
                    "tcp",
                    "-d",
                    chain.equals("INPUT") ? family.client : family.server,
                    "-m",
                    "statistic",
                    "--mode",
                    "random",
                    "--probability",
                    "0.02",
                    "-j",
                    "DROP");
        }
        long before = Metrics.of(bed).sum("dcn_tcp_retransmitted_bytes_total");
        Path fetched = bed.directory().resolve("fetched");
        try {
            for (int i = 0; i < 3; i++) {
                bed.inClient(
                        "curl",
                        "-sSf",
                        "-m",
                        "60",
                        "-o",
                        fetched.toString(),
                        "http://" + family.host() + "/object.bin");
                assertEquals(-1, Files.mismatch(object, fetched));
            }
        } finally {
            bed.inClient(family.tables, "-F");
        }
        long again = Metrics.of(bed).sum("dcn_tcp_retransmitted_bytes_total") - before;
        System.out.printf("retransmitted %.1f %%%n", 100.0 * again / (3.0 * OBJECT_BYTES));
        assertTrue(again > 0.01 * 3 * OBJECT_BYTES, "hardly anything was lost, retransmittedBytes=" + again);
        assertTrue(again < 0.10 * 3 * OBJECT_BYTES, "more than need be was sent again, retransmittedBytes=" + again);
    }
}
