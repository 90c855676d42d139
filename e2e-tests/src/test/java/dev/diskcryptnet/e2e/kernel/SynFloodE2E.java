package dev.diskcryptnet.e2e.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
    /** SYNs a second that streams lose less than half of their speed by, and that they only live through. */
    private static final int FLOOD = 100_000;

    private static final int GREAT_FLOOD = 500_000;

    private static final int SECONDS = LONG ? 60 : 6;
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
     * Streams at all the speed that there is, beside a flood that goes nowhere, as it takes its part of the client's core,
     * and in one that comes.
     */
    @ParameterizedTest
    @ValueSource(ints = {FLOOD, GREAT_FLOOD})
    void shouldStreamAndTakeNewClientsInAFloodFromAnywhere(int rate) throws Exception {
        AgentProcess agent = bed.startAgent("--cpus", Integer.toString(AGENT_CPU));
        try (ClientProgram stream = ClientProgram.startOn(
                CLIENT_CPU, bed, StreamClient.class, TestBed.SERVER_ADDRESS, "/object.bin", object, STREAMS, 0)) {
            double alone = bytesPerSecond(stream, "alone");
            double beside;
            try (ClientProgram flood = flood("sink", rate)) {
                beside = bytesPerSecond(stream, "beside a flood");
            }
            double among;
            long sent;
            Metrics before = Metrics.of(bed);
            try (ClientProgram flood = flood("view", rate)) {
                among = bytesPerSecond(stream, "in the flood");
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
            long answered = after.sum("dcn_tcp_syn_cookies_sent_total") - before.sum("dcn_tcp_syn_cookies_sent_total");
            System.out.printf(
                    "share=%.2f, of alone=%.2f, cookies=%d of SYNs=%d receiveDropped=%d%n",
                    among / beside,
                    among / alone,
                    answered,
                    sent,
                    after.sum("dcn_port_receive_dropped_frames_total")
                            - before.sum("dcn_port_receive_dropped_frames_total"));
            assertTrue(
                    among > beside / (rate == FLOOD ? 2 : 20),
                    "bytesPerSecond beside=" + beside + " in the flood=" + among);
            assertTrue(answered > sent / 10, "the flood was not answered: cookies=" + answered + " sent=" + sent);
        } finally {
            agent.kill();
        }
    }

    private static ClientProgram flood(String interfaceName, int rate) throws IOException {
        String agentMac = bed.inServer("cat", "/sys/class/net/port/address").strip();
        String clientMac = bed.inClient("cat", "/sys/class/net/view/address").strip();
        long count = (long) rate * (SECONDS + 6);
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

    /** Where the flood fills the receive ring, a client's SYN may be lost; it is sent again after 1, 3, 7 and 15 s. */
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
