package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 1191, RFC 8201, RFC 4821. */
class PathMtuTest {
    private static final long MEGABYTE = 1_000_000;
    private static final int LONGEST = 1460;

    private final NarrowPath path = new NarrowPath("192.0.2.10", "198.51.100.9");

    @Test
    void shouldSendShorterPacketsAtOnceWhenARouterSaysSo() {
        path.mtuBytes = 1400;
        NarrowPath.Receiver client = path.connect(1000);
        path.send(client, MEGABYTE);
        path.run(150);
        assertEquals(LONGEST, client.longestSent);
        assertTrue(client.received > 50_000, "received=" + client.received);
        path.run(5_000);
        assertEquals(MEGABYTE, client.received);
        assertEquals(1360, client.longestArrived);
        assertEquals(1, path.count("dcn_tcp_path_mtu_reductions", "told"));
        assertEquals(0, path.count("dcn_tcp_retransmission_timeouts", null), "nobody waited for a timer");
    }

    @Test
    void shouldKnowThePathOfAHostForItsNextConnection() {
        path.mtuBytes = 1400;
        path.send(path.connect(1000), MEGABYTE);
        path.run(5_000);
        NarrowPath.Receiver next = path.connect(1001);
        path.send(next, MEGABYTE);
        path.run(5_000);
        assertEquals(MEGABYTE, next.received);
        assertEquals(1360, next.longestSent);
        path.run(600_000);
        NarrowPath.Receiver later = path.connect(1002);
        path.send(later, 100_000);
        path.run(5_000);
        assertEquals(LONGEST, later.longestSent, "paths change");
        assertEquals(100_000, later.received);
    }

    @Test
    void shouldNotBelieveWhoDoesNotKnowWhatIsInFlight() {
        NarrowPath.Receiver client = path.connect(1000);
        path.send(client, MEGABYTE);
        path.run(100);
        long acknowledged = client.connection.acknowledged();
        assertTrue(acknowledged > 0 && client.connection.inFlightBytes() > 0);
        path.tellTooBig(client, acknowledged - 1, 600);
        path.tellTooBig(client, acknowledged + client.connection.inFlightBytes() + 100_000, 600);
        path.tellTooBig(client, acknowledged + (1L << 31), 600);
        assertEquals(3, path.count("dcn_tcp_path_mtu_refused", "not_in_flight"));
        assertEquals(LONGEST, client.connection.effectiveSegmentBytes());
        path.tellTooBig(client, acknowledged, 1500);
        assertEquals(1, path.count("dcn_tcp_path_mtu_refused", "not_shorter"));
        path.tellTooBig(client, acknowledged, 600);
        assertEquals(560, client.connection.effectiveSegmentBytes(), "the first byte of what is in flight will do");
    }

    @Test
    void shouldNotGoBelowWhatEveryHostTakes() {
        NarrowPath.Receiver client = path.connect(1000);
        path.send(client, 20 * MEGABYTE);
        path.run(100);
        path.tellTooBig(client, client.connection.acknowledged(), 68);
        assertEquals(536, client.connection.effectiveSegmentBytes());

        var ipv6 = new NarrowPath("2001:db8::10", "2001:db8:9::9");
        NarrowPath.Receiver other = ipv6.connect(1000);
        ipv6.send(other, 20 * MEGABYTE);
        ipv6.run(100);
        ipv6.tellTooBig(other, other.connection.acknowledged(), 1000);
        assertEquals(1220, other.connection.effectiveSegmentBytes());
    }

    @Test
    void shouldFindOutByItselfWhereRoutersSayNothing() {
        path.mtuBytes = 1400;
        path.tells = false;
        NarrowPath.Receiver client = path.connect(1000);
        path.send(client, 500_000_000);
        path.run(3_000);
        assertEquals(1, path.count("dcn_tcp_path_mtu_reductions", "suspected"));
        assertTrue(client.received > 100_000, "received=" + client.received);
        path.run(30_000);
        int found = client.connection.effectiveSegmentBytes();
        assertTrue(found > 1360 - 16 && found <= 1360, "found=" + found);
        assertTrue(path.count("dcn_tcp_path_mtu_increases", null) > 0);
        assertEquals(1, path.count("dcn_tcp_path_mtu_reductions", null));

        NarrowPath.Receiver next = path.connect(1001);
        path.send(next, MEGABYTE);
        path.run(2_000);
        assertEquals(found, next.longestSent, "the next one knows");
    }

    @Test
    void shouldGoBackToTheLongestWhenThePathWasOnlyDown() {
        NarrowPath.Receiver client = path.connect(1000);
        path.send(client, 500_000_000);
        path.run(500);
        path.downUntilNs = path.nowNs + 2_000 * NarrowPath.MILLISECOND;
        path.run(4_000);
        assertEquals(1, path.count("dcn_tcp_path_mtu_reductions", "suspected"));
        path.run(3_000);
        assertEquals(LONGEST, client.connection.effectiveSegmentBytes());
        assertEquals(1, path.count("dcn_tcp_path_mtu_increases", null));
    }

    @Test
    void shouldTryAgainWhenARoutersWordIsOld() {
        path.mtuBytes = 1400;
        NarrowPath.Receiver client = path.connect(1000);
        path.send(client, MEGABYTE);
        path.run(599_000);
        path.mtuBytes = 1500;
        path.send(client, MEGABYTE);
        path.run(500);
        assertEquals(1360, client.connection.effectiveSegmentBytes());
        path.run(10_000);
        path.send(client, MEGABYTE);
        path.run(5_000);
        assertEquals(LONGEST, client.connection.effectiveSegmentBytes());
        assertEquals(3 * MEGABYTE, client.received);
    }

    @Test
    void shouldTakeTheRoutersWordAboutATrialToo() {
        path.mtuBytes = 1400;
        NarrowPath.Receiver client = path.connect(1000);
        path.send(client, MEGABYTE);
        path.run(605_000);
        path.send(client, 20 * MEGABYTE);
        path.run(10_000);
        assertEquals(21 * MEGABYTE, client.received);
        int found = client.connection.effectiveSegmentBytes();
        assertEquals(1360, found);
        assertEquals(LONGEST, client.longestSent);
    }
}
