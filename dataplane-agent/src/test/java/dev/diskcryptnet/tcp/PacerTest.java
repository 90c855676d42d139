package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

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

    /** A wheel that turns late must not cost throughput: 1.2 windows a round trip at least. */
    @Test
    void shouldMakeGoodForLateTimers() {
        Pacer pacer = new Pacer();
        long now = 0;
        long sent = 0;
        long window = 1_000_000;
        long trip = 10_000_000;
        while (now < 10 * trip) {
            now += 1L << TimerWheel.TICK_SHIFT;
            while (!pacer.holds(now)) {
                pacer.onReserved(now, 60_000, 1.2 * window / trip);
                sent += 60_000;
            }
        }
        assertEquals(12.0, (double) sent / window, 0.3);
    }
}
