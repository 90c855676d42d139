package dev.diskcryptnet.counters;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void shouldPutEachValueIntoTheFirstBucketThatHoldsIt() {
        var set = new CounterSet(Map.of("worker", "0"));
        Histogram histogram = set.with("disk", "d0").durations("dcn_x_seconds", "X.", new long[] {10, 20, 50});
        for (long value : new long[] {0, 10, 11, 20, 21, 50, 51, 1_000_000_000_000L}) {
            histogram.record(value);
        }
        assertArrayEquals(new long[] {2, 2, 2, 2}, histogram.counts());
        assertEquals(1_000_000_000_163L, histogram.sum());
        assertEquals(Map.of("worker", "0", "disk", "d0"), histogram.labels());
        assertEquals(1, set.histograms().size());
        assertEquals(0, set.counters().size());
    }

    @Test
    void shouldMakeBoundsThatRiseAsOneTwoFiveTen() {
        assertArrayEquals(new long[] {20, 50, 100, 200, 500, 1000}, Histogram.oneTwoFive(20, 1000));
        assertArrayEquals(new long[] {5, 10, 20}, Histogram.oneTwoFive(5, 20));
    }
}
