package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.netmap.Port;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class AtlasWorkerTest extends LoopCase {
    private static final int ENODATA = 61;

    @Test
    void shouldServeObjectsOfEveryAlignmentIdentically() {
        Disk disk = pattern();
        PatternObject[] objects = {
            new PatternObject("/a", 0, 1),
            new PatternObject("/b", 4096, 4095),
            new PatternObject("/c", 8192, 4097),
            new PatternObject("/d", 1 << 20, 61_440),
            new PatternObject("/e", 2 << 20, 61_441),
            new PatternObject("/f", 4 << 20, 3_000_001),
        };
        List<String> paths = List.of("/a", "/b", "/c", "/d", "/e", "/f");
        LoopBed bed = opened(new LoopBed(disk, only(objects), paths, 7, sameAs(disk, objects)));
        bed.runUntil(() -> bed.client.responses() >= 600);
        assertEquals(0, bed.client.errors());
        assertTrue(bed.client.verifiedResponses() >= 600);
        assertEquals(600, bed.counter("dcn_http_requests"), 7);
    }

    @Test
    void shouldReadNothingBeyondSmallSlotsHoweverManyThereAre() {
        Disk disk = pattern();
        PatternObject[] objects = {new PatternObject("/a", 0, 100_001), new PatternObject("/b", 1 << 20, 4_096)};
        List<String> paths = List.of("/a", "/b");
        // More slots than a disk queue is deep, each with one block of payload.
        Function<PerfectClient, Port> port = client -> new PeerPort("small", 8192, 8192, worker -> client);
        var setup = new LoopBed.Setup(paths, 20).check(sameAs(disk, objects)).ports(port);
        LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
        bed.runUntil(() -> bed.client.responses() >= 200);
        assertEquals(0, bed.client.errors());
        assertTrue(bed.client.verifiedResponses() >= 200);
    }

    @Test
    void shouldGiveEveryLeaseBackWhenResponsesAreAcknowledged() {
        var object = new PatternObject("/a", 0, 500_000);
        LoopBed bed = opened(new LoopBed(pattern(), only(object), List.of("/a"), 3, BodyCheck.NONE));
        bed.runUntil(() -> bed.client.responses() >= 100);
        // Each of the connections holds at most the lease of the response it is receiving.
        assertTrue(object.leases.get() <= 3, "leases=" + object.leases);
    }

    @Test
    void shouldAllocateNothingWhileAnObjectStreams() {
        var object = new PatternObject("/a", 0, 60L << 30);
        LoopBed bed = opened(new LoopBed(pattern(), only(object), List.of("/a"), 4, BodyCheck.NONE));
        long[] target = {4L << 30};
        BooleanSupplier reached = () -> bed.client.bodyBytes() > target[0];
        bed.runUntil(reached);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long passes = bed.counter("dcn_worker_passes");
        long before = threads.getCurrentThreadAllocatedBytes();
        target[0] = 8L << 30;
        bed.runUntil(reached);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        // The lambda and the counter look-ups of this test itself.
        assertTrue(
                allocated < 4_096,
                "allocated=" + allocated + " in passes=" + (bed.counter("dcn_worker_passes") - passes));
    }

    @Test
    void shouldEndOnlyTheConnectionWhoseReadFailed() {
        var good = new PatternObject("/a", 0, 400_000);
        FaultDisk disk = opened(new FaultDisk(PATTERN));
        disk.failCommand(20, ENODATA);
        LoopBed bed = opened(new LoopBed(disk, only(good), List.of("/a"), 4, BodyCheck.NONE));
        bed.runUntil(() -> bed.client.responses() >= 50);
        assertEquals(1, bed.counter("dcn_disk_read_errors"));
        assertEquals(1, bed.counter("dcn_http_aborted_responses"));
    }

    @Test
    void shouldSendInOrderWhenReadsCompleteInAnyOrder() {
        FaultDisk disk = opened(new FaultDisk(PATTERN));
        disk.reorderCompletions(3);
        PatternObject[] objects = {new PatternObject("/a", 0, 1_000_000), new PatternObject("/b", 1 << 24, 70_000)};
        LoopBed bed = opened(new LoopBed(disk, only(objects), List.of("/a", "/b"), 9, sameAs(disk, objects)));
        bed.runUntil(() -> bed.client.responses() >= 200);
        assertEquals(0, bed.client.errors());
    }
}
