package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.diskcryptnet.wire.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What one network may take of the connections. */
class PrefixLimitTest {
    private static final long SEED = Long.getLong("dcn.seed", System.nanoTime());
    private static final int LIMIT = 3;

    private final PacketScript script = new PacketScript(
            TcpConfig.forMtu(1040).withLimits(100, 50, 10).withPrefixLimit(new PrefixLimit(LIMIT, 24, 56)));

    private PacketScript from(String address) {
        IpAddress parsed = IpAddress.parse(address);
        script.remoteHigh = parsed.high();
        script.remoteLow = parsed.low();
        script.port++;
        return script;
    }

    private TcpConnection connect(String address) {
        int before = script.established;
        from(address).syn().in();
        if (script.hasSent()) {
            script.ack(1, 1).in();
        }
        script.ignore();
        return script.established > before ? script.connection : null;
    }

    @Test
    void shouldDropTheSynOfANetworkThatHasItsShareAndOfNoOther() {
        for (int host = 1; host <= LIMIT; host++) {
            connect("192.0.2." + host);
        }
        assertEquals(LIMIT, script.established);
        from("192.0.2.200").syn().in().expect();
        assertEquals(1, script.counter("dcn_tcp_syn_dropped", "prefix_limit"));
        connect("192.0.3.1");
        connect("2001:db8::1");
        assertEquals(LIMIT + 2, script.established);
        assertEquals(0, script.counter("dcn_tcp_syn_dropped", "connection_limit"));
    }

    @Test
    void shouldTakeAllThatOneCustomerOfIpv6MayChooseForOneNetwork() {
        connect("2001:db8:1:200::1");
        connect("2001:db8:1:201::1");
        connect("2001:db8:1:2ff::1");
        from("2001:db8:1:255::7").syn().in().expect();
        connect("2001:db8:1:300::1");
        assertEquals(LIMIT + 1, script.established);
    }

    @Test
    void shouldGiveAPlaceBackWhateverTheEndOfAConnection() {
        TcpConnection aborted = connect("192.0.2.1");
        connect("192.0.2.2");
        script.rst(1).in();
        aborted.abort();
        script.ignore();
        TcpConnection finished = connect("192.0.2.3");
        finished.finish();
        script.ack(1, 2).in();
        script.fin(1, 2).in();
        assertEquals(List.of(CloseReason.RESET_BY_PEER, CloseReason.ABORTED, CloseReason.FINISHED), script.closed);
        for (int host = 4; host < 4 + LIMIT; host++) {
            connect("192.0.2." + host);
        }
        assertEquals(3 + LIMIT, script.established);
        script.stack.closeAll();
        assertEquals(0, script.stack.prefixes().size());
    }

    /** Nothing is lost by a cookie to who can keep the options in a timestamp; a flood is bounded all the same. */
    @Test
    void shouldKeepNoMoreHandshakesOfANetworkThanItsShareAndAnswerTheOthersByCookies() {
        for (int host = 1; host <= LIMIT + 2; host++) {
            from("192.0.2." + host).syn().in();
        }
        assertEquals(LIMIT, script.stack.halfOpenConnections());
        assertEquals(2, script.counter("dcn_tcp_syn_cookies_sent", "prefix_limit"));
        assertEquals(0, script.counter("dcn_tcp_syn_cookies_sent", "backlog"));
        script.ack(1, 1).in();
        assertEquals(1, script.established, "the cookie was good");
        from("192.0.3.1").syn().in();
        assertEquals(LIMIT + 1, script.stack.halfOpenConnections());
        script.after(200_000);
        assertEquals(0, script.stack.halfOpenConnections());
        script.stack.closeAll();
        assertEquals(0, script.stack.prefixes().size());
    }

    /** Cookies are not counted when they are sent: who brings back more of them than the share is reset. */
    @Test
    void shouldResetTheHolderOfACookieWhoseNetworkHasItsShareMeanwhile() {
        for (int host = 1; host <= LIMIT; host++) {
            from("192.0.2." + host).syn().in();
        }
        from("192.0.2.100").syn().in();
        int port = script.port;
        int cookie = script.ownInitial;
        for (int host = 101; host <= 100 + LIMIT; host++) {
            connect("192.0.2." + host);
        }
        assertEquals(LIMIT, script.established);
        from("192.0.2.100").ignore();
        script.port = port;
        script.ownInitial = cookie;
        script.ack(1, 1).in().expect("R 1:1");
        assertEquals(LIMIT, script.established);
        assertEquals(1, script.counter("dcn_tcp_syn_dropped", "prefix_limit"));
    }

    @Test
    void shouldCountAsAMapDoes() {
        var random = new Random(SEED);
        var counts = new PrefixCounts(new PrefixLimit(5, 24, 56), 64, new SipHash(SEED, 2));
        Map<Long, int[]> model = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            HalfOpen peer = new HalfOpen(null);
            long prefix = random.nextInt(40);
            peer.remoteLow = 0xFFFF_0000_0000L | prefix << 8 | random.nextInt(256);
            int[] pair = model.computeIfAbsent(prefix, p -> new int[2]);
            int kind = random.nextInt(2);
            int one = pair[kind] > 0 && random.nextBoolean() ? -1 : 1;
            if (pair[kind] + one > 6) {
                continue;
            }
            pair[kind] += one;
            if (kind == 0) {
                counts.addConnection(peer, one);
            } else {
                counts.addHalfOpen(peer, one);
            }
            assertEquals(pair[0] >= 5, counts.isFull(0, peer.remoteLow), "seed=" + SEED + " step=" + i);
            assertEquals(pair[1] >= 5, counts.isHalfOpenFull(0, peer.remoteLow), "seed=" + SEED + " step=" + i);
        }
        long used = model.values().stream().filter(p -> p[0] + p[1] > 0).count();
        assertEquals(used, counts.size());
    }

    @Test
    void shouldRefusePrefixesThatMakeNoSense() {
        for (int[] wrong : new int[][] {{0, 24, 56}, {1, 7, 56}, {1, 33, 56}, {1, 24, 31}, {1, 24, 65}}) {
            assertThrows(IllegalArgumentException.class, () -> new PrefixLimit(wrong[0], wrong[1], wrong[2]));
        }
    }
}
