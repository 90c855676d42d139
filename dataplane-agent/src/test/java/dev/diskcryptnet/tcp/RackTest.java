package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RACK-TLP (RFC 8985) and PRR (RFC 6937), clause by clause. A round trip is 10 ms. */
class RackTest {
    private static PacketScript sent(long bytes) {
        return PacketScript.open(true).answer(bytes).ignore().after(10);
    }

    private static long again(PacketScript script, String cause) {
        return script.counter("dcn_tcp_retransmitted_bytes", cause);
    }

    /** RFC 8985 6.2 step 4: a quarter of the smallest round trip before DupThresh is sacked. */
    @Test
    void shouldLeaveTimeForReorderingBeforeItDeclaresALoss() {
        PacketScript script = sent(5000);
        script.ack(1, 1).sack(1001, 2001).in().after(1).expect();
        script.after(4).expect(". 1:1001 ack 1");
        assertEquals(1000, again(script, "rack"));
    }

    /** RFC 8985 6.2 step 5: nothing that left later than the latest arrival. */
    @Test
    void shouldNotTakeForLostWhatLeftAfterTheLatestArrival() {
        PacketScript script = PacketScript.open(true)
                .answer(4000)
                .after(5)
                .answer(4000)
                .ignore()
                .after(5);
        script.ack(1, 1).sack(1001, 4001).in().expect(". 1:1001 ack 1");
        assertEquals(5000, script.connection.inFlightBytes());
        script.after(5);
        script.ack(1, 1).sack(1001, 5001).in().expect();
    }

    /** RFC 8985 6.2 step 3 and 4: once order was seen broken, DupThresh says nothing, time does. */
    @Test
    void shouldNotCountSegmentsAnyMoreWhenOrderWasSeenBroken() {
        PacketScript script = sent(10_000);
        script.ack(1, 1).sack(1001, 2001).in();
        script.ack(1, 2001).in().ignore();
        script.ack(1, 2001).sack(3001, 8001).in().expect();
        script.after(4).expect(". 2001:3001 ack 1");
    }

    /** RFC 8985 6.2 step 4: each round with a DSACK widens the window by a quarter of the round trip. */
    @Test
    void shouldWidenTheReorderingWindowWhenDuplicatesAreReported() {
        PacketScript script = sent(10_000);
        script.ack(1, 1).sack(1001, 2001).in();
        script.ack(1, 2001).in();
        script.ack(1, 2001).sack(1, 1001).in().ignore();
        script.ack(1, 2001).sack(3001, 8001).in().after(4).expect();
        script.after(3).expect(". 2001:3001 ack 1");
    }

    /** RFC 8985 6.2 step 2: an ACK sooner than any round trip is not of the retransmission. */
    @Test
    void shouldNotTakeAnEarlyAckForThatOfTheRetransmission() {
        PacketScript script = sent(10_000);
        script.ack(1, 1).sack(2001, 6001).in().expect(". 1:2001 ack 1").after(1);
        script.ack(1, 2001).sack(2001, 6001).in().expect();
        assertEquals(4000, script.connection.inFlightBytes());
    }

    /** RFC 8985 7.2 and 7.3: after twice the round trip the last segment goes again, and the timeout starts anew. */
    @Test
    void shouldProbeASilentTail() {
        PacketScript script = PacketScript.open(true).answer(5000).ignore();
        script.after(18).expect();
        script.after(4).expect("P. 4001:5001 ack 1");
        assertEquals(1000, again(script, "tlp"));
        assertEquals(1, script.counter("dcn_tcp_tail_loss_probes"));
        assertEquals(10_000, script.connection.congestionWindowBytes());
        script.after(190).expect();
        script.after(20).expect(". 1:1001 ack 1");
    }

    /** However near the client is: it may just not have been scheduled. */
    @Test
    void shouldNotProbeBeforeTenMilliseconds() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).sackPermitted().in();
        script.ack(1, 1).in().answer(5000).ignore();
        script.after(8).expect().after(5).expect("P. 4001:5001 ack 1");
    }

    /** RFC 8985 7.3: new data first, if there is some. */
    @Test
    void shouldProbeWithNewDataWhenThereIsSome() {
        PacketScript script = PacketScript.open(true).answer(30_000).ignore();
        script.after(25).expect(". 10001:11001 ack 1");
        assertEquals(0, again(script, "tlp"));
        script.after(100).expect();
    }

    /** RFC 8985 7.2: the ACK of a lone segment may be delayed. */
    @Test
    void shouldLeaveALoneSegmentTimeForADelayedAck() {
        PacketScript script = PacketScript.open(true).answer(1000).ignore();
        script.after(195).expect();
        script.after(10).expect("P. 1:1001 ack 1");
        assertEquals(0, script.counter("dcn_tcp_retransmission_timeouts"));
    }

    /** RFC 8985 7.4: the probe repairs the loss and shows it; then the window is reduced. */
    @Test
    void shouldRepairALostTailWithoutATimeout() {
        PacketScript script = PacketScript.open(true).answer(5000).ignore().after(10);
        script.ack(1, 3001).in().after(25).expect("P. 4001:5001 ack 1").after(10);
        script.ack(1, 3001).sack(4001, 5001).in().after(4).expect(". 3001:4001 ack 1");
        assertEquals(0, script.counter("dcn_tcp_retransmission_timeouts"));
        assertTrue(script.connection.congestionWindowBytes() < 10_000);
    }

    /** RFC 8985 7.4.2: an ACK beyond the probe without a report of a duplicate: the probe repaired a loss. */
    @Test
    void shouldReduceTheWindowWhenTheProbeItselfRepairedTheLoss() {
        PacketScript script = PacketScript.open(true).answer(5000).after(25).ignore();
        script.ack(1, 5001).in().answer(2000).after(10);
        assertEquals(10_000, script.connection.congestionWindowBytes());
        script.ack(1, 7001).in();
        assertEquals(7000, script.connection.congestionWindowBytes());
    }

    /** RFC 8985 7.4.2: with the report nothing was lost. */
    @Test
    void shouldKeepTheWindowWhenTheProbeWasADuplicate() {
        PacketScript script = PacketScript.open(true).answer(5000).after(25).ignore();
        script.ack(1, 5001).in().answer(2000).after(10);
        script.ack(1, 7001).sack(4001, 5001).in();
        assertEquals(10_000, script.connection.congestionWindowBytes());
        assertEquals(1, script.counter("dcn_tcp_duplicates_reported"));
    }

    /** RFC 6937 3: 0.7 as many bytes leave as arrive, spread over the round trip; then the threshold. */
    @Test
    void shouldReduceTheWindowInProportionToWhatArrives() {
        PacketScript script = PacketScript.open(true).answer(200_000).after(10);
        script.ack(1, 10_001).in().after(10).ignore();
        long flight = script.connection.inFlightBytes();
        assertEquals(20_000, flight);
        for (int i = 1; i <= 19; i++) {
            script.ack(1, 10_001).sack(11_001, 11_001 + 1000 * i).in();
        }
        // the hole, limited transmit of two segments before, and new ones
        long left = script.counter("dcn_tcp_transmitted_bytes") - 30_000;
        assertTrue(left >= 13_000 && left <= 16_000, "left=" + left);
        script.after(10).ack(1, 30_001).in();
        assertEquals(14_000, script.connection.congestionWindowBytes());
    }

    /** RFC 6937 3, conservative bound: with most of a window lost no more leaves than arrives, and a segment. */
    @Test
    void shouldSendNoMoreThanArrivesWhenMostOfTheWindowIsLost() {
        PacketScript script = PacketScript.open(true).answer(200_000).after(10);
        script.ack(1, 10_001).in().after(10).ignore();
        script.ack(1, 10_001).sack(26_001, 30_001).in();
        long again = again(script, "rack");
        assertTrue(again >= 1000 && again <= 5000, "again=" + again);
    }
}
