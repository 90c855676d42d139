package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Handshakes of which nothing is kept: RFC 4987 3.6. */
class SynCookiesTest {
    private static final int ROOM = 3;

    /** A stack with no room for one more half-open connection. */
    private static PacketScript full() {
        PacketScript script = new PacketScript(TcpConfig.forMtu(1500).withLimits(10, ROOM, 10));
        for (script.port = 2000; script.port < 2000 + ROOM; script.port++) {
            script.syn().in().ignore();
        }
        assertEquals(ROOM, script.stack.halfOpenConnections());
        assertEquals(0, script.counter("dcn_tcp_syn_cookies_sent"));
        return script;
    }

    @Test
    void shouldEstablishWhatItHasNotKeptWithAllThatTheSynSaid() {
        PacketScript script = full();
        script.syn().mss(1400).scale(9).sackPermitted().ts(77, 0).in().expect("S. 0:0 ack 1");
        assertEquals(ROOM, script.stack.halfOpenConnections());
        assertEquals(1, script.counter("dcn_tcp_syn_cookies_sent"));
        assertEquals(0, script.last.windowScale);
        assertTrue(script.last.sackPermitted);
        assertEquals(77, script.last.timestampEcho);
        int told = script.last.timestampValue;
        script.after(80);
        script.ack(1, 1).ts(157, told).window(4).in().expect();
        assertEquals(1, script.established);
        assertEquals(ROOM, script.stack.halfOpenConnections());
        assertEquals(1, script.counter("dcn_tcp_syn_cookies_accepted"));
        assertEquals(1400 - 12, script.connection.effectiveSegmentBytes());
        // A window of 4 << 9 takes 2048 bytes.
        script.maxRange = 60_000;
        script.answer(10_000);
        script.expect(". 1:1389 ack 1");
        assertTrue(script.last.timestampValue - told >= 0, "time went back");
        // It reports holes to who can take SACK.
        script.ack(101, 1).ts(158, told).window(4).data(50).in().expect(". 1389:1389 ack 1 sack 101:151");
    }

    @Test
    void shouldOfferWithoutTimestampsOnlyWhatFitsTheSequence() {
        PacketScript script = full();
        script.syn().mss(1459).scale(9).sackPermitted().in().expect("S. 0:0 ack 1");
        assertEquals(-1, script.last.windowScale);
        assertFalse(script.last.sackPermitted);
        script.ack(1, 1).data(100).in();
        assertEquals(1440, script.connection.effectiveSegmentBytes());
        assertEquals(List.of(100), script.received);
    }

    @Test
    void shouldTakeNoAckThatAnswersNoCookieOfItsTuple() {
        PacketScript script = full();
        script.syn().mss(1460).in().ignore();
        script.ack(1, 2).in().expect("R 2:2");
        script.ack(2, 1).in().expect("R 1:1");
        script.port++;
        script.ack(1, 1).in().expect("R 1:1");
        script.port--;
        assertEquals(0, script.established);
        script.ack(1, 1).in().expect();
        assertEquals(1, script.established);
    }

    /** Acknowledges a SYN-ACK that others have been sent after. */
    private static PacketScript acknowledge(PacketScript script, int cookie) {
        return script.ack(1, 1L + cookie - script.last.sequence).in();
    }

    @Test
    void shouldTakeCookiesOfItsPeriodAndTheNextOnly() {
        for (int seconds : new int[] {1, 60, 120, 130}) {
            PacketScript script = full();
            script.syn().mss(1460).in().ignore();
            int cookie = script.last.sequence;
            script.after(seconds * 1000L).ignore();
            acknowledge(script, cookie);
            // Periods of 64 s begin at 0, and this one's cookie was made at 5 s.
            assertEquals(seconds <= 120 ? 1 : 0, script.established, "seconds=" + seconds);
        }
    }

    /** Before there was no room, no ACK out of the blue establishes anything, whatever it says. */
    @Test
    void shouldTakeNoCookieWhenItHasSentNone() {
        PacketScript cooks = full();
        cooks.syn().mss(1460).in().ignore();
        int cookie = cooks.last.sequence;
        PacketScript fresh = new PacketScript(TcpConfig.forMtu(1500).withLimits(10, ROOM, 10));
        fresh.port = cooks.port;
        fresh.ack(1, cookie + 1L).in().expect("R " + (cookie + 1) + ":" + (cookie + 1));
        assertEquals(0, fresh.established);
    }

    /** The first SYN found no room, and the client's second one did before the first one's answer was acknowledged. */
    @Test
    void shouldTakeTheAnswerToTheFirstOfTwoSyns() {
        PacketScript script = full();
        script.syn().mss(1460).ts(5, 0).in().ignore();
        int cookie = script.last.sequence;
        int told = script.last.timestampValue;
        script.after(100_000).ignore();
        assertEquals(0, script.stack.halfOpenConnections());
        script.syn().mss(1460).ts(6, 0).in().ignore();
        assertEquals(1, script.stack.halfOpenConnections());
        int second = script.last.sequence;
        script.ack(1, 1L + cookie - second).ts(7, told).in().expect();
        assertEquals(1, script.established);
        assertEquals(0, script.stack.halfOpenConnections());
    }

    @Test
    void shouldBringBackWhateverAClientSays() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        SipHash hash = new SipHash(random.nextLong(), random.nextLong());
        for (int i = 0; i < 20_000; i++) {
            String where = "seed=" + seed + " i=" + i;
            SynCookies cookies = new SynCookies(hash);
            TcpSegment syn = new TcpSegment();
            syn.clear();
            syn.localLow = random.nextLong();
            syn.remoteHigh = random.nextLong();
            syn.remoteLow = random.nextLong();
            syn.localPort = random.nextInt(65536);
            syn.remotePort = random.nextInt(65536);
            syn.sequence = random.nextInt();
            syn.maximumSegmentSize = random.nextInt(20) == 0 ? 0 : random.nextInt(65536);
            syn.hasTimestamps = random.nextBoolean();
            syn.windowScale = random.nextInt(16) - 1;
            syn.sackPermitted = random.nextBoolean();
            HalfOpen halfOpen = new HalfOpen(null);
            long nowNs = random.nextLong() >> 4;
            halfOpen.begin(nowNs, syn, 0, 0);
            halfOpen.address(syn, 0);
            halfOpen.ecn = random.nextBoolean();
            boolean ecn = halfOpen.ecn;
            int offered = halfOpen.peerSegmentBytes;
            cookies.bake(nowNs, halfOpen);
            int clock = random.nextInt();
            int told = SynCookies.timestamp(clock, halfOpen);
            assertTrue(clock - told >= 0 && clock - told < 64, where);

            TcpSegment ack = SimulatedNetwork.copy(syn);
            ack.sequence++;
            ack.acknowledgement = halfOpen.initialSend + 1;
            ack.timestampEcho = told;
            ack.windowScale = -1;
            ack.sackPermitted = false;
            long laterNs = nowNs + random.nextLong(64_000_000_000L);
            assertTrue(cookies.areUsed(laterNs) && cookies.isAnswer(laterNs, ack, halfOpen), where);
            ack.acknowledgement ^= 1 << random.nextInt(32);
            assertFalse(cookies.isAnswer(laterNs, ack, halfOpen), where);
            ack.acknowledgement = halfOpen.initialSend + 1;

            TcpSegment back = new TcpSegment();
            SynCookies.restore(ack, back);
            assertEquals(syn.sequence, back.sequence, where);
            assertEquals(syn.hasTimestamps, back.hasTimestamps, where);
            assertEquals(syn.hasTimestamps ? syn.windowScale : -1, back.windowScale, where);
            assertEquals(syn.hasTimestamps && syn.sackPermitted, back.sackPermitted, where);
            assertEquals(syn.hasTimestamps && ecn, HalfOpen.asksForEcn(back), where);
            assertTrue(back.maximumSegmentSize <= offered, where);
            assertTrue(offered < 536 || back.maximumSegmentSize * 3 >= Math.min(offered, 1460), where);
        }
    }
}
