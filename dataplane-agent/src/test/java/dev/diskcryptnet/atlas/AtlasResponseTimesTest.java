package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.Histogram;
import dev.diskcryptnet.diskmap.FaultDisk;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How long clients wait, as the loop sees it. */
class AtlasResponseTimesTest extends LoopCase {
    private static final int CONNECTIONS = 5;
    private static final int ENODATA = 61; // the medium could not be read

    private static long count(Histogram histogram) {
        return Arrays.stream(histogram.counts()).sum();
    }

    private LoopBed bed(FaultDisk disk, boolean tls) {
        PatternObject[] objects = {new PatternObject("/a", 0, 500_000), new PatternObject("/b", 1 << 24, 0)};
        var setup = new LoopBed.Setup(paths(objects), CONNECTIONS);
        return opened(new LoopBed(disk, only(objects), tls ? setup.tls(LoopBed.tls()) : setup));
    }

    @Test
    void shouldMeasureEveryResponseOnceFromTheRequestToItsFirstAndItsLastByte() {
        for (boolean tls : new boolean[] {false, true}) {
            LoopBed bed = bed(opened(new FaultDisk(PATTERN)), tls);
            bed.runUntil(() -> bed.client.responses() >= 200);
            AtlasCounters counters = bed.built.counters();
            assertEquals(0, bed.client.errors());
            assertEquals(bed.client.responses(), count(counters.firstByteTime), CONNECTIONS, "tls=" + tls);
            assertEquals(bed.client.responses(), count(counters.responseTime), CONNECTIONS, "tls=" + tls);
            assertTrue(
                    counters.firstByteTime.sum() <= counters.responseTime.sum() + 1_000_000_000,
                    counters.firstByteTime.sum() + " " + counters.responseTime.sum());
            assertTrue(counters.responseTime.sum() > 0);
        }
    }

    @Test
    void shouldWaitForTheDiskInBoth() throws Exception {
        LoopBed bed = bed(opened(new FaultDisk(PATTERN).delayCompletions(1)), false);
        AtlasCounters counters = bed.built.counters();
        while (counters.inFlightBytes.get() == 0) {
            bed.built.worker().doWork();
        }
        Thread.sleep(60); // the disk's time: the reads are taken in a later pass
        bed.runUntil(() -> bed.client.responses() >= CONNECTIONS);
        assertTrue(counters.firstByteTime.sum() >= 50_000_000, "sumNs=" + counters.firstByteTime.sum());
        assertTrue(counters.responseTime.sum() >= 50_000_000, "sumNs=" + counters.responseTime.sum());
    }

    @Test
    void shouldNotMeasureResponsesThatBreakOff() {
        LoopBed bed = bed(opened(new FaultDisk(PATTERN).failCommand(3, ENODATA).failCommand(30, ENODATA)), false);
        bed.runUntil(() -> bed.client.responses() >= 100);
        long aborted = bed.counter("dcn_http_aborted_responses");
        long answered = bed.counter("dcn_http_requests");
        assertTrue(aborted > 0, "aborted=" + aborted);
        assertEquals(answered - aborted, count(bed.built.counters().responseTime), CONNECTIONS);
        assertTrue(count(bed.built.counters().responseTime) <= answered - aborted);
    }
}
