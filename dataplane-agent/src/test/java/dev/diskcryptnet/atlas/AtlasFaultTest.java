package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.netmap.FaultPort;
import dev.diskcryptnet.netmap.FaultSpec;
import dev.diskcryptnet.netmap.PeerPort;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop over a link that loses and doubles what it sends, packet by packet, from a disk in no order. */
class AtlasFaultTest {
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldDeliverEveryByteOverALossyLink() {
        deliver(null);
    }

    /** A port that cuts no frames up: records are sealed once, and sent packet by packet. */
    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldDeliverEveryRecordOverALossyLink() {
        deliver(LoopBed.tls());
    }

    private static void deliver(PresetTls tls) {
        PatternObject[] objects = {new PatternObject("/a", 0, 150_001), new PatternObject("/b", 1 << 20, 90_000)};
        FaultSpec spec = FaultSpec.parse("tx.drop=0.005,tx.duplicate=0.01,seed=3");
        var faults = new CounterSet(Map.of());
        try (var disk = new FaultDisk("mem:64M?seed=7").reorderCompletions(1).delayCompletions(1);
                var reader = new DirectReader(new FaultDisk("mem:64M?seed=7"));
                var bed = new LoopBed(
                        disk,
                        LoopCase.only(objects),
                        new LoopBed.Setup(LoopCase.paths(objects), 40)
                                .tls(tls)
                                .check((path, bodyOffset, buffer, offset, lengthBytes) ->
                                        reader.holds(objects[path], bodyOffset, buffer, offset, lengthBytes))
                                .ports(client -> new FaultPort(
                                        new PeerPort("test", worker -> client),
                                        spec,
                                        System::nanoTime,
                                        worker -> faults)))) {
            bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= 120);
            assertEquals(120, bed.client.verifiedResponses(), 20);
            assertTrue(bed.counter("dcn_disk_reread_bytes") > 0);
            assertEquals(0, bed.counter("dcn_http_aborted_responses"));
            int leases = objects[0].leases.get() + objects[1].leases.get();
            assertTrue(leases <= 40, "leases=" + leases);
        }
        assertEquals(0, objects[0].leases.get() + objects[1].leases.get());
    }
}
