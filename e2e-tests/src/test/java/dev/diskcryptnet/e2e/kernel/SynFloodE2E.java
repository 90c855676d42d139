package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A flood of SYNs from anywhere, on a core of its own, against an agent on another. */
@Tag("kernel")
class SynFloodE2E {
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int AGENT_CPU = 0;
    private static final int CLIENT_CPU = 1;
    private static final int OBJECT_BYTES = 32 << 20;
    private static final int STREAMS = 4;
    private static final int NEW_CLIENTS = 10;
    /** SYNs a second, or as many as the client's core can send. */
    private static final int FLOOD = 100_000;

    private static final int GREAT_FLOOD = 500_000;

    /** Of which the middle one counts: others may want the processors too. */
    private static final int TURNS = 3;

    private static final int SECONDS = LONG ? 60 : 4;
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private static TestBed bed;
    private static Path object;

    @BeforeAll
    static void make() throws Exception {
        bed = TestBed.create("flood");
        System.out.println("seed=" + SEED);
        object = bed.randomFile("object.bin", OBJECT_BYTES, SEED);
        bed.format("128Mi");
        bed.put(object, "/object.bin");
        bed.useKernelCache();
        bed.inClient("ip", "link", "add", "sink", "type", "veth", "peer", "name", "drain");
        bed.inClient("ip", "link", "set", "sink", "up");
        bed.inClient("ip", "link", "set", "drain", "up");
        // On veth the sender's core does the receiver's work, too; on two machines it does not.
        bed.inClient("sh", "-c", "echo " + (1 << CLIENT_CPU) + " >/sys/class/net/view/queues/rx-0/rps_cpus");
        bed.inServer("sh", "-c", "echo " + (1 << AGENT_CPU) + " >/sys/class/net/port/queues/rx-0/rps_cpus");
    }

    @AfterAll
    static void stop() throws IOException {
        bed.close();
    }

    /**
     * Streams at all the speed that there is, in turns beside a flood that goes nowhere, as it takes its part of the
     * client's core, and in one that comes: more than half of the speed is left. Every SYN is accounted for.
     */
    @ParameterizedTest
    @ValueSource(ints = {FLOOD, GREAT_FLOOD})
    void shouldStreamAndTakeNewClientsInAFloodFromAnywhere(int rate) throws Exception {
        AgentProcess agent = bed.startAgent("--cpus", Integer.toString(AGENT_CPU));
        try (ClientProgram stream = ClientProgram.startOn(
                CLIENT_CPU, bed, StreamClient.class, TestBed.SERVER_ADDRESS, "/object.bin", object, STREAMS, 0)) {
            bytesPerSecond(stream, "alone");
            double[] shares = new double[TURNS];
            for (int turn = 0; turn < TURNS; turn++) {
                double beside;
                try (ClientProgram flood = flood("sink", rate)) {
                    beside = bytesPerSecond(stream, "beside a flood");
                }
                shares[turn] = inTheFlood(stream, rate) / beside;
            }
            System.out.println("rate=" + rate + " shares=" + Arrays.toString(shares));
            Arrays.sort(shares);
            assertTrue(shares[TURNS / 2] > 0.5, "shares=" + Arrays.toString(shares));
            assertTrue(Metrics.of(bed).sum("dcn_tcp_syn_cookies_sent_total") > 0, "none of the flood was answered");
        } finally {
            agent.kill();
        }
    }

    /** @return the streams' speed */
    private static double inTheFlood(ClientProgram stream, int rate) throws Exception {
        Metrics before = Metrics.of(bed);
        double speed;
        long sent;
        try (ClientProgram flood = flood("view", rate)) {
            speed = bytesPerSecond(stream, "in the flood");
            long startNs = System.nanoTime();
            for (int client = 0; client < NEW_CLIENTS; client++) {
                shouldAnswerANewClient();
            }
            System.out.println("new clients=" + NEW_CLIENTS + " ms=" + (System.nanoTime() - startNs) / 1_000_000);
            String line = flood.await("sent=", LIMIT);
            sent = ClientProgram.figure(line, "sent");
            System.out.println("flood: " + line);
        }
        Metrics after = Metrics.of(bed);
        long answered = more("dcn_tcp_syn_cookies_sent_total", before, after);
        long shed = more("dcn_tcp_syn_dropped_total", before, after);
        long dropped = more("dcn_port_receive_dropped_frames_total", before, after);
        System.out.println("cookies=" + answered + " shed=" + shed + " receiveDropped=" + dropped);
        assertTrue(
                answered + shed + dropped > sent * 9 / 10,
                "SYNs went elsewhere: cookies=" + answered + " shed=" + shed + " sent=" + sent);
        assertTrue(dropped < sent / 100, "SYNs filled the ring: receiveDropped=" + dropped);
        return speed;
    }

    private static long more(String counter, Metrics before, Metrics after) {
        return after.sum(counter) - before.sum(counter);
    }

    private static ClientProgram flood(String interfaceName, int rate) throws IOException {
        String agentMac = bed.inServer("cat", "/sys/class/net/port/address").strip();
        String clientMac = bed.inClient("cat", "/sys/class/net/view/address").strip();
        long count = (long) rate * (SECONDS + 5);
        return ClientProgram.startOn(
                CLIENT_CPU,
                bed,
                SynFlood.class,
                interfaceName,
                agentMac,
                clientMac,
                TestBed.SERVER_ADDRESS,
                count,
                SEED,
                rate,
                "all");
    }

    /** A client's first SYN is most likely dropped among the others; it is sent again after a second, and known then. */
    private static void shouldAnswerANewClient() {
        String status = bed.inClient(
                "curl",
                "-sS",
                "-m",
                "20",
                "-o",
                "/dev/null",
                "-r",
                "0-99",
                "-w",
                "%{http_code}",
                bed.url("/object.bin"));
        assertTrue(status.equals("206"), status);
    }

    private static double bytesPerSecond(ClientProgram stream, String when) throws Exception {
        Thread.sleep(1_500);
        long before = received(stream);
        long startNs = System.nanoTime();
        Thread.sleep(SECONDS * 1_000L);
        double speed = (received(stream) - before) * 1e9 / (System.nanoTime() - startNs);
        System.out.printf("%s: %.2f Gbit/s%n", when, speed * 8e-9);
        return speed;
    }

    private static long received(ClientProgram stream) throws Exception {
        return ClientProgram.figure(stream.ask("", "received=", LIMIT), "received");
    }
}
