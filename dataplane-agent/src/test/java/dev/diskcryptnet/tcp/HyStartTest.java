package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9406 4.2, with the constants of 4.3. */
class HyStartTest {
    private static final int MSS = 1000;
    private static final long MILLISECOND = 1_000_000;

    private static void round(HyStart hyStart, double milliseconds, int samples) {
        for (int i = 0; i < samples; i++) {
            hyStart.onSample((long) (milliseconds * MILLISECOND));
        }
    }

    /** max(4 ms, min(an eighth of the round trip, 16 ms)) more than in the round before. */
    @Test
    void shouldGrowByAQuarterWhenRoundTripsGrowByTheThreshold() {
        double[][] thresholds = {{10, 4}, {80, 10}, {400, 16}};
        for (double[] threshold : thresholds) {
            HyStart hyStart = new HyStart();
            round(hyStart, threshold[0], 8);
            hyStart.onRound();
            round(hyStart, threshold[0] + threshold[1] - 0.1, 8);
            assertEquals(1, hyStart.divisor());
            hyStart.onRound();
            round(hyStart, threshold[0] + 2 * threshold[1] + 3, 8);
            assertEquals(4, hyStart.divisor());
        }
    }

    @Test
    void shouldNotConcludeFromFewerThanEightSamples() {
        HyStart hyStart = new HyStart();
        round(hyStart, 10, 8);
        hyStart.onRound();
        round(hyStart, 100, 7);
        assertEquals(1, hyStart.divisor());
    }

    @Test
    void shouldResumeSlowStartWhenTheRoundTripShrinksAgain() {
        HyStart hyStart = new HyStart();
        round(hyStart, 10, 8);
        hyStart.onRound();
        round(hyStart, 20, 8);
        hyStart.onRound();
        assertEquals(4, hyStart.divisor());
        round(hyStart, 19, 8);
        assertEquals(1, hyStart.divisor());
    }

    @Test
    void shouldLeaveSlowStartAfterFiveConservativeRounds() {
        HyStart hyStart = new HyStart();
        round(hyStart, 10, 8);
        hyStart.onRound();
        round(hyStart, 20, 8);
        for (int i = 0; i < 5; i++) {
            assertFalse(hyStart.isOver());
            hyStart.onRound();
            round(hyStart, 20, 8);
        }
        assertTrue(hyStart.isOver());
    }

    /** 4.2: the window where it ends is the threshold; growth in conservative slow start is a quarter. */
    @Test
    void shouldSetTheThresholdOfCubic() {
        Cubic cubic = new Cubic(MSS, 100);
        for (int i = 0; i < 7; i++) {
            for (int j = 0; j < 8; j++) {
                cubic.onSample((i == 0 ? 10 : 30) * MILLISECOND);
            }
            long before = cubic.windowBytes();
            cubic.onAcknowledged(i, 4000, 10 * MILLISECOND, true);
            if (i < 6) {
                assertEquals(i == 0 ? 4000 : 1000, cubic.windowBytes() - before);
                assertTrue(cubic.inSlowStart());
            }
            cubic.onRound();
        }
        assertFalse(cubic.inSlowStart());
    }
}
