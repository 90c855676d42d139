package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How much of a bottleneck streams use, alone and beside one another, at a round trip of 50 ms. */
class GoodputTest {
    private static final long SECOND = 1_000_000_000;
    private static final long HALF_TRIP_NS = 25_000_000;
    private static final int SEGMENT_BYTES = 1448;
    /** Of what the link carries, what is payload. */
    private static final double PAYLOAD = (double) SEGMENT_BYTES / (SEGMENT_BYTES + SimulatedPath.OVERHEAD_BYTES);

    private static SimulatedNetwork network(CongestionAlgorithm algorithm, double bytesPerNs, double loss, long seed) {
        int product = (int) (bytesPerNs * 2 * HALF_TRIP_NS);
        var down = SimulatedPath.Traits.pipe(bytesPerNs, product, HALF_TRIP_NS).losing(loss);
        var up = SimulatedPath.Traits.pipe(0, 0, HALF_TRIP_NS);
        var weather = new SimulatedNetwork.Weather(down, up, Middlebox.NONE, 0);
        var config = TcpConfig.forMtu(1500);
        var network = new SimulatedNetwork(seed, weather, config, 0, SimulatedNetwork.Server.IDEAL);
        network.stack.listen(80, algorithm);
        return network;
    }

    private static SimulatedClient stream(SimulatedNetwork network, int port, long fromNs) {
        var client = new SimulatedClient(network, SimulatedClient.Traits.modern(), port, 100, new Random(port));
        network.add(port, client, 1L << 40);
        network.after(fromNs, client::connect);
        return client;
    }

    /** Payload bytes per nanosecond of one stream over {@code seconds}, its start and all. */
    private static double goodput(
            CongestionAlgorithm algorithm, double bytesPerNs, double loss, long seed, int seconds) {
        SimulatedNetwork network = network(algorithm, bytesPerNs, loss, seed);
        SimulatedClient client = stream(network, 1000, 0);
        network.run(seconds * SECOND);
        double goodput = (double) client.received / (seconds * SECOND);
        System.out.printf(
                "GoodputTest %s Mbit/s=%.0f loss=%.4f share=%.3f recoveries=%d timeouts=%d retransmitted=%d dropped=%d%n",
                algorithm,
                bytesPerNs * 8000,
                loss,
                goodput / (bytesPerNs * PAYLOAD),
                network.counter("dcn_tcp_fast_recoveries"),
                network.counter("dcn_tcp_retransmission_timeouts"),
                network.counter("dcn_tcp_retransmitted_bytes"),
                network.down.queueDrops);
        return goodput;
    }

    /**
     * RFC 9438 5.1 and 5.2: the average window in segments at random loss, of the curve or of what a Reno stream would
     * have, whichever is larger.
     */
    private static double modelWindow(double loss) {
        double seconds = 2e-9 * HALF_TRIP_NS;
        double curve = Math.pow(0.4 * 3.7 / 1.2, 0.25) * Math.pow(seconds / loss, 0.75);
        return Math.max(curve, Math.sqrt(1.5 / loss));
    }

    @Test
    void shouldReachWhatTheModelOfItsAlgorithmSaysAtRandomLoss() {
        for (double loss : new double[] {0.001, 0.01, 0.03}) {
            double model = modelWindow(loss) * SEGMENT_BYTES / (2 * HALF_TRIP_NS);
            double goodput = goodput(CongestionAlgorithm.CUBIC, 0.0125, loss, 1, 60);
            assertTrue(goodput > 0.75 * model, () -> "loss=" + loss + " goodput=" + goodput + " model=" + model);
        }
    }

    /** A minute with its start, whenever the second stream begins; a share of 2 to 1 would be an index of 0.9. */
    @ParameterizedTest
    @EnumSource
    void shouldShareABottleneckFairly(CongestionAlgorithm algorithm) {
        double sum = 0;
        int starts = 8;
        for (int start = 1; start <= starts; start++) {
            SimulatedNetwork network = network(algorithm, 0.0125, 0, start);
            SimulatedClient first = stream(network, 1000, 0);
            SimulatedClient second = stream(network, 1001, start * SECOND / 4);
            network.run(60 * SECOND);
            double a = first.received;
            double b = second.received;
            double jain = (a + b) * (a + b) / (2 * (a * a + b * b));
            double share = (a + b) / (0.0125 * PAYLOAD * 60 * SECOND);
            System.out.printf(
                    "GoodputTest %s fairness start=%.2f jain=%.3f share=%.3f%n", algorithm, start / 4.0, jain, share);
            assertTrue(jain >= 0.8 && share > 0.9, "start=" + start + " jain=" + jain + " share=" + share);
            sum += jain;
        }
        double mean = sum / starts;
        assertTrue(mean >= 0.9, () -> "mean=" + mean);
    }

    /** RFC 3168 1: a queue that marks at a quarter of its length has nothing to drop, and nobody loses by it. */
    @Test
    void shouldLoseNothingWhereRoutersMark() {
        for (boolean ecn : new boolean[] {false, true}) {
            SimulatedNetwork network = network(CongestionAlgorithm.CUBIC, 0.0025, 0, 1);
            network.down.markBytes = (int) (0.0025 * 2 * HALF_TRIP_NS) / 4;
            SimulatedClient first = stream(network, 1000, 0);
            SimulatedClient second = stream(network, 1001, SECOND);
            first.wantsEcn = ecn;
            second.wantsEcn = ecn;
            network.run(60 * SECOND);
            double a = first.received;
            double b = second.received;
            double jain = (a + b) * (a + b) / (2 * (a * a + b * b));
            double share = (a + b) / (0.0025 * PAYLOAD * 60 * SECOND);
            long again = network.counter("dcn_tcp_retransmitted_bytes");
            long reductions = network.counter("dcn_tcp_ecn_reductions");
            String seen = "ecn=" + ecn + " jain=" + jain + " share=" + share + " dropped=" + network.down.queueDrops
                    + " marks=" + network.down.marks + " reductions=" + reductions + " retransmitted=" + again;
            System.out.println("GoodputTest marking queue " + seen);
            assertTrue(share > 0.95 && jain > 0.9, seen);
            assertTrue(ecn == (again == 0 && reductions > 10 && network.down.queueDrops == 0), seen);
            long told = first.reductionsSeen + second.reductionsSeen;
            assertTrue(told <= reductions && told >= reductions - 2, () -> seen + " told=" + told);
        }
    }

    /** What it is for: at 100 Mbit/s random losses cost little, above its threshold of 2 % too. */
    @Test
    void shouldFillTheBottleneckWithBbrWhateverItLoses() {
        double[][] expected = {{0, 0.95}, {0.0001, 0.95}, {0.001, 0.945}, {0.01, 0.94}, {0.03, 0.90}};
        for (double[] e : expected) {
            double share = goodput(CongestionAlgorithm.BBR, 0.0125, e[0], 1, 60) / (0.0125 * PAYLOAD);
            assertTrue(share > e[1], () -> "loss=" + e[0] + " share=" + share);
        }
    }

    /** At 10 Mbit/s the model's window is larger than the path: losses must not show. */
    @Test
    void shouldFillTheBottleneckAtOneLossInTenThousand() {
        for (double loss : new double[] {0, 0.0001}) {
            double share = goodput(CongestionAlgorithm.CUBIC, 0.00125, loss, 1, 60) / (0.00125 * PAYLOAD);
            assertTrue(share > 0.95, () -> "loss=" + loss + " share=" + share);
        }
    }
}
