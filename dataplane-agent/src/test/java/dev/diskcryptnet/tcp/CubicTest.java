package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CubicTest {
    private static final int MSS = 1000;
    private static final long MILLISECOND = 1_000_000;

    private static long runFor(Cubic cubic, long fromNs, long milliseconds, long rttMs) {
        long now = fromNs;
        for (long left = milliseconds; left > 0; left -= rttMs) {
            now += rttMs * MILLISECOND;
            for (long acked = cubic.windowBytes() / MSS; acked > 0; acked--) {
                cubic.onAcknowledged(now, MSS, rttMs * MILLISECOND, true);
            }
        }
        return now;
    }

    /** RFC 9438 4.1, 4.2: back at the old window after K seconds, slow around it, faster after. */
    @Test
    void shouldReachThePlateauAfterKSeconds() {
        Cubic cubic = new Cubic(MSS, 1000);
        cubic.onLoss();
        assertEquals(700_000, cubic.windowBytes());
        double k = Math.cbrt(300 / 0.4);
        long now = runFor(cubic, 0, (long) (k * 500), 100);
        double half = cubic.windowBytes();
        assertTrue(half > 930_000 && half < 985_000, "window=" + half);
        now = runFor(cubic, now, (long) (k * 500), 100);
        assertEquals(1_000_000, cubic.windowBytes(), 10_000);
        runFor(cubic, now, (long) (k * 500), 100);
        assertTrue(cubic.windowBytes() > 1_030_000 && cubic.windowBytes() < 1_060_000, "" + cubic.windowBytes());
    }

    /** RFC 9438 4.3: never slower than Reno would be; on a short path that is what counts. */
    @Test
    void shouldGrowLikeRenoOnAShortPath() {
        Cubic cubic = new Cubic(MSS, 20);
        cubic.onLoss();
        runFor(cubic, 0, 10, 1);
        // alpha is 0.53 segments a round trip below the old window
        assertEquals(14_000 + 10 * 529, cubic.windowBytes(), 600);
    }

    /** RFC 9438 4.7. */
    @Test
    void shouldReleaseBandwidthWhenLossesComeBelowTheLastMaximum() {
        Cubic cubic = new Cubic(MSS, 1000);
        cubic.onLoss();
        cubic.onLoss();
        assertEquals(490_000, cubic.windowBytes(), 1);
        // The plateau is at 0.85 of 700, not at 700.
        runFor(cubic, 0, (long) (Math.cbrt((595 - 490) / 0.4) * 1000), 100);
        assertEquals(595_000, cubic.windowBytes(), 8_000);
    }

    /** RFC 5681 3.1: doubling each round trip, one segment after a timeout. */
    @Test
    void shouldDoubleInSlowStartAndStartFromOneSegmentAfterATimeout() {
        Cubic cubic = new Cubic(MSS, 10);
        runFor(cubic, 0, 10, 10);
        assertEquals(20_000, cubic.windowBytes());
        cubic.onTimeout(0);
        assertEquals(1000, cubic.windowBytes());
        runFor(cubic, 0, 30, 10);
        assertEquals(8000, cubic.windowBytes());
        assertTrue(cubic.inSlowStart());
    }

    /** RFC 9438 4.6: never below two segments. */
    @Test
    void shouldKeepAThresholdOfTwoSegments() {
        Cubic cubic = new Cubic(MSS, 2);
        cubic.onLoss();
        assertEquals(2000, cubic.windowBytes());
    }
}
