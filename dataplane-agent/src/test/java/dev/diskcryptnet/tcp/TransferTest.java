package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whole transfers through a simulated network, from many seeds. */
class TransferTest {
    private static final long MILLISECOND = 1_000_000;
    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime() ^ new Random().nextLong());

    @Test
    void shouldDeliverEveryByteInOrderWhateverTheNetworkDoes() {
        int runs = LONG ? 5000 : 300;
        System.out.println("TransferTest -Ddcn.seed=" + SEED + " runs=" + runs);
        for (int i = 0; i < runs; i++) {
            transfer(SEED + i);
        }
        seen.forEach((name, count) -> assertTrue(count > 0, name + " never happened: the network is too kind"));
    }

    /** Two per cent loss and reordering both ways: most losses are repaired without a timeout. */
    @Test
    void shouldRepairMostLossesWithoutATimeout() {
        var weather = new SimulatedNetwork.Weather(0.02, 0.02, 0, 0.02, MILLISECOND, MILLISECOND, 1.25);
        var network = new SimulatedNetwork(SEED, weather, TcpConfig.forMtu(1500), 0);
        var traits = new SimulatedClient.Traits(true, true, 7, 1460, 4 << 20, true, 0);
        var client = new SimulatedClient(network, traits, 1000, 100, new Random(SEED));
        network.add(1000, client, 20_000_000);
        network.after(0, client::connect);
        assertTrue(network.run(900_000 * MILLISECOND), () -> "seed=" + SEED + network.state());
        long timeouts = network.counter("dcn_tcp_retransmission_timeouts");
        long recoveries = network.counter("dcn_tcp_fast_recoveries");
        System.out.println("TransferTest 20 MB at 2 % loss: " + network.nowNs() / MILLISECOND + " ms, recoveries="
                + recoveries + " timeouts=" + timeouts);
        assertTrue(recoveries > 20 && timeouts * 2 < recoveries, () -> "seed=" + SEED + network.state());
    }

    private final Map<String, Long> seen = new TreeMap<>();

    private void note(SimulatedNetwork network, String name, String... label) {
        seen.merge(name + String.join("", label), network.counter(name, label), Long::sum);
    }

    private void transfer(long seed) {
        // Mixed, since the first draws of java.util.Random from neighbouring seeds are nearly the same.
        Random random = new Random(new SplittableRandom(seed).nextLong());
        double loss = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.08;
        var weather = new SimulatedNetwork.Weather(
                loss,
                random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.1,
                random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.05,
                random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.2,
                random.nextInt(30) * MILLISECOND,
                (1 + random.nextInt(20)) * MILLISECOND,
                random.nextBoolean() ? 0 : 0.01 + random.nextDouble() * 0.2);
        long start = random.nextBoolean() ? 0 : random.nextLong() >> 2;
        var network = new SimulatedNetwork(seed, weather, TcpConfig.forMtu(1500), start);
        int count = 1 + random.nextInt(3);
        StringBuilder what = new StringBuilder("seed=" + seed + " " + weather);
        for (int i = 0; i < count; i++) {
            boolean slowReader = random.nextInt(5) == 0;
            var traits = new SimulatedClient.Traits(
                    random.nextInt(3) > 0,
                    random.nextBoolean(),
                    random.nextBoolean() ? random.nextInt(8) : -1,
                    random.nextInt(4) == 0 ? 536 + random.nextInt(1000) : 1460,
                    slowReader ? 8000 + random.nextInt(60000) : 30_000 + random.nextInt(1_000_000),
                    random.nextBoolean(),
                    slowReader ? random.nextInt(400) * MILLISECOND : 0);
            int port = 1000 + i;
            long bytes = random.nextInt(10) == 0 ? random.nextInt(3) : random.nextInt(400_000);
            var client = new SimulatedClient(network, traits, port, 1 + random.nextInt(5000), random);
            network.add(port, client, bytes);
            what.append(" bytes=").append(bytes).append(' ').append(traits);
            network.after(random.nextInt(1000) * MILLISECOND, client::connect);
        }
        boolean done;
        try {
            done = network.run(900_000 * MILLISECOND);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(what.toString(), e);
        }
        assertTrue(done, () -> what + network.state());
        for (CloseReason reason : network.closed) {
            assertEquals(CloseReason.FINISHED, reason, what::toString);
        }
        assertEquals(0, network.stack.receivePool().inUse(), what::toString);
        note(network, "dcn_tcp_retransmitted_bytes", "timeout");
        note(network, "dcn_tcp_retransmitted_bytes", "fast");
        note(network, "dcn_tcp_zero_window_probes");
        note(network, "dcn_tcp_out_of_order_segments");
        note(network, "dcn_tcp_fast_recoveries");
    }
}
