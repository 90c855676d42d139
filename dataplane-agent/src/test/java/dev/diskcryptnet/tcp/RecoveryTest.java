package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Losses: how they are found and repaired. */
class RecoveryTest {
    /** RFC 8985 6.2 step 4 with RFC 6675 4: more than two segments sacked; RFC 3042 2: a new segment each until then. */
    @Test
    void shouldRetransmitExactlyTheHoleOnTheThirdDuplicateAck() {
        PacketScript script = PacketScript.open(true).answer(100_000).ignore().after(10);
        script.ack(1, 1).sack(2001, 3001).in().expect(". 10001:11001 ack 1");
        script.ack(1, 1).sack(2001, 4001).in().expect(". 11001:12001 ack 1");
        script.ack(1, 1).sack(2001, 5001).in().expect(". 1:1001 ack 1");
        script.ack(1, 1).sack(2001, 7001).in().expect(". 1001:2001 ack 1");
        assertEquals(1, script.counter("dcn_tcp_fast_recoveries"));
        assertEquals(2000, script.counter("dcn_tcp_retransmitted_bytes", "rack"));
    }

    /** RFC 8985 6.2 step 4, DupThresh by ranges: three sacked ranges. */
    @Test
    void shouldFindTwoHolesAndRepairBothInOneRoundTrip() {
        PacketScript script = PacketScript.open(true).answer(100_000).ignore().after(10);
        script.ack(1, 1).sack(1001, 2001).in();
        script.ack(1, 1).sack(3001, 4001, 1001, 2001).in().ignore();
        script.ack(1, 1).sack(5001, 6001, 3001, 4001, 1001, 2001).in().expect(". 1:1001 ack 1");
        script.ack(1, 1).sack(5001, 8001, 3001, 4001, 1001, 2001).in().expect(". 2001:3001 ack 1", ". 4001:5001 ack 1");
    }

    /** RFC 9438 4.6: 0.7 of the window, once for a window of data. */
    @Test
    void shouldReduceTheWindowOnceForOneWindowOfLosses() {
        PacketScript script = PacketScript.open(true).answer(10_000).ignore().after(10);
        script.ack(1, 1).sack(1001, 2001, 3001, 4001, 5001, 6001).in();
        assertEquals(7000, script.connection.congestionWindowBytes());
        script.ack(1, 2001).sack(3001, 4001, 5001, 9001).in();
        assertEquals(7000, script.connection.congestionWindowBytes());
        script.ack(1, 10_001).in();
        assertEquals(7000, script.connection.congestionWindowBytes());
    }

    /** RFC 8985 6.2 step 5: what left before a retransmission that has arrived is lost, the tail too. */
    @Test
    void shouldFindALostTailWhenTheRetransmissionBeforeItArrives() {
        PacketScript script = PacketScript.open(true).answer(10_000).ignore().after(10);
        script.ack(1, 1).sack(1001, 9001).in().expect(". 1:1001 ack 1").after(10);
        script.ack(1, 9001).in().expect("P. 9001:10001 ack 1");
        assertEquals(0, script.counter("dcn_tcp_retransmission_timeouts"));
    }

    /** RFC 6582 3.2. */
    @Test
    void shouldRepairOneHoleEachRoundTripWithoutSack() {
        PacketScript script = PacketScript.open(false).answer(10_000).ignore().after(10);
        script.ack(1, 1).in();
        script.ack(1, 1).in().expect();
        script.ack(1, 1).in().expect(". 1:1001 ack 1");
        script.ack(1, 1).in();
        script.ack(1, 3001).in().expect(". 3001:4001 ack 1");
        script.ack(1, 10_001).in().expect();
        assertEquals(1, script.counter("dcn_tcp_fast_recoveries"));
    }

    /** RFC 5681 2: a window update, or an ACK with data, is no duplicate. */
    @Test
    void shouldNotTakeWindowUpdatesOrDataForDuplicates() {
        PacketScript script = PacketScript.open(false).answer(10_000).ignore();
        script.ack(1, 1).window(60_000).in();
        script.ack(1, 1).window(50_000).in();
        script.ack(1, 1).window(40_000).in();
        script.ack(1, 1).window(40_000).data(10).in();
        assertEquals(0, script.counter("dcn_tcp_duplicate_acks"));
    }

    /** RFC 6298 5: 200 ms at least, doubled each time; all outstanding is lost, one segment goes. */
    @Test
    void shouldBackOffExponentiallyWhenNothingComesBack() {
        PacketScript script = PacketScript.open(false).answer(10_000).ignore();
        script.after(195).expect();
        script.after(10).expect(". 1:1001 ack 1");
        assertEquals(1000, script.connection.congestionWindowBytes());
        script.after(390).expect();
        script.after(20).expect(". 1:1001 ack 1");
        script.after(780).expect();
        script.after(30).expect(". 1:1001 ack 1");
        assertEquals(3000, script.counter("dcn_tcp_retransmitted_bytes", "rto"));
    }

    /** RFC 5681 3.1 after a timeout: slow start through what was lost, sacked bytes left out. */
    @Test
    void shouldSkipSackedBytesAfterATimeout() {
        PacketScript script = PacketScript.open(true).answer(6000).ignore().after(5);
        script.ack(1, 1).sack(3001, 5001).in().expect();
        script.after(20).expect(". 1:1001 ack 1");
        script.after(300).expect(". 1:1001 ack 1");
        script.ack(1, 1001).sack(3001, 5001).in().expect(". 1001:3001 ack 1");
        script.ack(1, 5001).in().expect("P. 5001:6001 ack 1");
    }

    /** RFC 2018 8: a second timeout forgets what was sacked. */
    @Test
    void shouldSendSackedBytesAgainWhenThePeerMayHaveDroppedThem() {
        PacketScript script = PacketScript.open(true).answer(3000).ignore().after(5);
        script.ack(1, 1).sack(1001, 3001).in();
        script.after(300).ignore();
        script.after(500).expect(". 1:1001 ack 1");
        script.ack(1, 1001).in().expect("P. 1001:3001 ack 1");
    }

    /** RFC 9293 3.8.3. */
    @Test
    void shouldGiveUpWhenNothingIsAcknowledgedForTheUserTimeout() {
        PacketScript script = PacketScript.open(true).answer(1000);
        script.after(99_000);
        assertTrue(script.closed.isEmpty());
        script.after(2000);
        assertEquals(java.util.List.of(CloseReason.TIMED_OUT), script.closed);
    }

    /** RFC 6298 3, Karn: an ACK after a retransmission says nothing without timestamps... */
    @Test
    void shouldNotMeasureRoundTripsOfRetransmittedBytes() {
        PacketScript script = PacketScript.open(true);
        long before = script.connection.roundTripNs();
        script.answer(1000).after(250).ignore();
        script.ack(1, 1001).in();
        assertEquals(before, script.connection.roundTripNs());
    }

    @Test
    void shouldNotMeasureRoundTripsAcrossAFastRetransmission() {
        PacketScript script = PacketScript.open(true);
        long before = script.connection.roundTripNs();
        script.answer(10_000).after(10);
        script.ack(1, 1).sack(1001, 9001).in().after(100);
        script.ack(1, 10_001).in();
        assertEquals(before, script.connection.roundTripNs());
    }

    /** ...and RFC 7323 4: with them it does. */
    @Test
    void shouldMeasureRoundTripsOfRetransmittedBytesByTimestamps() {
        PacketScript script = PacketScript.openWithTimestamps();
        script.answer(900).after(250).ignore().after(40);
        script.ack(1, 901).in();
        assertTrue(script.connection.roundTripNs() > 15 * PacketScript.MILLISECOND);
    }

    /** RFC 2018 4 and 2883: blocks that make no sense change nothing. */
    @Test
    void shouldIgnoreSackBlocksOutsideOfWhatWasSent() {
        PacketScript script = PacketScript.open(true).answer(5000).ignore();
        script.ack(1, 2001).sack(1, 1001, 900_000, 990_000, 4001, 3001).in();
        assertEquals(0, script.counter("dcn_tcp_duplicate_acks"));
        assertEquals(3000, script.connection.inFlightBytes());
    }

    /** Loss inside a large frame is repaired at the granularity of segments. */
    @Test
    void shouldRetransmitSeveralLostSegmentsAsOneRange() {
        PacketScript script = PacketScript.open(true).answer(10_000).ignore();
        script.ack(1, 1).sack(3001, 9001).in().expect(". 1:3001 ack 1");
    }

    /** RFC 9293 3.5: the FIN is retransmitted like data, and rides on retransmitted data. */
    @Test
    void shouldRetransmitTheFin() {
        PacketScript script = PacketScript.open(false);
        script.connection.extend(1500);
        script.connection.finish();
        script.pump().expect("FP. 1:1501 ack 1");
        script.after(210).expect(". 1:1001 ack 1");
        script.ack(1, 1001).in().expect("FP. 1001:1501 ack 1");
        script.ack(1, 1501).in();
        script.after(250).expect("F. 1501:1501 ack 1");
    }

    /** A retransmission that is lost as well is found by bytes sacked that left after it, not by a timeout. */
    @Test
    void shouldFindALostRetransmissionWithoutATimeout() {
        PacketScript script = PacketScript.open(true).answer(100_000).ignore();
        script.ack(1, 1).sack(1001, 10_001).in().expect(". 1:1001 ack 1", ". 10001:16001 ack 1");
        script.ack(1, 1).sack(1001, 12_001).in().ignore();
        script.ack(1, 1).sack(1001, 14_001).in();
        script.expect(". 1:1001 ack 1", ". 18001:20001 ack 1");
        assertEquals(0, script.counter("dcn_tcp_retransmission_timeouts"));
    }
}
