package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** BBRv3 on paths of 50 ms, with test cases of draft-ietf-ccwg-bbr-06 appendix A. */
class BbrTest {
    private static final long SECOND = 1_000_000_000;
    private static final long MILLISECOND = 1_000_000;
    private static final double PAYLOAD = 1448.0 / (1448 + SimulatedPath.OVERHEAD_BYTES);
    /** 100 Mbit/s. */
    private static final double RATE = 0.0125;

    private static final long PRODUCT_BYTES = (long) (RATE * 50 * MILLISECOND);

    private final SimulatedClient.Traits modern = SimulatedClient.Traits.modern();
    private SimulatedNetwork network;
    private SimulatedClient client;

    private void start(SimulatedPath.Traits down, SimulatedPath.Traits up) {
        start(down, up, 1);
    }

    private void start(SimulatedPath.Traits down, SimulatedPath.Traits up, long seed) {
        var weather = new SimulatedNetwork.Weather(down, up, Middlebox.NONE, 0);
        network = new SimulatedNetwork(seed, weather, TcpConfig.forMtu(1500), 0, SimulatedNetwork.Server.IDEAL);
        network.stack.listen(80, CongestionAlgorithm.BBR);
        client = new SimulatedClient(network, modern, 1000, 100, new Random(1));
        network.add(1000, client, 1L << 40);
        network.after(0, client::connect);
    }

    private static SimulatedPath.Traits pipe(double rate, double products) {
        return SimulatedPath.Traits.pipe(rate, (int) (products * PRODUCT_BYTES), 25 * MILLISECOND);
    }

    private static SimulatedPath.Traits back() {
        return SimulatedPath.Traits.pipe(0, 0, 25 * MILLISECOND);
    }

    /** Share of a rate that the client receives in the next {@code milliseconds}. */
    private double share(double rate, long milliseconds) {
        long before = client.received;
        network.run(milliseconds * MILLISECOND);
        return (client.received - before) / (rate * PAYLOAD * milliseconds * MILLISECOND);
    }

    /** A.1: doubles each round, so the pipe is full after log2(43) rounds; then it leaves startup and drains the queue. */
    @Test
    void shouldFillThePipeInAboutSixRoundTripsAndThenDrainTheQueue() {
        start(pipe(RATE, 10), back());
        share(RATE, 600);
        assertTrue(share(RATE, 300) > 0.9);
        assertEquals(0, network.down.queueDrops);
        share(RATE, 300);
        long drained = network.connection().roundTripNs(); // 80 ms if it only went below the bandwidth by a tenth
        assertTrue(drained < 65 * MILLISECOND, () -> "round trip=" + drained);
        share(RATE, 1300);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            share(RATE, 50);
            least = Math.min(least, network.connection().roundTripNs());
        }
        long found = least;
        assertTrue(found < 60 * MILLISECOND, () -> "round trip=" + found);
    }

    /** Where a hole keeps the client's window shut, a round without growth says nothing of the path. */
    @Test
    void shouldNotTakeThePipeForFullWhenThePeersWindowIs() {
        for (int seed = 1; seed <= 40; seed++) {
            start(pipe(RATE, 1).losing(0.03), back(), seed);
            client.opensWindow = true;
            share(RATE, 1500);
            double share = share(RATE, 1000);
            assertTrue(share > 0.6, "seed=" + seed + " share=" + share);
        }
    }

    /** A.10: every five seconds half the product for 200 ms; the smallest round trip is measured again. */
    @Test
    void shouldProbeForTheRoundTripEveryFiveSeconds() {
        start(pipe(RATE, 2), back());
        share(RATE, 4000);
        int probes = 0;
        boolean low = false;
        for (int i = 0; i < 1600; i++) {
            share(RATE, 10);
            boolean nowLow = network.connection().congestionWindowBytes() < 0.6 * PRODUCT_BYTES;
            probes += nowLow && !low ? 1 : 0;
            low = nowLow;
        }
        int found = probes;
        assertTrue(found >= 2 && found <= 4, () -> "probes=" + found);
    }

    /** A.15. */
    @Test
    void shouldFindTenTimesTheBandwidth() {
        start(pipe(RATE / 10, 2), back());
        share(RATE / 10, 6000);
        network.down.bytesPerNs = RATE;
        share(RATE, 10_000);
        assertTrue(share(RATE, 5000) > 0.85);
    }

    /** A.16. */
    @Test
    void shouldAdaptToATenthOfTheBandwidth() {
        start(pipe(RATE, 1), back());
        share(RATE, 6000);
        network.down.bytesPerNs = RATE / 10;
        share(RATE / 10, 12_000);
        long drops = network.down.queueDrops;
        assertTrue(share(RATE / 10, 5000) > 0.85);
        long more = network.down.queueDrops - drops;
        assertTrue(more < 100, () -> "drops=" + more);
    }

    /** A.13: ACKs that come in bunches do not hold it up, extra_acked makes room. */
    @Test
    void shouldKeepThePipeFullWhenAcksComeInBunches() {
        var bunched = new SimulatedPath.Traits(0, 0, 25 * MILLISECOND, 0, 0, 0, 0, 20 * MILLISECOND, 0, 0);
        start(pipe(RATE, 2), bunched);
        share(RATE, 3000);
        assertTrue(share(RATE, 8000) > 0.85);
    }

    /** A.17: settles below a policer's rate without losing much for ever. */
    @Test
    void shouldSettleAtAPolicersRate() {
        double policed = RATE / 5;
        start(new SimulatedPath.Traits(RATE, 1 << 20, 25 * MILLISECOND, 0, 0, 0, 0, 0, policed, 100_000), back());
        share(policed, 10_000);
        long again = network.counter("dcn_tcp_retransmitted_bytes");
        long sent = network.counter("dcn_tcp_transmitted_bytes");
        double share = share(policed, 20_000);
        double lost = (double) (network.counter("dcn_tcp_retransmitted_bytes") - again)
                / (network.counter("dcn_tcp_transmitted_bytes") - sent);
        assertTrue(share > 0.6 && lost < 0.05, () -> "share=" + share + " lost=" + lost);
    }

    /** A.14: four segments are in flight however little the path holds. */
    @Test
    void shouldKeepFourSegmentsInFlightOnAThinPath() {
        start(SimulatedPath.Traits.pipe(0.00005, 100_000, 5 * MILLISECOND), back());
        share(0.00005, 20_000);
        assertTrue(share(0.00005, 20_000) > 0.85);
        for (int i = 0; i < 200; i++) { // probing for the round trip as well
            share(0.00005, 50);
            long window = network.connection().congestionWindowBytes();
            assertTrue(window >= 4 * 1448, () -> "window=" + window);
        }
    }

    /** The draft wants SACK: a peer without it gets CUBIC, and its reduction by 0.7 for a loss. */
    @Test
    void shouldGiveCubicToPeersWithoutSack() {
        for (boolean sack : new boolean[] {false, true}) {
            PacketScript script = new PacketScript();
            script.stack.listen(80, CongestionAlgorithm.BBR);
            script.handshake(sack, false);
            script.answer(100_000).after(10);
            for (int i = 1; i <= 3; i++) {
                PacketScript.Peer ack = script.ack(1, 1);
                if (sack) {
                    ack.sack(2001, 2001 + 1000 * i);
                }
                ack.in();
            }
            assertEquals(!sack, script.connection.congestionWindowBytes() == 7000);
        }
    }

    /** 4.1: delivered over the longer of the times in which it was sent and acknowledged; not while little is sent. */
    @Test
    void shouldMeasureTheRateOfDelivery() {
        DeliveryRate rate = new DeliveryRate((bytes, inFlight, lost, limited) -> {});
        SentLog log = new SentLog();
        for (int i = 0; i < 10; i++) {
            log.add(i * 1000, (i + 1) * 1000, i * MILLISECOND, false);
            rate.onSent(i * MILLISECOND, (i + 1) * 1000, i == 0, log);
        }
        // Sent at one a millisecond, acknowledged all at once 10 ms after the last: the sending time is no rate.
        for (int i = 0; i < 10; i++) {
            rate.onArrived(19 * MILLISECOND, log, i);
        }
        assertTrue(rate.finish(19 * MILLISECOND, 10_000, 10 * MILLISECOND));
        assertEquals(10_000.0 / (19 * MILLISECOND), rate.bytesPerNs(), 1e-9);
        assertEquals(10_000, rate.sampleInFlight());
        rate.limitByApplication(0);
        log.add(10_000, 11_000, 20 * MILLISECOND, false);
        rate.onSent(20 * MILLISECOND, 1000, true, log);
        rate.onArrived(30 * MILLISECOND, log, 10);
        rate.finish(30 * MILLISECOND, 1000, 10 * MILLISECOND);
        assertTrue(rate.sampleLimited());
    }
}
