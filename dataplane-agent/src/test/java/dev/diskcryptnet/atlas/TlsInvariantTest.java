package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.volume.FormatOptions;
import dev.diskcryptnet.volume.ObjectWriter;
import dev.diskcryptnet.volume.Volume;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One number under one key never seals two plaintexts: across losses and retransmissions, objects that are replaced while
 * they are sent, and new keys. The {@link SendLedger} sees all that leaves, and says why this shows it.
 */
class TlsInvariantTest extends LoopCase {
    private static final LossyLink.Faults ROUGH = new LossyLink.Faults(0.03, 0.01, 0.03);
    private static final int VERSION_BYTES = 400_000;

    private LossyLink link;
    private SendLedger ledger;

    private LoopBed.Setup setup(PresetTls tls, int connections, List<String> paths) {
        ledger = new SendLedger(tls);
        return new LoopBed.Setup(paths, connections).tls(tls).ports(client -> {
            link = new LossyLink(client, ROUGH, 5, ledger);
            return new PeerPort("lossy", worker -> link);
        });
    }

    private void checkLedger(int atLeastRecords) {
        int records = ledger.openAll();
        assertTrue(records >= atLeastRecords, "records=" + records);
        assertTrue(ledger.repeatedBytes() > 500_000, "repeatedBytes=" + ledger.repeatedBytes());
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldHoldWhenPacketsAreLost() {
        PatternObject[] objects = {
            new PatternObject("/a", 0, 1_200_001), new PatternObject("/b", 1 << 24, 300_000).scattered(20_480)
        };
        for (TlsVersion version : TlsVersion.values()) {
            // Some of it is in memory now and not the next time: both ways must give the same records.
            FaultDisk disk = opened(new FaultDisk("mem:64M?seed=7"))
                    .reorderCompletions(9)
                    .delayCompletions(1)
                    .cacheSome(5);
            LoopBed.Setup setup = setup(LoopBed.tls(version, CipherSuite.AES_128_GCM), 10, paths(objects))
                    .check(sameAs(pattern(), objects));
            LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
            bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= 40);
            assertEquals(0, bed.client.errors());
            assertTrue(bed.counter("dcn_disk_cached_bytes") > 5_000_000);
            checkLedger(40 * 46);
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldHoldWhenKeysAreReplacedWhilePacketsAreLost() {
        PatternObject[] objects = {new PatternObject("/a", 0, 3_000_001)};
        FaultDisk disk = opened(new FaultDisk(PATTERN)).reorderCompletions(9).delayCompletions(2);
        LoopBed.Setup setup = setup(LoopBed.tls(), 1, paths(objects)).check(sameAs(pattern(), objects));
        LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
        // A server puts up with 32 in a row, so it is fewer than that for each object.
        for (long bytes = 150_000; bytes < 45_000_000; bytes += 150_000) {
            long target = bytes;
            bed.runPatientlyUntil(() -> bed.client.bodyBytes() >= target);
            bed.client.updateKeys();
        }
        bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= 15);
        assertEquals(0, bed.client.errors());
        checkLedger(15 * 184);
        assertTrue(ledger.keyUpdates() > 100, "keyUpdates=" + ledger.keyUpdates());
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldHoldWhenKeysReachTheirLimitWhilePacketsAreLost() {
        PatternObject[] objects = {new PatternObject("/a", 0, 2_000_001)};
        FaultDisk disk = opened(new FaultDisk(PATTERN)).reorderCompletions(9).delayCompletions(2);
        LoopBed.Setup setup = setup(LoopBed.tls(), 6, paths(objects)).check(sameAs(pattern(), objects));
        setup.recordsPerKey = 9;
        LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
        for (int responses = 1; responses <= 30; responses++) {
            int target = responses;
            bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= target);
            bed.client.updateKeys();
        }
        assertEquals(0, bed.client.errors());
        checkLedger(30 * 122);
        assertTrue(ledger.keyUpdates() > 30 * 122 / 14, "keyUpdates=" + ledger.keyUpdates());
    }

    /** What a version of the object consists of: all of its bytes are the same. */
    private static void put(Volume volume, int version) {
        byte[] content = new byte[VERSION_BYTES];
        Arrays.fill(content, (byte) version);
        try (ObjectWriter writer = volume.create("/a", "video/mp4", 0, content.length)) {
            writer.write(ByteBuffer.wrap(content));
            writer.commit();
        }
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldHoldWhenAnObjectIsReplacedWhileItIsSent(@TempDir Path directory) throws IOException {
        // So small that the space of a version is used again as soon as nobody sends it.
        replaceWhileSending("mem:64M");
        replaceWhileSending("uring:" + emptyFile(directory.resolve("direct")));
        // What is in the page cache is sealed from there.
        replaceWhileSending("uring:" + emptyFile(directory.resolve("cached")) + "?direct=0");
    }

    private static Path emptyFile(Path path) throws IOException {
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        return path;
    }

    private void replaceWhileSending(String uri) {
        // Closed here: a queue is closed by the thread that made it.
        try (Disk disk = Disks.open(uri, OpenMode.READ_WRITE)) {
            Volume.format(List.of(disk), FormatOptions.DEFAULT);
            try (Volume volume = Volume.open(List.of(disk), false)) {
                put(volume, 0);
                Set<Integer> seen = new TreeSet<>();
                LoopBed.Setup setup = setup(LoopBed.tls(), 1, List.of("/a")).check(oneVersion(seen));
                try (var bed = new LoopBed(disk, volume::find, setup)) {
                    replaceWhileSending(bed, volume);
                }
                assertTrue(seen.size() > 20, "seen=" + seen);
                checkLedger(30 * 25);
            }
        }
    }

    private static void replaceWhileSending(LoopBed bed, Volume volume) {
        for (int version = 1; version <= 100; version++) {
            long bytes = bed.client.bodyBytes() + VERSION_BYTES / 3;
            bed.runPatientlyUntil(() -> bed.client.bodyBytes() >= bytes);
            put(volume, version);
        }
        assertEquals(0, bed.client.errors());
    }

    /** Whether each response is of one version as a whole. */
    private static BodyCheck oneVersion(Set<Integer> seen) {
        int[] current = new int[1];
        return (path, bodyOffset, buffer, offset, length) -> {
            if (bodyOffset == 0) {
                current[0] = buffer.getByte(offset);
                seen.add(current[0]);
            }
            for (int i = 0; i < length; i++) {
                if (buffer.getByte(offset + i) != current[0]) {
                    return false;
                }
            }
            return true;
        };
    }
}
