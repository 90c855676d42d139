package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.LoadConfig;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.wire.IpAddress;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** As many connections as a worker takes, and connections that come and go, however they go. */
class ManyConnectionsTest extends LoopCase {
    private static final int IDLE = 64_000;
    private static final int ACTIVE = 64;
    private static final int PASS_NS = 50_000;
    private static final int PASSES_A_REQUEST = 50;
    /** A request is received, read, sent, acknowledged, and its timers are looked at a few times. */
    private static final int REQUEST_WORK = 20;
    /** Of connections, at a time, for the client that is too slow. */
    private static final int LOOKS = 256;

    private static final boolean LONG = Boolean.getBoolean("dcn.long");
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final long CHURN_NS = (LONG ? 600L : 8L) * 1_000_000_000;
    /** Heap and off it, however long they come and go: pools keep what the most connections at one time have needed. */
    private static final long MAX_GROWN_BYTES = 8 << 20;

    private static final String GET_SMALL = "GET /small HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String GET_FILM = "GET /film HTTP/1.1\r\nHost: a\r\n\r\n";

    private final PatternObject small = new PatternObject("/small", 0, 500);
    private final PatternObject film = new PatternObject("/film", 1 << 20, 300 << 10);

    private VirtualBed bed(CongestionAlgorithm algorithm) {
        return new VirtualBed(pattern(), only(small, film), algorithm);
    }

    /** Connections that have had an answer and wait for the next request. */
    private static List<ScriptedClient.Connection> idle(VirtualBed bed, ScriptedClient host) {
        List<ScriptedClient.Connection> idle = new ArrayList<>(IDLE);
        for (int i = 0; i < IDLE; i++) {
            idle.add(host.connect(60_000));
            if (i % 50 == 49) {
                bed.run(1);
            }
        }
        bed.run(100);
        for (ScriptedClient.Connection connection : idle) {
            connection.send(GET_SMALL);
            if (connection.hashCode() % 20 == 0) {
                bed.run(1);
            }
        }
        bed.run(2_000); // 16 a pass
        assertEquals(IDLE, bed.counter("dcn_http_connections"));
        assertEquals(IDLE, bed.counter("dcn_http_requests", "200"));
        assertTrue(idle.stream().allMatch(connection -> connection.receivedBytes > 500 && !connection.ended));
        return idle;
    }

    private static long heapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** All that the agent holds for one, on the heap and off it, without what the test's own side of it takes. */
    @ParameterizedTest
    @EnumSource(CongestionAlgorithm.class)
    void shouldHoldAnIdleConnectionInLessThanTwoKibibytes(CongestionAlgorithm algorithm) {
        long before = heapBytes();
        VirtualBed bed = bed(algorithm);
        ScriptedClient host = bed.host("192.0.2.1");
        long empty = heapBytes();
        long emptyDirect = directBytes();
        List<ScriptedClient.Connection> idle = idle(bed, host);
        assertEquals(0, bed.lane().tcp.buffersInUse());
        long direct = directBytes() - emptyDirect;
        long full = heapBytes();
        bed.close();
        bed = null;
        long hosts = heapBytes() - before;
        long each = (full - empty - hosts + direct) / IDLE;
        System.out.println("ManyConnectionsTest " + algorithm + " bytes a connection=" + each + " off heap="
                + direct / IDLE + ", the test's own=" + hosts / IDLE);
        assertEquals(IDLE, idle.size());
        assertTrue(each > 500 && each < 2048, "bytes=" + each);
    }

    /**
     * Transfers at full speed, with nobody else and among idle connections that ask for something now and then. What the loop
     * says that it did is judged, as time tells what else this machine does; it is printed.
     */
    @Test
    void shouldDoNoMoreAmongIdleConnections() {
        Passes alone = passes(false);
        Passes among = passes(true);
        System.out.println("ManyConnectionsTest passes of " + ACTIVE + " transfers alone: " + alone);
        System.out.println("ManyConnectionsTest passes among " + IDLE + " idle: " + among);
        double ofRequests = 1.0 * REQUEST_WORK / PASSES_A_REQUEST;
        // Each is looked at once a second, for the client that is too slow, in parts.
        double ofLooks = IDLE * (PASS_NS / 1e9);
        assertTrue(
                among.meanWork() < alone.meanWork() + ofRequests + 1.5 * ofLooks,
                "mean work of a pass alone=" + alone.meanWork() + ", among idle=" + among.meanWork());
        assertTrue(
                among.mostWork() < alone.mostWork() + REQUEST_WORK + 2 * LOOKS,
                "most work of a pass alone=" + alone.mostWork() + ", among idle=" + among.mostWork());
    }

    /** What passes did, and their times in order. */
    private record Passes(long work, int mostWork, long[] sortedNs) {
        double meanWork() {
            return (double) work / sortedNs.length;
        }

        private String atUs(double share) {
            return sortedNs[(int) ((sortedNs.length - 1) * share)] / 1000 + " us";
        }

        @Override
        public String toString() {
            return "work mean=%.1f most=%d, p50=%s p99=%s p99.9=%s most=%s"
                    .formatted(meanWork(), mostWork, atUs(0.5), atUs(0.99), atUs(0.999), atUs(1));
        }
    }

    private Passes passes(boolean amongIdle) {
        try (VirtualBed bed = bed(CongestionAlgorithm.CUBIC)) {
            List<ScriptedClient.Connection> idle = amongIdle ? idle(bed, bed.host("192.0.2.1")) : List.of();
            var load = new LoadConfig(
                    ACTIVE, List.of("/film"), IpAddress.parse("192.0.2.3"), IpAddress.parse(VirtualBed.SERVER), 80, 0);
            try (var client = new PerfectClient(load, new CounterSet(Map.of()), BodyCheck.NONE)) {
                bed.add("192.0.2.3", client);
                var random = new Random(SEED);
                long[] passes = new long[100_000];
                long all = 0;
                int most = 0;
                for (int i = -passes.length; i < passes.length; i++) {
                    if (amongIdle && i % PASSES_A_REQUEST == 0) {
                        idle.get(random.nextInt(IDLE)).send(GET_SMALL);
                    }
                    long startNs = System.nanoTime();
                    int work = bed.pass(PASS_NS);
                    if (i >= 0) {
                        passes[i] = System.nanoTime() - startNs;
                        all += work;
                        most = Math.max(most, work);
                    }
                }
                assertEquals(0, client.errors());
                assertTrue(client.responses() > 1_000, "responses=" + client.responses());
                assertTrue(idle.stream().noneMatch(connection -> connection.reset || connection.ended));
                Arrays.sort(passes);
                return new Passes(all, most, passes);
            }
        }
    }

    /** However connections end, in time nothing of them is left. */
    @Test
    void shouldLeakNothingWhenConnectionsComeAndGo() {
        VirtualBed bed = opened(bed(CongestionAlgorithm.BBR));
        ScriptedClient host = bed.host("192.0.2.1");
        var random = new Random(SEED);
        int lives = churn(bed, host, random, CHURN_NS / 4);
        long before = heapBytes() + directBytes();
        lives += churn(bed, host, random, CHURN_NS);
        long grown = heapBytes() + directBytes() - before;
        System.out.println("ManyConnectionsTest seed=" + SEED + " lives=" + lives + " virtual seconds="
                + bed.nowNs() / 1_000_000_000 + " grown bytes=" + grown);
        assertTrue(lives > 2_000, "lives=" + lives);
        assertTrue(grown < MAX_GROWN_BYTES, "bytes=" + grown);
    }

    private int churn(VirtualBed bed, ScriptedClient host, Random random, long wallNs) {
        List<ScriptedClient.Connection> alive = new ArrayList<>();
        int lives = 0;
        long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < wallNs) {
            bed.run(1);
            if (random.nextInt(10) == 0) {
                ScriptedClient.Connection born = host.connect(random.nextInt(8) == 0 ? 0 : 60_000);
                born.silent = random.nextInt(8) == 0; // it never answers the SYN-ACK
                alive.add(born);
                lives++;
            }
            for (int i = alive.size() - 1; i >= 0; i -= 1 + random.nextInt(20)) {
                ScriptedClient.Connection one = alive.get(i);
                if (!one.isOver() && one.established) {
                    act(one, random);
                }
                if (one.isOver() || random.nextInt(200) == 0) {
                    host.forget(alive.remove(i)); // over, or gone without a word
                }
            }
        }
        alive.forEach(host::forget);
        // Longer than a film's limit, the last SYN-ACK's, TIME-WAIT and the patience with a FIN together.
        bed.run(400_000);
        shouldHoldNothing(bed);
        return lives;
    }

    private static void act(ScriptedClient.Connection one, Random random) {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> one.send(GET_SMALL);
            case 3, 4 -> one.send(GET_FILM);
            case 5 -> one.send(GET_FILM.substring(0, 1 + random.nextInt(20)));
            case 6 -> one.sendAhead(1 + random.nextInt(1000), GET_SMALL);
            case 7 -> one.finish();
            case 8 -> one.reset();
            case 9 -> one.acknowledges = false;
            case 10 -> one.acknowledge(one.receivedBytes);
            default -> one.window = random.nextInt(3) * 10_000;
        }
    }

    private void shouldHoldNothing(VirtualBed bed) {
        Lane lane = bed.lane();
        assertEquals(0, bed.counter("dcn_http_connections"), "seed=" + SEED);
        assertEquals(0, lane.tcp.connections(), "seed=" + SEED);
        assertEquals(0, lane.tcp.halfOpenConnections(), "seed=" + SEED);
        assertEquals(0, lane.tcp.timeWaitConnections(), "seed=" + SEED);
        assertEquals(0, lane.tcp.buffersInUse(), "seed=" + SEED);
        assertEquals(Long.MAX_VALUE, lane.tcp.nextDeadlineNs(), "a timer is left, seed=" + SEED);
        assertEquals(0, lane.sessions.size(), "seed=" + SEED);
        assertEquals(0, small.leases.get() + film.leases.get(), "seed=" + SEED);
        assertEquals(0, bed.counter("dcn_buffer_in_flight_bytes"), "seed=" + SEED);
    }
}
