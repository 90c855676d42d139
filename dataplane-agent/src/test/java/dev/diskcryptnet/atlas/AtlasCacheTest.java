package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.netmap.PeerPort;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The loop with a disk that has some or all of what is asked for in memory. */
class AtlasCacheTest {
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldDeliverTheSameBytesWhetherReadOrInMemoryOverALossyLink() {
        PatternObject[] objects = {new PatternObject("/a", 0, 1_500_001), new PatternObject("/b", 8 << 20, 900_000)};
        var faults = new LossyLink.Faults(0.02, 0.01, 0.03);
        try (var disk = new FaultDisk("mem:64M?seed=7")
                        .reorderCompletions(1)
                        .delayCompletions(3)
                        .cacheSome(5);
                var reader = new DirectReader(new FaultDisk("mem:64M?seed=7"));
                var bed = new LoopBed(
                        disk,
                        LoopCase.only(objects),
                        new LoopBed.Setup(LoopCase.paths(objects), 40)
                                .check((path, bodyOffset, buffer, offset, lengthBytes) ->
                                        reader.holds(objects[path], bodyOffset, buffer, offset, lengthBytes))
                                .ports(client ->
                                        new PeerPort("test", worker -> new LossyLink(client, faults, 3, null))))) {
            bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= 200);
            assertTrue(bed.counter("dcn_tcp_retransmitted_bytes") > 0);
            assertTrue(bed.counter("dcn_disk_read_bytes") > 50_000_000);
            assertTrue(bed.counter("dcn_disk_cached_bytes") > 50_000_000);
            assertEquals(0, bed.counter("dcn_http_aborted_responses"));
        }
        assertEquals(0, objects[0].leases.get() + objects[1].leases.get());
    }

    @Test
    void shouldReadNothingAndAllocateNothingWhileAnObjectInThePageCacheStreams(@TempDir Path directory)
            throws IOException {
        byte[] content = new byte[64 << 20];
        new Random(1).nextBytes(content);
        Path file = Files.write(directory.resolve("disk.img"), content);
        var object = new PatternObject("/a", 4096, 60_000_000);
        BodyCheck check = (path, bodyOffset, buffer, offset, lengthBytes) ->
                buffer.getByte(offset) == content[(int) bodyOffset + 4096];
        try (Disk disk = Disks.open("uring:" + file + "?direct=0", OpenMode.READ_ONLY);
                var bed = new LoopBed(disk, path -> object, List.of("/a"), 1, check)) {
            long[] target = {5L << 30};
            BooleanSupplier reached = () -> bed.client.bodyBytes() > target[0];
            bed.runUntil(reached);
            var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadAllocatedBytes();
            long responses = bed.client.responses();
            target[0] = 7L << 30;
            bed.runUntil(reached);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            responses = bed.client.responses() - responses;
            assertTrue(allocated < 16_384 + 4_096 * responses, "allocated=" + allocated + " responses=" + responses);
            assertEquals(0, bed.counter("dcn_disk_read_bytes"));
            assertTrue(bed.counter("dcn_disk_cached_bytes") > 6L << 30);
            assertEquals(0, bed.client.errors());
        }
    }
}
