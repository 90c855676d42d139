package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.load.BodyCheck;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who holds objects, and for how long, when they are removed and when connections end early. */
class AtlasLeaseTest {
    private static final String PATTERN = "mem:1G?seed=7";

    /** Two ranges of 1,000,000 bytes in one response; the request line ends early, so that a Range field fits in. */
    private static final String TWO_RANGES = "/a HTTP/1.1\r\nRange: bytes=0-999999,2000000-2999999\r\nX-Rest: ";

    private static LoopBed bed(FaultDisk disk, ObjectSource objects, String path, int connections) {
        return new LoopBed(disk, objects, List.of(path), connections, BodyCheck.NONE);
    }

    @Test
    void shouldSendAResponseWhoseObjectIsRemovedWhileItIsPlanned() {
        for (String path : List.of("/a", TWO_RANGES)) {
            var object = new PatternObject("/a", 0, 3_000_000).removedAfterLeases(1);
            try (var disk = new FaultDisk(PATTERN);
                    var bed = bed(disk, any -> object, path, 1)) {
                bed.runUntil(() -> bed.client.responses() >= 1);
                assertEquals(0, bed.client.errors());
                bed.runUntil(() -> object.leases.get() == 0);
            }
        }
    }

    @Test
    void shouldServeTheSuccessorOfAnObjectThatIsReplacedWhileItIsFound() {
        var old = new PatternObject("/a", 0, 1_000).removedAfterLeases(0);
        var successor = new PatternObject("/a", 4096, 2_000);
        var finds = new AtomicInteger();
        try (var disk = new FaultDisk(PATTERN);
                var bed = bed(disk, any -> finds.getAndIncrement() == 0 ? old : successor, "/a", 1)) {
            bed.runUntil(() -> bed.client.responses() >= 1);
            assertEquals(0, bed.client.errors());
            assertEquals(2_000, bed.client.bodyBytes());
        }
    }

    @Test
    void shouldGiveLeasesBackWhenAWorkerEndsWithReadsInFlight() {
        var object = new PatternObject("/a", 0, 50_000_000);
        try (var disk = new FaultDisk(PATTERN).delayCompletions(3)) {
            LoopBed bed = bed(disk, any -> object, "/a", 5);
            bed.runUntil(() -> bed.client.bodyBytes() > 10_000_000 && bed.counter("dcn_buffer_in_flight_bytes") > 0);
            assertTrue(object.leases.get() > 0);
            bed.close();
            assertEquals(0, object.leases.get());
        }
    }

    @Test
    void shouldGiveLeasesBackWhenReadsFailWhileOthersAreInFlight() {
        var object = new PatternObject("/a", 0, 5_000_000);
        try (var disk = new FaultDisk(PATTERN).delayCompletions(2).reorderCompletions(5)) {
            for (int command = 10; command < 2_000; command += 7) {
                disk.failCommand(command, 61);
            }
            LoopBed bed = bed(disk, any -> object, "/a", 4);
            bed.runUntil(() -> bed.client.responses() >= 20);
            assertTrue(bed.counter("dcn_http_aborted_responses") > 10);
            assertTrue(object.leases.get() <= 4, "leases=" + object.leases);
            bed.close();
            assertEquals(0, object.leases.get());
        }
    }

    @Test
    void shouldSendThePartsOfAResponseInOrderWhateverTheDiskTakes() {
        var object = new PatternObject("/a", 0, 3_000_000);
        for (int delay = 0; delay < 4; delay++) {
            try (var disk = new FaultDisk(PATTERN).delayCompletions(delay);
                    var bed = bed(disk, any -> object, TWO_RANGES, 9)) {
                bed.runUntil(() -> bed.client.responses() >= 60);
                assertEquals(0, bed.client.errors(), "delay=" + delay);
            }
        }
    }
}
