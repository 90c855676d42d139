package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.load.PresetTls;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What clients see of disks that fail: in part, for a while, altogether, and that come back. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AtlasDiskFaultTest extends LoopCase {
    private static final int EIO = 5;
    private static final int ENODEV = 19;
    private static final int ENODATA = 61;

    private final PatternObject near = new PatternObject("/near", 1 << 20, 400_000);
    private final PatternObject far = new PatternObject("/far", 1 << 28, 700_000);
    private FaultDisk disk;
    private LoopBed bed;

    /** Plain HTTP, and TLS. */
    static Stream<PresetTls> layers() {
        return Stream.of(null, LoopBed.tls());
    }

    private void start(PresetTls tls, int connections, PatternObject... objects) {
        disk = opened(new FaultDisk(PATTERN));
        LoopBed.Setup setup =
                new LoopBed.Setup(paths(objects), connections).tls(tls).check(sameAs(pattern(), objects));
        bed = opened(new LoopBed(disk, only(objects), setup));
        bed.runUntil(() -> bed.client.verifiedResponses() >= 20);
    }

    private long requests(int status) {
        return bed.counter("dcn_http_requests", "status", Integer.toString(status));
    }

    private void runUntilServedAgain() {
        long before = bed.client.verifiedResponses();
        bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= before + 50);
        assertEquals(0, bed.counter("dcn_disk_down"));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void shouldReadAgainWhatCouldNotBeReadForAWhile(PresetTls tls) {
        start(tls, 4, near, far);
        disk.vanish(EIO);
        long errors = bed.counter("dcn_disk_read_errors");
        bed.runPatientlyUntil(() -> bed.counter("dcn_disk_read_errors") >= errors + 6);
        disk.heal();
        runUntilServedAgain();
        assertEquals(0, bed.counter("dcn_disk_failed_streams"));
        assertEquals(0, bed.counter("dcn_http_aborted_responses"));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void shouldEndOnlyStreamsThatNeedWhatTheMediumLost(PresetTls tls) {
        start(tls, 6, near, far);
        disk.failReads((1 << 28) + 300_000, 4096, ENODATA);
        bed.runUntil(() -> bed.counter("dcn_disk_failed_streams") >= 20);
        long before = bed.client.verifiedResponses();
        // Connections that ask for the one object first go on to get it, again and again.
        bed.runUntil(() -> bed.client.verifiedResponses() >= before + 20);
        assertEquals(0, bed.counter("dcn_disk_down"));
        assertEquals(0, requests(503));
        assertEquals(bed.counter("dcn_disk_read_errors"), bed.counter("dcn_disk_failed_streams"), 6);
    }

    @ParameterizedTest
    @MethodSource("layers")
    void shouldGiveUpOnWhatNeverCanBeRead(PresetTls tls) {
        start(tls, 1, far);
        disk.failReads((1 << 28) + 300_000, 4096, EIO);
        bed.runPatientlyUntil(() -> bed.counter("dcn_disk_failed_streams") == 1);
        assertTrue(bed.counter("dcn_disk_read_errors") <= 16, "tries=" + bed.counter("dcn_disk_read_errors"));
        assertEquals(0, bed.counter("dcn_disk_down"), "the disk answers elsewhere");
    }

    @ParameterizedTest
    @MethodSource("layers")
    void shouldRefuseWhatADiskHoldsWhileItIsGone(PresetTls tls) {
        start(tls, 4, near, far);
        disk.vanish(ENODEV);
        bed.runPatientlyUntil(() -> requests(503) >= 100);
        assertEquals(1, bed.counter("dcn_disk_down"));
        assertTrue(bed.counter("dcn_disk_failed_streams") <= 4, "only those that had begun");
        long served = requests(200);
        bed.runPatientlyUntil(() -> requests(503) >= 200);
        assertEquals(served, requests(200));
        disk.heal();
        runUntilServedAgain();
        bed.close();
        assertEquals(0, near.leases.get() + far.leases.get());
    }
}
