package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** FIN, RST, TIME-WAIT. */
class ClosingTest {
    /** RFC 9293 3.6, case 1: FIN on the last data, TIME-WAIT, the peer's FIN sent again is answered. */
    @Test
    void shouldCloseFirstAndWait() {
        PacketScript script = PacketScript.open(true);
        script.connection.extend(500);
        script.connection.finish();
        script.pump().expect("FP. 1:501 ack 1");
        script.ack(1, 502).in();
        script.fin(1, 502).in().expect(". 502:502 ack 2");
        assertEquals(List.of(CloseReason.FINISHED), script.closed);
        assertTrue(script.remoteClosed);
        assertEquals(1, script.stack.timeWaitConnections());
        script.after(1000).fin(1, 502).in().expect(". 502:502 ack 2");
        script.rst(2).in();
        assertEquals(1, script.stack.timeWaitConnections()); // RFC 1337
        script.after(61_000);
        assertEquals(0, script.stack.timeWaitConnections());
    }

    /** RFC 9293 3.6, case 2: the peer closes its side; we go on sending, then close without TIME-WAIT. */
    @Test
    void shouldGoOnSendingAfterThePeerClosedItsSide() {
        PacketScript script = PacketScript.open(true);
        script.fin(1, 1).data(20).in().expect(". 1:1 ack 22");
        assertTrue(script.remoteClosed);
        script.answer(1000).expect("P. 1:1001 ack 22");
        script.connection.finish();
        script.expect("F. 1001:1001 ack 22");
        script.ack(22, 1002).in();
        assertEquals(List.of(CloseReason.FINISHED), script.closed);
        assertEquals(0, script.stack.timeWaitConnections());
        script.ack(22, 1002).in().expect("R 1002:1002");
    }

    /** RFC 9293 3.6, case 3. */
    @Test
    void shouldCloseAtTheSameTime() {
        PacketScript script = PacketScript.open(true);
        script.connection.finish();
        script.expect("F. 1:1 ack 1");
        script.fin(1, 1).in().expect(". 2:2 ack 2");
        assertTrue(script.closed.isEmpty());
        script.ack(2, 2).in();
        assertEquals(List.of(CloseReason.FINISHED), script.closed);
        assertEquals(1, script.stack.timeWaitConnections());
    }

    @Test
    void shouldHoldBackTheFinUntilTheReadsBeforeItHaveLeft() {
        PacketScript script = PacketScript.open(true);
        script.sendsAtOnce = false;
        script.connection.extend(1000);
        assertTrue(script.reserve());
        script.connection.finish();
        script.expect();
        script.leave();
        script.expect("FP. 1:1001 ack 1");
    }

    @Test
    void shouldTakeAFinThatArrivesBeforeTheDataInFrontOfIt() {
        PacketScript script = PacketScript.open(true);
        script.fin(101, 1).data(50).in();
        assertFalse(script.remoteClosed);
        script.ack(1, 1).data(100).in();
        assertTrue(script.remoteClosed);
        assertEquals(List.of(150), script.received);
    }

    @Test
    void shouldNotWaitForEverForThePeersFin() {
        PacketScript script = PacketScript.open(true);
        script.connection.finish();
        script.ack(1, 2).in();
        script.after(61_000);
        assertEquals(List.of(CloseReason.TIMED_OUT), script.closed);
    }

    /** RFC 5961 3.2. */
    @Test
    void shouldObeyAResetOnlyAtTheExactSequence() {
        PacketScript script = PacketScript.open(true);
        script.rst(100).in().expect(". 1:1 ack 1");
        script.rst(20_000).in().expect();
        assertTrue(script.closed.isEmpty());
        script.rst(1).in().expect();
        assertEquals(List.of(CloseReason.RESET_BY_PEER), script.closed);
    }

    /** RFC 5961 4.2. */
    @Test
    void shouldChallengeASynOnAnOpenConnection() {
        PacketScript script = PacketScript.open(true);
        script.syn().in().expect(". 1:1 ack 1");
        assertTrue(script.closed.isEmpty());
    }

    /** RFC 5961 5.2: an acknowledgement of what was never sent, or of long ago. */
    @Test
    void shouldChallengeAnAcknowledgementOutOfRange() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 500).data(10).in().expect(". 1:1 ack 1");
        script.after(1000);
        script.ack(1, -70_000).data(10).in().expect(". 1:1 ack 1");
        assertEquals(List.of(), script.received);
        assertEquals(2, script.counter("dcn_tcp_segments_dropped", "bad_acknowledgement"));
    }

    /** RFC 5961 10. */
    @Test
    void shouldChallengeRarely() {
        PacketScript script = PacketScript.open(true);
        for (int i = 0; i < 1000; i++) {
            script.rst(100 + i).in();
        }
        assertEquals(1, script.counter("dcn_tcp_challenge_acks"));
    }

    @Test
    void shouldResetOnAbort() {
        PacketScript script = PacketScript.open(true).answer(1000).ignore();
        script.connection.abort();
        script.expect("R. 1001:1001 ack 1");
        assertEquals(List.of(CloseReason.ABORTED), script.closed);
        assertFalse(script.connection.nextRange(script.nowNs(), 1000, script.range));
    }

    @Test
    void shouldAbortEverythingOnCloseAll() {
        PacketScript script = PacketScript.open(true);
        script.port++;
        script.syn().in();
        script.stack.closeAll();
        assertEquals(0, script.stack.connections());
        assertEquals(0, script.stack.halfOpenConnections());
        assertEquals(List.of(CloseReason.ABORTED), script.closed);
        script.ignore().after(200_000).expect();
    }

    /** RFC 6191 2 and RFC 9293 3.10.7.4: a newer SYN takes over from TIME-WAIT, with a larger sequence number. */
    @Test
    void shouldAcceptANewConnectionInTimeWait() {
        PacketScript script = PacketScript.open(true);
        script.connection.finish();
        script.fin(1, 2).in();
        assertEquals(1, script.stack.timeWaitConnections());
        int sequence = script.last.sequence;
        script.syn().in();
        assertEquals(1, script.stack.timeWaitConnections());
        script.syn(100).in();
        assertEquals(0, script.stack.timeWaitConnections());
        assertTrue(script.last.has(TcpSegment.SYN));
        assertTrue(script.last.sequence - sequence > 0);
    }

    @Test
    void shouldForgetTheOldestTimeWaitBeyondTheBound() {
        PacketScript script = new PacketScript(TcpConfig.forMtu(1040).withLimits(10, 10, 2));
        for (int i = 0; i < 4; i++) {
            script.port = 3000 + i;
            script.handshake(true, false);
            script.connection.finish();
            script.fin(1, 2).in();
        }
        assertEquals(2, script.stack.timeWaitConnections());
        assertEquals(2, script.counter("dcn_tcp_time_wait_evicted"));
    }
}
