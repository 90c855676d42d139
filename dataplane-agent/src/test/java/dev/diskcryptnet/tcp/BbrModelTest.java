package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The path's model of draft-ietf-ccwg-bbr-06 5.5, clause by clause; a round trip is 10 ms. */
class BbrModelTest {
    private static final long MILLISECOND = 1_000_000;
    private static final int MSS = 1000;

    private final BbrModel model = new BbrModel((bytes, inFlight, lost, limited) -> {}, MSS);
    private final SentLog log = new SentLog();
    private long nowNs = 1_000 * MILLISECOND;
    private long offset;

    /** A round trip in which so many bytes leave at once and arrive. */
    private void round(long bytes) {
        log.clear();
        log.add(offset, offset + bytes, nowNs, false);
        model.rate.onSent(nowNs, bytes, true, log);
        offset += bytes;
        nowNs += 10 * MILLISECOND;
        model.rate.onArrived(nowNs, log, 0);
        model.rate.finish(nowNs, bytes, 10 * MILLISECOND);
        model.onSample();
        model.updateMinRtt(nowNs, 10 * MILLISECOND);
    }

    private static double perRound(long bytes) {
        return bytes / (10.0 * MILLISECOND);
    }

    /** 5.5.3: the largest of this cycle and the one before. */
    @Test
    void shouldRememberTheLargestBandwidthForTwoCycles() {
        round(20_000);
        round(10_000);
        assertEquals(perRound(20_000), model.maxBandwidth(), 1e-12);
        model.startCycle();
        round(10_000);
        assertEquals(perRound(20_000), model.maxBandwidth(), 1e-12);
        model.startCycle();
        round(10_000);
        assertEquals(perRound(10_000), model.maxBandwidth(), 1e-12);
        assertEquals(10_000, model.product(1, 0));
    }

    /** 5.5.10.3: after a round with losses what arrived in it, or 0.7 of before; not while it probes. */
    @Test
    void shouldFollowLossesDownByThreeTenthsARoundAtMost() {
        round(20_000);
        model.adaptToLosses(false, false, 40_000);
        model.endSample();
        round(10_000);
        model.onLoss(MSS);
        model.adaptToLosses(true, false, 40_000);
        assertEquals(perRound(20_000), model.bandwidth(), 1e-12);
        model.endSample();
        round(10_000);
        model.onLoss(MSS);
        model.adaptToLosses(false, false, 40_000);
        model.endSample();
        round(10_000);
        model.adaptToLosses(false, false, 40_000);
        assertEquals(perRound(14_000), model.bandwidth(), 1e-12);
        assertEquals(28_000, model.inflightShortTerm);
        model.restoreBounds();
        assertEquals(perRound(14_000), model.bandwidth(), 1e-12);
        model.resetShortTerm();
        assertEquals(perRound(20_000), model.bandwidth(), 1e-12);
    }

    /** 5.5.9: more than the bandwidth explains; forgotten again. */
    @Test
    void shouldMeasureHowBunchedAcksAre() {
        round(20_000);
        model.updateExtraAcked(nowNs, 20_000, 100_000);
        nowNs += 5 * MILLISECOND;
        model.updateExtraAcked(nowNs, 30_000, 100_000);
        assertEquals(40_000, model.extraAcked());
        for (int i = 0; i < 3; i++) {
            round(20_000);
            model.updateExtraAcked(nowNs, 1000, 100_000);
        }
        assertEquals(1000, model.extraAcked());
    }

    /** 5.3.3.9: one segment for a window in the first round, two in the second, four in the third. */
    @Test
    void shouldProbeFasterEachRound() {
        model.inflightLongTerm = 100_000;
        model.startProbing();
        model.raiseSlope(40_000, MSS);
        model.probeUpward(40_000, 40_000, MSS);
        assertEquals(101_000, model.inflightLongTerm);
        model.raiseSlope(40_000, MSS);
        model.probeUpward(40_000, 40_000, MSS);
        assertEquals(103_000, model.inflightLongTerm);
        model.raiseSlope(40_000, MSS);
        model.probeUpward(40_000, 40_000, MSS);
        assertEquals(107_000, model.inflightLongTerm);
    }

    /** 5.3.1.2: three rounds without a quarter more. */
    @Test
    void shouldTakeThePipeForFullAfterThreeRoundsWithoutGrowth() {
        for (int i = 0; i < 4; i++) {
            assertEquals(false, model.fullReached);
            round(20_000 + 100 * i);
            model.checkFull();
        }
        assertEquals(true, model.fullReached);
    }
}
