package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A path of 50 ms, on which rounds of 100,000 bytes are sent. */
class AmbientLossTest {
    private static final long PATH_NS = 50_000_000;
    private static final double THRESHOLD = 0.02;

    private final AmbientLoss ambient = new AmbientLoss(1000);
    private long delivered;

    private boolean round(long lostBytes, long rttNs, boolean settled) {
        delivered += 100_000 - lostBytes;
        ambient.onSample(rttNs + 20_000_000);
        ambient.onSample(rttNs);
        ambient.onRound(lostBytes, delivered, PATH_NS, THRESHOLD, settled);
        return ambient.explained();
    }

    @Test
    void shouldLearnWhatAPathWithoutAQueueLoses() {
        assertFalse(round(3000, PATH_NS, true)); // more than the threshold, and nothing is known
        for (int i = 0; i < 20; i++) {
            assertTrue(round(i % 2 == 0 ? 2000 : 4000, PATH_NS + 5_000_000, true), "round=" + i);
        }
        assertEquals(0.03, ambient.share(), 0.003);
        assertFalse(round(9000, PATH_NS, true));
    }

    /** Of 100 packets of which the path loses 3, two standard deviations more are 3 packets, and 2 % of congestion are 2. */
    @Test
    void shouldAllowForChance() {
        assertEquals(2000, ambient.bearable(100_000, THRESHOLD)); // nothing is known
        for (int i = 0; i < 8; i++) {
            round(3000, PATH_NS, true);
        }
        assertEquals(5000 + 3464, ambient.bearable(100_000, THRESHOLD), 1);
        assertTrue(round(8000, PATH_NS, true));
    }

    @Test
    void shouldExplainLossesBehindAQueueByWhatIsKnownOnly() {
        for (int i = 0; i < 8; i++) {
            round(3000, PATH_NS, true);
        }
        assertTrue(round(6000, PATH_NS + 10_000_000, false));
        assertFalse(round(7000, PATH_NS + 10_000_000, false));
    }

    @Test
    void shouldNotTakeLossesOfAFullQueueForThePaths() {
        round(0, PATH_NS, true);
        for (int i = 0; i < 20; i++) {
            assertFalse(round(1000, PATH_NS + 10_000_000, true), "round=" + i);
        }
        assertEquals(0, ambient.share());
    }

    @Test
    void shouldNotLearnFromRoundsThatProbe() {
        round(0, PATH_NS, true);
        for (int i = 0; i < 20; i++) {
            assertFalse(round(4000, PATH_NS, false), "round=" + i);
        }
        assertEquals(0, ambient.share());
    }

    @Test
    void shouldNotTakeMoreThanATwentiethForThePaths() {
        for (int i = 0; i < 20; i++) {
            assertFalse(round(20_000, PATH_NS, true), "round=" + i);
        }
        assertEquals(AmbientLoss.MOST, ambient.share());
    }

    @Test
    void shouldForgetWhatThePathNoLongerLoses() {
        for (int i = 0; i < 20; i++) {
            round(3000, PATH_NS, true);
        }
        for (int i = 0; i < 40; i++) {
            round(0, PATH_NS, true);
        }
        assertEquals(0, ambient.share(), 0.001);
    }
}
