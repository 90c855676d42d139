package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What was sent again without need: how it shows, and that it costs nothing then. */
class SpuriousLossTest {
    private static long undone(PacketScript script) {
        return script.counter("dcn_tcp_recoveries_undone");
    }

    /** RFC 3522 3.2: the echoed timestamp is from before the retransmission; RFC 4015 3.2: the window comes back. */
    @Test
    void shouldUndoATimeoutThatATimestampShowsToBeSpurious() {
        PacketScript script = PacketScript.openWithTimestamps();
        script.answer(9880);
        int echo = script.timestampEcho;
        script.after(500).ignore();
        assertTrue(script.counter("dcn_tcp_retransmission_timeouts") > 0);
        assertEquals(988, script.connection.congestionWindowBytes());
        script.timestampEcho = echo;
        script.ack(1, 989).in().expect();
        assertEquals(1, undone(script));
        assertTrue(script.connection.congestionWindowBytes() >= 9880);
    }

    /** The same ACK with the retransmission's timestamp: the timeout was right. */
    @Test
    void shouldNotUndoWhenTheRetransmissionIsWhatArrived() {
        PacketScript script = PacketScript.openWithTimestamps();
        script.answer(9880).after(500).ignore();
        script.ack(1, 989).in();
        assertEquals(0, undone(script));
    }

    /** RFC 3708 2: all that was sent again is reported as received twice. */
    @Test
    void shouldUndoARecoveryWhenAllRetransmissionsWereDuplicates() {
        PacketScript script = PacketScript.open(true).answer(10_000).ignore().after(10);
        script.ack(1, 1).sack(2001, 6001).in().expect(". 1:2001 ack 1");
        assertTrue(script.connection.congestionWindowBytes() < 10_000);
        script.ack(1, 6001).in();
        script.ack(1, 6001).sack(1, 1001).in();
        assertEquals(0, undone(script));
        script.ack(1, 6001).sack(1001, 2001).in();
        assertEquals(1, undone(script));
        assertTrue(script.connection.congestionWindowBytes() >= 10_000);
    }

    /** RFC 5682 3.1 steps 2b and 3b: new data after the first ACK; then what was never sent again arrives. */
    @Test
    void shouldUndoATimeoutWhenOriginalsGoOnArriving() {
        PacketScript script = PacketScript.open(true).answer(30_000).ignore();
        script.after(500).ignore();
        long timeouts = script.counter("dcn_tcp_retransmission_timeouts");
        assertEquals(1, timeouts);
        script.ack(1, 1001).in().expect(". 11001:12001 ack 1", ". 12001:13001 ack 1");
        script.ack(1, 2001).in();
        assertEquals(1, undone(script));
        assertTrue(script.connection.congestionWindowBytes() >= 10_000);
    }

    /** RFC 5682 3.1 step 3a: nothing of the kind arrives, so slow start goes on with what was lost. */
    @Test
    void shouldGoOnSendingAgainWhenTheTimeoutWasRight() {
        PacketScript script = PacketScript.open(true).answer(30_000).ignore();
        script.after(500).ignore();
        script.ack(1, 1001).in().expect(". 11001:12001 ack 1", ". 12001:13001 ack 1");
        script.ack(1, 1001).sack(11_001, 12_001).in().ignore();
        script.ack(1, 1001).sack(11_001, 13_001).in();
        assertEquals(0, undone(script));
        assertTrue(script.counter("dcn_tcp_retransmitted_bytes", "rto") > 1000);
    }
}
