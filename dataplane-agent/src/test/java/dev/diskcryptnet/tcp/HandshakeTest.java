package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HandshakeTest {
    /** RFC 9293 3.10.7.2, RFC 7323 2.2 and 3.2, RFC 2018 2. */
    @Test
    void shouldAnswerOptionsOfTheSynWithItsOwn() {
        PacketScript script = new PacketScript();
        script.syn().mss(900).scale(7).sackPermitted().ts(77, 0).in().expect("S. 0:0 ack 1");
        assertEquals(1000, script.last.maximumSegmentSize);
        assertEquals(0, script.last.windowScale);
        assertTrue(script.last.sackPermitted);
        assertEquals(77, script.last.timestampEcho);
        assertEquals(20480, script.last.window);
        script.ack(1, 1).ts(78, script.last.timestampValue).in().expect();
        assertEquals(1, script.established);
        assertEquals(900 - 12, script.connection.effectiveSegmentBytes());
    }

    /** RFC 7323 1.3: options not offered are not used. */
    @Test
    void shouldOfferNoOptionThatTheSynDidNotHave() {
        PacketScript script = new PacketScript();
        script.syn().in().expect("S. 0:0 ack 1");
        assertEquals(-1, script.last.windowScale);
        assertFalse(script.last.sackPermitted);
        assertFalse(script.last.hasTimestamps);
        script.ack(1, 1).in();
        // RFC 9293 3.7.1: 536 when the peer names none.
        assertEquals(536, script.connection.effectiveSegmentBytes());
    }

    /** RFC 6298 2.1, 5.5; given up after the configured retries. */
    @Test
    void shouldRetransmitSynAckAndForgetInTheEnd() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).in().ignore();
        script.after(990).expect();
        script.after(20).expect("S. 0:0 ack 1");
        script.after(2010).expect("S. 0:0 ack 1");
        script.after(100_000).expect("S. 0:0 ack 1", "S. 0:0 ack 1", "S. 0:0 ack 1");
        assertEquals(0, script.stack.halfOpenConnections());
        assertEquals(1, script.counter("dcn_tcp_half_open_timeouts"));
    }

    @Test
    void shouldAnswerASynSentAgainWithTheSameSynAck() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).in().expect("S. 0:0 ack 1");
        script.after(300);
        script.syn().mss(1000).in().expect("S. 0:0 ack 1");
        assertEquals(1, script.stack.halfOpenConnections());
    }

    /** RFC 9293 3.10.7.4, fifth: SYN-RECEIVED. */
    @Test
    void shouldResetAnAcknowledgementOfWhatWasNotSent() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).in().ignore();
        script.ack(1, 2).in().expect("R 2:2");
        assertEquals(0, script.established);
        script.ack(1, 1).in();
        assertEquals(1, script.established);
    }

    /** RFC 9293 3.10.7.1. */
    @Test
    void shouldResetSegmentsThatBelongToNoConnection() {
        PacketScript script = new PacketScript();
        script.ack(5, 9).in().expect("R 9:9");
        script.rst(5).in().expect();
    }

    @Test
    void shouldTakeDataThatRidesOnTheHandshakesAck() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).in().ignore();
        script.ack(1, 1).data(100).in();
        assertEquals(java.util.List.of(100), script.received);
    }

    /** RFC 6528: neither equal between tuples nor equal over time. */
    @Test
    void shouldStartEachConnectionAtAnotherSequence() {
        PacketScript script = new PacketScript();
        script.syn().in();
        int first = script.last.sequence;
        script.port++;
        script.syn().in();
        assertNotEquals(first, script.last.sequence);
    }

    @Test
    void shouldRefuseSynsWhileDraining() {
        PacketScript script = new PacketScript();
        script.stack.refuseNew(true);
        script.syn().in().expect("R. 0:0 ack 1");
        assertEquals(0, script.stack.halfOpenConnections());
        assertEquals(1, script.counter("dcn_tcp_syn_dropped", "draining"));
    }
}
