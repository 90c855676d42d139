package dev.diskcryptnet.counters;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CounterSetTest {
    private final CounterSet set = new CounterSet(Map.of("worker", "3"));

    @Test
    void shouldKeepValuesApart() {
        Counter first = set.counter("dcn_a_bytes", "bytes", "A.");
        Counter second = set.gauge("dcn_b", "", "B.");
        first.increment();
        first.add(41);
        second.set(-7);
        second.add(5);
        assertEquals(42, first.get());
        assertEquals(-2, second.get());
        assertEquals(List.of(first, second), set.counters());
    }

    @Test
    void shouldDescribeKindUnitLabelsAndScale() {
        CounterDescriptor counter =
                set.counter("dcn_a_bytes", "bytes", "A.", "disk", "0").descriptor();
        assertEquals(CounterDescriptor.Kind.COUNTER, counter.kind());
        assertEquals(Map.of("worker", "3", "disk", "0"), counter.labels());
        assertEquals(
                CounterDescriptor.Kind.GAUGE,
                set.gauge("dcn_b", "", "B.").descriptor().kind());
        assertEquals(1e-9, set.nanoseconds("dcn_c_seconds", "C.").descriptor().scale());
        assertEquals(0.01, set.percents("dcn_d_ratio", "D.").descriptor().scale());
    }

    @Test
    void shouldHoldAsManyCountersAsSixteenDisksAndEightPortsHave() {
        for (int i = 0; i < 2_000; i++) {
            set.with("port", "p").counter("dcn_" + i, "", "One of many.").add(i);
        }
        for (int i = 0; i < 2_000; i++) {
            assertEquals(i, set.counters().get(i).get());
        }
    }

    @Test
    void shouldBeSeenByAnotherThread() throws InterruptedException {
        Counter counter = set.counter("dcn_seen", "", "Seen.");
        Thread reader = Thread.ofPlatform().start(() -> {
            while (counter.get() < 1_000) {
                Thread.onSpinWait();
            }
        });
        for (int i = 0; i < 1_000; i++) {
            counter.increment();
        }
        reader.join(10_000);
        assertTrue(!reader.isAlive());
    }
}
