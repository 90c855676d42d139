package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Windows, clocking, reservation. */
class SendingTest {
    /** RFC 6928 2. */
    @Test
    void shouldStartWithTenSegments() {
        PacketScript.open(true).answer(100_000).expect(". 1:10001 ack 1");
    }

    /** RFC 5681 3.1: slow start grows by what is acknowledged. */
    @Test
    void shouldBeClockedByAcks() {
        PacketScript script = PacketScript.open(true).answer(100_000).ignore().after(10);
        script.ack(1, 1001).in().expect(". 10001:12001 ack 1");
        script.ack(1, 3001).in().expect(". 12001:14001 ack 1").after(3).expect(". 14001:16001 ack 1");
    }

    /** RFC 9438 4.2: every ACK of a used window counts, also those that come before a new round has sent anything. */
    @Test
    void shouldGrowByAllAcksOfARoundThatComeTogether() {
        PacketScript script = PacketScript.open(true).answer(100_000).after(10);
        script.ack(1, 1).sack(1001, 10_001).in().after(10);
        script.ack(1, 10_001).in().after(5);
        long window = script.connection.congestionWindowBytes();
        long from = script.connection.inFlightBytes() / 1000;
        assertEquals(7, from);
        script.sendsAtOnce = false;
        for (int i = 1; i <= 7; i++) {
            script.ack(1, 10_001 + 1000 * i).in();
        }
        // alpha is 0.53 segments a round trip below the old window, RFC 9438 4.3
        assertEquals(window + 529, script.connection.congestionWindowBytes(), 50);
    }

    /** Where round trips are short, frames stay at half the window or more. */
    @Test
    void shouldKeepFramesToNearClientsLarge() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).sackPermitted().in();
        script.ack(1, 1).in().answer(100_000).ignore();
        script.ack(1, 1001).in().expect();
        script.ack(1, 4001).in().expect(". 10001:18001 ack 1");
    }

    @Test
    void shouldSendTheTailWithoutWaitingForMoreWindow() {
        PacketScript script = PacketScript.open(true).answer(10_500).ignore();
        script.ack(1, 1001).in().expect("P. 10001:10501 ack 1");
    }

    /** RFC 9293 3.8.6: never beyond the window. */
    @Test
    void shouldStayInsideThePeersWindow() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).window(2500).in();
        script.answer(100_000).expect(". 1:2001 ack 1");
    }

    /** RFC 7323 2.3. */
    @Test
    void shouldScaleThePeersWindowButNotThatOfItsSyn() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).scale(3).window(60_000).in();
        script.ack(1, 1).window(500).in().ignore();
        script.answer(100_000).expect(". 1:4001 ack 1");
    }

    @Test
    void shouldCountReservedBytesAgainstTheWindow() {
        PacketScript script = PacketScript.open(true);
        script.sendsAtOnce = false;
        script.connection.extend(100_000);
        script.maxRange = 5000;
        assertTrue(script.reserve());
        assertTrue(script.reserve());
        assertFalse(script.reserve());
        assertEquals(10_000, script.connection.inFlightBytes());
    }

    /** RFC 6298 5.1: what is still being read from disk is not on the wire. */
    @Test
    void shouldNotTimeOutWhatHasNotLeftYet() {
        PacketScript script = PacketScript.open(true);
        script.sendsAtOnce = false;
        script.connection.extend(100_000);
        assertTrue(script.reserve());
        script.after(5000).expect();
        assertEquals(0, script.counter("dcn_tcp_retransmission_timeouts"));
        script.leave();
        script.after(1500);
        assertEquals(1, script.counter("dcn_tcp_retransmission_timeouts"));
    }

    @Test
    void shouldNotReserveALostRangeTwiceWhileItsReadIsUnderWay() {
        PacketScript script = PacketScript.open(true).answer(10_000).ignore();
        script.sendsAtOnce = false;
        script.after(300);
        assertTrue(script.reserve());
        assertEquals(0, script.range.offset);
        int first = script.range.lengthBytes;
        assertFalse(script.reserve());
        script.after(5000);
        assertFalse(script.reserve());
        script.leave();
        script.after(2000);
        assertTrue(script.reserve());
        assertEquals(0, script.range.offset);
        assertEquals(first, script.range.lengthBytes);
    }

    @Test
    void shouldNotDeclareAPendingRetransmissionLostWhenATimeoutComes() {
        PacketScript script = PacketScript.open(true).answer(10_000).ignore();
        script.sendsAtOnce = false;
        script.ack(1, 1).sack(3001, 6001).in();
        assertTrue(script.reserve());
        assertEquals(0, script.range.offset);
        script.after(300);
        assertEquals(1, script.counter("dcn_tcp_retransmission_timeouts"));
        assertFalse(script.reserve());
        script.leave();
        script.ack(1, 3001).sack(3001, 6001).in();
        assertTrue(script.reserve());
        assertEquals(6000, script.range.offset);
    }

    @Test
    void shouldTakeAnAcknowledgementOfARangeBeforeItLeavesAgain() {
        PacketScript script = PacketScript.open(true).answer(10_000).ignore();
        script.sendsAtOnce = false;
        script.after(300);
        assertTrue(script.reserve());
        script.ack(1, 10_001).in();
        script.leave();
        assertEquals(0, script.connection.inFlightBytes());
        script.ignore().after(120_000).expect();
        assertTrue(script.closed.isEmpty());
    }

    /** RFC 5681 4.1 as eased by RFC 2861: half for each timeout of silence. */
    @Test
    void shouldNotKeepALargeWindowThroughSilence() {
        PacketScript script = PacketScript.open(true).answer(60_000);
        for (long acked = 2000; acked <= 60_000; acked += 2000) {
            script.ack(1, acked + 1).in();
        }
        long before = script.connection.congestionWindowBytes();
        assertTrue(before > 20_000, "window=" + before);
        script.after(60_000).ignore().answer(1);
        assertEquals(10_000, script.connection.congestionWindowBytes());
    }

    /** RFC 7661 4.3 in spirit: a window that is not used does not grow. */
    @Test
    void shouldNotGrowAWindowThatIsNotUsed() {
        PacketScript script = PacketScript.open(true);
        for (int i = 0; i < 50; i++) {
            script.answer(1000).after(1);
            script.ack(1, (i + 1) * 1000 + 1).in();
        }
        assertEquals(10_000, script.connection.congestionWindowBytes());
    }

    /** RFC 9293 3.8.6.1: probes at growing distance, the connection lives as long as they are answered. */
    @Test
    void shouldProbeAClosedWindowAndGoOnWhenItOpens() {
        PacketScript script = PacketScript.open(true);
        script.answer(5000).ignore();
        script.ack(1, 5001).window(0).in();
        script.answer(3000).expect();
        script.after(210).expect(". 5000:5000 ack 1");
        script.ack(1, 5001).window(0).in();
        script.after(410).expect(". 5000:5000 ack 1");
        for (int i = 0; i < 20; i++) {
            script.after(30_000);
            script.ack(1, 5001).window(0).in();
        }
        assertTrue(script.closed.isEmpty());
        script.ignore().ack(1, 5001).window(8000).in().expect("P. 5001:8001 ack 1");
    }

    /** RFC 9293 3.8.3: not for ever when they are not. */
    @Test
    void shouldGiveUpWhenProbesStayUnanswered() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).window(0).in();
        script.answer(3000).after(130_000);
        assertEquals(java.util.List.of(CloseReason.TIMED_OUT), script.closed);
        assertTrue(script.counter("dcn_tcp_zero_window_probes") > 3);
    }

    /** RFC 9293 3.8.6.2.1: a sliver of window is used after a while only. */
    @Test
    void shouldNotAnswerASliverOfWindowWithASliverOfData() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).window(100).in();
        script.answer(3000).expect();
        script.after(300).expect(". 1:101 ack 1");
    }

    @Test
    void shouldProbeAWindowThatClosesBeforeASliverOfItWasUsed() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).window(100).in();
        script.sendsAtOnce = false;
        script.answer(3000).after(250);
        script.ack(1, 1).window(0).in();
        script.ignore().after(1000);
        assertTrue(script.counter("dcn_tcp_zero_window_probes") > 0);
    }

    /** An acknowledgement rides on data: RFC 9293 3.8.6.3. */
    @Test
    void shouldLetTheAckRideOnTheAnswer() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).data(200).in().expect();
        script.after(5).answer(500).expect("P. 1:501 ack 201");
        script.ack(201, 501).in();
        script.after(100).ignore();
        script.ack(201, 501).data(10).in();
        script.after(30).expect();
        script.after(15).expect(". 501:501 ack 211");
    }
}
