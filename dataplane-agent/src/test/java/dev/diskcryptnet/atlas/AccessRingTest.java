package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.atlas.AccessRecord.Outcome;
import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.http.Method;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What workers tell of single responses. */
class AccessRingTest extends LoopCase {
    private static final int CONNECTIONS = 5;
    private static final int ENODATA = 61;
    private static final int OBJECT_BYTES = 300_000;

    private final PatternObject[] objects = {new PatternObject("/a b/\u00e9", 0, OBJECT_BYTES)};
    private final List<AccessRecord> told = new ArrayList<>();
    private LoopBed bed;

    private AccessRing start(FaultDisk disk, boolean tls) {
        var setup = new LoopBed.Setup(List.of("/a%20b/%C3%A9"), CONNECTIONS);
        bed = opened(new LoopBed(disk, only(objects), tls ? setup.tls(LoopBed.tls()) : setup));
        return bed.built.counters().access;
    }

    private AccessRing start(boolean tls) {
        return start(opened(new FaultDisk(PATTERN)), tls);
    }

    private void run(AccessRing ring, int responses) {
        long until = bed.client.responses() + responses;
        bed.runUntil(() -> {
            ring.read(told::add, Integer.MAX_VALUE);
            return bed.client.responses() >= until;
        });
        ring.read(told::add, Integer.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTellOfEveryResponseWhenAllAreWanted(boolean tls) {
        AccessRing ring = start(tls);
        ring.sample(1);
        run(ring, 200);
        assertEquals(200, told.size(), CONNECTIONS);
        AccessRecord one = told.getLast();
        assertEquals("/a b/\u00e9", one.path());
        assertEquals(Method.GET, one.method());
        assertEquals(200, one.status());
        assertEquals(Outcome.COMPLETE, one.outcome());
        assertEquals(tls, one.tls());
        assertTrue(one.bytes() > OBJECT_BYTES && one.bytes() < OBJECT_BYTES + 1000, "bytes=" + one.bytes());
        assertTrue(one.durationNs() > 0, "durationNs=" + one.durationNs());
        assertEquals(0, System.currentTimeMillis() - one.timeMs(), 60_000);
        assertEquals(80, one.localPort());
        assertTrue(one.remotePort() > 0);
        assertEquals(0, bed.counter("dcn_http_access_log_dropped_records"));
    }

    @Test
    void shouldTellOfASample() {
        AccessRing ring = start(false);
        ring.sample(1000);
        run(ring, 50);
        ring.sample(10);
        told.clear();
        run(ring, 400);
        assertEquals(40, told.size(), 2);
    }

    @Test
    void shouldTellOfNothingUnlessAsked() {
        AccessRing ring = start(false);
        run(ring, 50);
        assertEquals(List.of(), told);
        ring.sample(1);
        run(ring, 50);
        ring.sample(0);
        run(ring, CONNECTIONS);
        told.clear();
        run(ring, 50);
        assertEquals(List.of(), told);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldTellOfEachResponseThatADiskCutsOff(boolean tls) {
        FaultDisk disk = opened(new FaultDisk(PATTERN));
        AccessRing ring = start(disk, tls);
        disk.failReads(200_000, 4096, ENODATA);
        bed.runUntil(() -> bed.counter("dcn_disk_failed_streams") >= 3);
        ring.read(told::add, Integer.MAX_VALUE);
        assertEquals(bed.counter("dcn_disk_failed_streams"), told.size());
        AccessRecord one = told.getFirst();
        assertEquals(Outcome.CUT_BY_DISK, one.outcome());
        assertEquals(0, one.disk());
        assertEquals(-ENODATA, one.result());
        assertEquals("/a b/\u00e9", one.path());
    }

    @Test
    void shouldSayHowMuchOfACutResponseArrived() {
        FaultDisk disk = opened(new FaultDisk(PATTERN));
        AccessRing ring = start(disk, false);
        ring.sample(1);
        disk.failReads(200_000, 4096, ENODATA);
        bed.runUntil(() -> bed.counter("dcn_disk_failed_streams") >= 3);
        ring.read(told::add, Integer.MAX_VALUE);
        AccessRecord cut = told.stream()
                .filter(record -> record.outcome() == Outcome.CUT_BY_SERVER)
                .findFirst()
                .orElseThrow();
        assertTrue(cut.bytes() >= 0 && cut.bytes() < 200_000, "bytes=" + cut.bytes());
        assertEquals(200, cut.status());
    }

    @Test
    void shouldCountAndDropWhatNobodyTakes() {
        AccessRing ring = start(false);
        ring.sample(1);
        bed.runUntil(() -> bed.client.responses() >= 4000);
        long dropped = bed.counter("dcn_http_access_log_dropped_records");
        assertTrue(dropped > 0, "the ring holds everything");
        ring.read(told::add, Integer.MAX_VALUE);
        assertEquals(bed.client.responses(), told.size() + dropped, CONNECTIONS);
        told.clear();
        run(ring, 50);
        assertEquals(50, told.size(), CONNECTIONS);
    }

    @Test
    void shouldAllocateNothingWhileResponsesThatAreToldOfGoOn() {
        var film = new PatternObject("/film", 0, 60L << 30);
        bed = opened(new LoopBed(pattern(), only(film), new LoopBed.Setup(List.of("/film"), 4)));
        bed.built.counters().access.sample(1);
        long[] target = {3L << 30};
        BooleanSupplier reached = () -> bed.client.bodyBytes() > target[0];
        bed.runUntil(reached);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        target[0] = 6L << 30;
        bed.runUntil(reached);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 4_096, "allocated=" + allocated);
    }
}
