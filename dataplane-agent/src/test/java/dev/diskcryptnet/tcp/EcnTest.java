package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.wire.EcnField;
import org.junit.jupiter.api.Test;

/** Explicit congestion notification, RFC 3168. */
class EcnTest {
    private static final int ASK = TcpSegment.ECE | TcpSegment.CWR;

    /** A connection with it: SACK, no timestamps, segments of 1000 bytes, a round trip of 10 ms. */
    private static PacketScript open() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).sackPermitted().flags(ASK).in().expect("S.E 0:0 ack 1");
        script.after(10);
        script.ack(1, 1).in();
        assertTrue(script.connection.usesEcn());
        return script;
    }

    private static long window(PacketScript script) {
        return script.connection.congestionWindowBytes();
    }

    /** 6.1.1: the answer to ECE and CWR is ECE; SYN-ACK and ACKs are never marked, data may be. */
    @Test
    void shouldTakePartWhenItIsAsked() {
        PacketScript script = open();
        script.answer(500).expect("P. 1:501 ack 1 ect0");
        assertEquals(1, script.counter("dcn_tcp_ecn_connections_opened"));
    }

    /** 6.1.1: any other pair of flags does not ask, and a field that says the SYN itself may be marked is not the client's. */
    @Test
    void shouldNotTakePartWhenItIsNotAsked() {
        int[][] others = {{0, 0}, {TcpSegment.ECE, 0}, {TcpSegment.CWR, 0}, {ASK, 1}, {ASK, 2}, {ASK, 3}};
        for (int[] other : others) {
            PacketScript script = new PacketScript();
            script.syn().mss(1000).flags(other[0]).field(other[1]).in().expect("S. 0:0 ack 1");
            script.ack(1, 1).in().answer(500).expect("P. 1:501 ack 1");
            assertFalse(script.connection.usesEcn());
            assertEquals(0, script.counter("dcn_tcp_ecn_connections_opened"));
        }
    }

    /** draft-ietf-ccwg-bbr-06 3.7 has no answer to a mark; without SACK such a listener's connections have CUBIC, which has. */
    @Test
    void shouldNotAskForMarksThatItsCongestionControlHasNoAnswerTo() {
        PacketScript script = new PacketScript();
        script.stack.listen(80, CongestionAlgorithm.BBR);
        script.syn().mss(1000).sackPermitted().flags(ASK).in().expect("S. 0:0 ack 1");
        script.port++;
        script.syn().mss(1000).flags(ASK).in().expect("S.E 0:0 ack 1");
    }

    @Test
    void shouldTakeNoPartWhereItIsToldNotTo() {
        PacketScript script = new PacketScript();
        script.stack.listen(80, CongestionAlgorithm.CUBIC, false);
        script.syn().mss(1000).flags(ASK).in().expect("S. 0:0 ack 1");
        script.stack.listen(80, CongestionAlgorithm.CUBIC, true);
        script.port++;
        script.syn().mss(1000).flags(ASK).in().expect("S.E 0:0 ack 1");
    }

    /** 6.1.1: who has sent a SYN-ACK without it must not have packets marked, but still echoes marks. */
    @Test
    void shouldLeaveItOutOfASynAckThatIsSentAgain() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).flags(ASK).in().ignore();
        script.after(1010).expect("S. 0:0 ack 1");
        script.ack(1, 1).in().answer(500).expect("P. 1:501 ack 1");
        assertFalse(script.connection.usesEcn());
        script.ack(1, 501).data(100).field(EcnField.MARKED).in().expect(".E 501:501 ack 101");
    }

    /** 6.1.1.1: the client may think that its flags were why nobody answered. */
    @Test
    void shouldLeaveItOutWhenTheSynComesAgainWithout() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).flags(ASK).in().expect("S.E 0:0 ack 1");
        script.syn().mss(1000).in().expect("S. 0:0 ack 1");
        script.syn().mss(1000).flags(ASK).in().expect("S. 0:0 ack 1");
        script.ack(1, 1).in().answer(500).expect("P. 1:501 ack 1");
        script.ack(1, 501).data(100).field(EcnField.MARKED).in().after(50).expect(". 501:501 ack 101");
    }

    /** 6.1.4 to 6.1.6: neither ACKs, nor what is sent again, nor window probes, nor a FIN of its own. */
    @Test
    void shouldLetNothingButNewDataBeMarked() {
        PacketScript script = open();
        script.ack(1, 1).data(2000).in().expect(". 1:1 ack 2001");
        script.answer(4000).expect("P. 1:4001 ack 2001 ect0");
        script.ack(2001, 1).sack(1001, 4001).in().after(20).expect(". 1:1001 ack 2001");
        script.ack(2001, 4001).window(0).in().answer(500).expect();
        script.after(400).expect(". 4000:4000 ack 2001");
        script.ack(2001, 4001).in().expect("P.W 4001:4501 ack 2001 ect0");
        script.ack(2001, 4501).in();
        script.connection.finish();
        script.expect("F. 4501:4501 ack 2001");
    }

    /** 6.1.2: once a window, told by CWR on the first new packet; CUBIC by 0.7 (RFC 9438 4.6). */
    @Test
    void shouldReduceItsWindowOnceForAllMarksOfAWindow() {
        PacketScript script =
                open().answer(100_000).expect(". 1:10001 ack 1 ect0").after(10);
        script.ack(1, 1001).flags(TcpSegment.ECE).in();
        assertEquals(7000, window(script));
        script.ack(1, 2001).flags(TcpSegment.ECE).in();
        script.ack(1, 3001).flags(TcpSegment.ECE).in().expect();
        script.ack(1, 4001).flags(TcpSegment.ECE).in().after(2).expect(".W 10001:11001 ack 1 ect0");
        script.ack(1, 10_001).flags(TcpSegment.ECE).in().after(20).ignore();
        assertEquals(7000, window(script));
        assertEquals(1, script.counter("dcn_tcp_ecn_reductions"));
        script.ack(1, 11_001).flags(TcpSegment.ECE).in();
        assertEquals(4900, window(script));
        assertEquals(2, script.counter("dcn_tcp_ecn_reductions"));
        assertEquals(6, script.counter("dcn_tcp_ecn_echoes_received"));
    }

    /** 6.1.2: CWR once, not on each packet. */
    @Test
    void shouldTellOnceOfAReduction() {
        PacketScript script = open().answer(100_000).ignore().after(10);
        script.ack(1, 6001).flags(TcpSegment.ECE).in().after(5);
        script.ack(1, 8001).in().after(5).expect(".W 10001:13001 ack 1 ect0", ". 13001:15001 ack 1 ect0");
    }

    /** An echo that nobody asked for is a flag without a meaning. */
    @Test
    void shouldNotTakeEchoesWithoutAgreement() {
        PacketScript script = PacketScript.open(true).answer(100_000).after(10);
        script.ack(1, 1001).flags(TcpSegment.ECE).in();
        assertEquals(11_000, window(script));
        assertEquals(0, script.counter("dcn_tcp_ecn_echoes_received"));
    }

    /** Until CWR has come, a client's next request tells of the marks on the last answer again. */
    @Test
    void shouldNotAnswerAnEchoWhenNothingWasOut() {
        PacketScript script = open().answer(5000).after(10);
        script.ack(1, 5001).in();
        long window = window(script);
        script.ack(1, 5001).flags(TcpSegment.ECE).data(100).in();
        assertEquals(window, window(script));
        assertEquals(0, script.counter("dcn_tcp_ecn_reductions"));
    }

    /** 6.1.3: from a mark until CWR on all that it sends, data too; a packet may bring CWR and the next mark. */
    @Test
    void shouldEchoMarksUntilItIsToldOfTheReduction() {
        PacketScript script = open();
        script.ack(1, 1).data(100).field(EcnField.CAPABLE).in().after(45).expect(". 1:1 ack 101");
        script.ack(101, 1).data(100).field(EcnField.MARKED).in().expect(".E 1:1 ack 201");
        script.ack(201, 1).data(100).in().after(45).expect(".E 1:1 ack 301");
        script.answer(100).expect("P.E 1:101 ack 301 ect0");
        script.ack(301, 101).flags(TcpSegment.CWR).data(100).in().after(45).expect(". 101:101 ack 401");
        script.ack(401, 101).field(EcnField.MARKED).data(100).in().ignore();
        script.ack(501, 101)
                .flags(TcpSegment.CWR)
                .field(EcnField.MARKED)
                .data(100)
                .in()
                .expect(".E 101:101 ack 601");
        assertEquals(3, script.counter("dcn_tcp_ecn_marks_received"));
    }

    /** 6.1.3: what is out of the window, and ACKs without data, tell nothing. */
    @Test
    void shouldEchoNoMarkOfWhatIsNotAcceptableData() {
        PacketScript script = open();
        script.ack(1, 1).field(EcnField.MARKED).in().expect();
        script.ack(50_000, 1).field(EcnField.MARKED).data(10).in().expect(". 1:1 ack 1");
        assertEquals(0, script.counter("dcn_tcp_ecn_marks_received"));
    }

    /** 6.1.2: CWR follows a reduction for whatever reason, and echoes until it has arrived are answered by that reduction. */
    @Test
    void shouldTellOfTheReductionForALoss() {
        PacketScript script = open().answer(100_000).ignore().after(10);
        script.ack(1, 1).sack(1001, 5001).in().after(5);
        script.expect(". 1:1001 ack 1", ".W 10001:11001 ack 1 ect0");
        assertEquals(7000, window(script));
        script.ack(1, 5001).flags(TcpSegment.ECE).in().after(5).expect(". 11001:12001 ack 1 ect0");
        script.ack(1, 10_001).flags(TcpSegment.ECE).in().after(20);
        assertEquals(7000, window(script));
        assertEquals(0, script.counter("dcn_tcp_ecn_reductions"));
    }

    /** 6.1.2: what is lost of a window of which a packet was marked is the same congestion; what was sent later is not. */
    @Test
    void shouldNotReduceAgainForALossOfTheSameWindow() {
        PacketScript script = open().answer(100_000).ignore().after(10);
        script.ack(1, 1001).flags(TcpSegment.ECE).in();
        assertEquals(7000, window(script));
        script.ack(1, 1001).flags(TcpSegment.ECE).sack(2001, 6001).in().after(5).ignore();
        assertEquals(1, script.counter("dcn_tcp_fast_recoveries"));
        assertEquals(7000, window(script));
        script.ack(1, 10_001).in().after(20);
        assertEquals(7000, window(script));
        long end = script.connection.reservedEnd() + 1;
        script.ignore();
        script.ack(1, 10_001).sack(11_001, end).in();
        assertEquals(2, script.counter("dcn_tcp_fast_recoveries"));
        assertEquals(4900, window(script));
    }

    /** RFC 4015 3.2: a retransmission was needless, but a packet of the window was marked. */
    @Test
    void shouldNotTakeBackAReductionThatAMarkAskedForToo() {
        for (boolean marked : new boolean[] {false, true}) {
            PacketScript script = open().answer(100_000).ignore().after(10);
            script.ack(1, 1).sack(1001, 5001).in().after(5);
            assertEquals(7000, window(script));
            script.ack(1, 5001).flags(marked ? TcpSegment.ECE : 0).in();
            script.ack(1, 5001).flags(marked ? TcpSegment.ECE : 0).sack(1, 1001).in();
            assertEquals(marked ? 0 : 1, script.counter("dcn_tcp_recoveries_undone"));
            assertEquals(marked, window(script) == 7000, "window=" + window(script));
            // A mark that comes now is of another time, or of what was taken back.
            script.ack(1, 6001).flags(TcpSegment.ECE).in();
            assertEquals(marked ? 0 : 1, script.counter("dcn_tcp_ecn_reductions"));
        }
    }

    /** RFC 6298 5.5, RFC 3168 6.1.2. */
    @Test
    void shouldTellOfTheReductionForATimeout() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).flags(ASK).in().ignore();
        script.ack(1, 1).in().answer(3000).ignore();
        script.after(250).expect(". 1:1001 ack 1");
        script.ack(1, 3001).in().answer(1000).expect("P.W 3001:4001 ack 1 ect0");
    }

    @Test
    void shouldRememberItInACookie() {
        for (boolean timestamps : new boolean[] {true, false}) {
            PacketScript script = new PacketScript(TcpConfig.forMtu(1040).withLimits(10, 1, 10));
            script.syn().mss(1000).in().ignore();
            script.port++;
            var syn = script.syn().mss(1000).flags(ASK);
            (timestamps ? syn.ts(77, 0) : syn).in().expect(timestamps ? "S.E 0:0 ack 1" : "S. 0:0 ack 1");
            assertEquals(1, script.counter("dcn_tcp_syn_cookies_sent"));
            var ack = script.ack(1, 1);
            (timestamps ? ack.ts(78, script.last.timestampValue) : ack).in();
            assertEquals(timestamps, script.connection.usesEcn());
            script.answer(500).expect(timestamps ? "P. 1:501 ack 1 ect0" : "P. 1:501 ack 1");
        }
    }
}
