package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How bytes are spread over a round trip of 10 ms, and where they are not. */
class PacerTest {
    private static long transmitted(PacketScript script) {
        return script.counter("dcn_tcp_transmitted_bytes");
    }

    /**
     * In slow start, and the window is 20,000 bytes: 4,000 a millisecond, however late and bunched ACKs come; a burst is
     * a tick's worth and a frame.
     */
    @Test
    void shouldSendTwiceTheWindowARoundTripInSlowStart() {
        PacketScript script = PacketScript.open(true).answer(1_000_000).after(10);
        script.sendsAtOnce = false; // as a loop does: asks after it has received
        script.ack(1, 10_001).in();
        script.sendsAtOnce = true;
        script.pump();
        assertTrue(transmitted(script) <= 16_500, () -> "transmitted=" + transmitted(script));
        long before = transmitted(script);
        script.after(3);
        long sent = transmitted(script) - before;
        assertTrue(sent >= 9000 && sent <= 16_000, () -> "sent=" + sent);
        script.after(5);
        assertEquals(30_000, transmitted(script));
    }

    /** RFC 6928 2, RFC 2861 3: an initial window leaves at once, after a pause too. */
    @Test
    void shouldSendAnInitialWindowAtOnce() {
        PacketScript script = PacketScript.open(true).answer(100_000);
        assertEquals(10_000, transmitted(script));
    }

    /** Below two ticks of the wheel ACKs set the pace. */
    @Test
    void shouldNotHoldBackNearClients() {
        PacketScript script = new PacketScript();
        script.syn().mss(1000).sackPermitted().in();
        script.after(2).ack(1, 1).in().answer(1_000_000).ignore();
        script.after(1).ack(1, 10_001).in();
        assertEquals(30_000, transmitted(script));
    }

    /** A wheel that turns late, or a processor that has other work, must not cost throughput: 1.2 windows a round trip. */
    @ParameterizedTest
    @CsvSource({"1048576, 10000000", "1048576, 50000000", "6000000, 50000000"})
    void shouldMakeGoodForLateTimers(long stepNs, long tripNs) {
        Pacer pacer = new Pacer();
        long now = 0;
        long sent = 0;
        long window = 1_000_000;
        while (now < 10 * tripNs) {
            now += stepNs;
            while (!pacer.holds(now)) {
                pacer.onReserved(now, 60_000, 1.2 * window / tripNs, tripNs);
                sent += 60_000;
            }
        }
        assertEquals(12.0, (double) sent / window, 0.3);
    }

    /** However long nothing left: an eighth of a round trip's worth and a frame. */
    @Test
    void shouldNotMakeGoodForPauses() {
        Pacer pacer = new Pacer();
        long trip = 50_000_000;
        double bytesPerNs = 1_000_000.0 / trip;
        pacer.onReserved(0, 10_000, bytesPerNs, trip);
        long sent = 0;
        while (!pacer.holds(1_000_000_000)) {
            pacer.onReserved(1_000_000_000, 10_000, bytesPerNs, trip);
            sent += 10_000;
        }
        assertTrue(sent <= 1_000_000 / 8 + 10_000, "sent=" + sent);
    }
}
