package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.diskcryptnet.crypt.CipherSuite;
import dev.diskcryptnet.crypt.TlsVersion;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.load.BodyCheck;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.netmap.PeerPort;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What plain HTTP can do, in records. */
class AtlasTlsTest extends LoopCase {
    private static final int[] SIZES = {0, 1, 4095, 4096, 4097, 12_288, 16_384, 16_385, 61_441, 300 * 1024, 3_000_001};

    private static PatternObject[] objectsOfAllSizes() {
        var objects = new PatternObject[SIZES.length];
        for (int i = 0; i < objects.length; i++) {
            objects[i] = new PatternObject("/" + i, (long) i << 24, SIZES[i]);
        }
        return objects;
    }

    private static LoopBed.Setup setup(PatternObject... objects) {
        return new LoopBed.Setup(paths(objects), 7).tls(LoopBed.tls());
    }

    private static void runUntilVerified(LoopBed bed, int responses) {
        bed.runUntil(() -> bed.client.verifiedResponses() >= responses);
        assertEquals(0, bed.client.errors());
        assertEquals(responses, bed.counter("dcn_http_requests"), 200);
    }

    @Test
    void shouldServeObjectsOfEverySizeUnderEveryVersionAndSuite() {
        Disk disk = pattern();
        PatternObject[] objects = objectsOfAllSizes();
        for (TlsVersion version : TlsVersion.values()) {
            for (CipherSuite suite : CipherSuite.values()) {
                PresetTls tls = LoopBed.tls(version, suite);
                LoopBed.Setup setup = setup(objects).tls(tls).check(sameAs(disk, objects));
                runUntilVerified(opened(new LoopBed(disk, only(objects), setup)), 10 * SIZES.length);
            }
        }
    }

    @Test
    void shouldServeObjectsWhoseExtentsDoNotLieTogether() {
        Disk disk = pattern();
        for (long extent : new long[] {4096, 8192, 20_480, 65_536, 102_400}) {
            PatternObject[] objects = {
                new PatternObject("/a", 0, 1_000_001).scattered(extent),
                new PatternObject("/b", 1 << 30, 70_000).scattered(extent)
            };
            LoopBed.Setup setup = setup(objects).check(sameAs(disk, objects));
            runUntilVerified(opened(new LoopBed(disk, only(objects), setup)), 60);
        }
    }

    @Test
    void shouldServeRangesThatBeginAndEndAnywhere() {
        Disk disk = pattern();
        var object = new PatternObject("/a", 1 << 20, 300_000).scattered(16_384);
        long[][] ranges = {{0, 0}, {1, 1}, {4095, 4096}, {5000, 150_000}, {16_383, 49_153}, {123_457, 299_999}};
        for (long[] range : ranges) {
            String path = "/a HTTP/1.1\r\nRange: bytes=" + range[0] + "-" + range[1] + "\r\nX-Rest: ";
            var reader = opened(new DirectReader(disk));
            var setup = new LoopBed.Setup(List.of(path), 3)
                    .tls(LoopBed.tls())
                    .check((any, at, buffer, offset, length) ->
                            reader.holds(object, range[0] + at, buffer, offset, length));
            LoopBed bed = opened(new LoopBed(disk, any -> object, setup));
            runUntilVerified(bed, 20);
        }
    }

    @Test
    void shouldServeSeveralRangesInOneResponse() {
        Disk disk = pattern();
        var object = new PatternObject("/a", 0, 3_000_000);
        long[][] ranges = {{0, 0}, {5000, 5000}, {10_000, 250_000}, {2_999_000, 2_999_999}};
        String field = "bytes=0-0,5000-5000,10000-250000,2999000-2999999";
        var body = new ByteArrayOutputStream();
        var reader = opened(new DirectReader(disk));
        BodyCheck check = (path, bodyOffset, buffer, offset, length) -> {
            if (bodyOffset == 0) {
                body.reset();
            }
            byte[] part = new byte[length];
            buffer.getBytes(offset, part);
            body.writeBytes(part);
            return true;
        };
        var setup = new LoopBed.Setup(List.of("/a HTTP/1.1\r\nRange: " + field + "\r\nX-Rest: "), 1)
                .tls(LoopBed.tls())
                .check(check);
        LoopBed bed = opened(new LoopBed(disk, any -> object, setup));
        for (int response = 1; response <= 10; response++) {
            int wanted = response;
            bed.runUntil(() -> bed.client.responses() >= wanted);
            assertEquals(0, bed.client.errors());
            checkParts(body.toByteArray(), ranges, object, reader);
        }
    }

    private static void checkParts(byte[] body, long[][] ranges, PatternObject object, DirectReader reader) {
        int at = 0;
        var bytes = new org.agrona.concurrent.UnsafeBuffer(body);
        for (long[] range : ranges) {
            String rest = new String(body, at, Math.min(400, body.length - at), StandardCharsets.ISO_8859_1);
            assertTrue(rest.startsWith("\r\n--"), rest);
            assertTrue(rest.contains("Content-Range: bytes " + range[0] + "-" + range[1] + "/"), rest);
            at += rest.indexOf("\r\n\r\n") + 4;
            int length = (int) (range[1] - range[0] + 1);
            assertTrue(reader.holds(object, range[0], bytes, at, length), "range from " + range[0]);
            at += length;
        }
        String end = new String(body, at, body.length - at, StandardCharsets.ISO_8859_1);
        assertTrue(end.matches("\r\n--[0-9a-f]{32}--\r\n"), end);
    }

    @Test
    void shouldAnswerRequestsThatComeTogetherInTheirOrder() {
        Disk disk = pattern();
        PatternObject[] objects = objectsOfAllSizes();
        LoopBed.Setup setup = setup(objects).check(sameAs(disk, objects));
        setup.load = setup.load.withRequestsAtOnce(20);
        runUntilVerified(opened(new LoopBed(disk, only(objects), setup)), 1000);
    }

    @Test
    void shouldTakeARequestAsLongAsARecord() {
        var object = new PatternObject("/a", 0, 1000);
        String head = "/a HTTP/1.1\r\nHost: x\r\nContent-Length: ";
        // What the client puts behind a path belongs to the body of the first request then.
        int bodyBytes = 16_370 - "GET ".length() - head.length() - "12345\r\n\r\n".length();
        int tail = " HTTP/1.1\r\nHost: 192.0.2.2\r\nUser-Agent: dcn-load\r\n\r\n".length();
        String path = head + bodyBytes + "\r\n\r\n" + "x".repeat(bodyBytes - tail);
        LoopBed bed =
                opened(new LoopBed(pattern(), only(object), new LoopBed.Setup(List.of(path), 3).tls(LoopBed.tls())));
        bed.runUntil(() -> bed.client.responses() >= 20);
        assertEquals(0, bed.client.errors());
    }

    @Test
    void shouldSendTheBodiesOfErrors() {
        var object = new PatternObject("/a", 0, 1000);
        var text = new StringBuilder();
        for (String[] request :
                new String[][] {{"/none", "404"}, {"/a HTTP/1.1\r\nRange: bytes=1000-\r\nX-Rest: ", "416"}}) {
            text.setLength(0);
            var setup = new LoopBed.Setup(List.of(request[0]), 1)
                    .tls(LoopBed.tls())
                    .check((path, at, buffer, offset, length) -> {
                        byte[] part = new byte[length];
                        buffer.getBytes(offset, part);
                        return text.append(new String(part, StandardCharsets.US_ASCII)) != null;
                    });
            setup.load = setup.load.withStatuses(Set.of(Integer.parseInt(request[1])));
            LoopBed bed = opened(new LoopBed(pattern(), only(object), setup));
            bed.runUntil(() -> bed.client.responses() >= 3);
            assertEquals(0, bed.client.errors());
            assertTrue(text.toString().matches("(" + request[1] + " [^\n]+\n){3,4}"), text.toString());
        }
    }

    @Test
    void shouldSendInOrderWhenReadsCompleteInAnyOrder() {
        PatternObject[] objects = {
            new PatternObject("/a", 0, 1_000_000), new PatternObject("/b", 1 << 24, 70_000).scattered(8192)
        };
        for (int delay = 0; delay < 4; delay++) {
            FaultDisk disk =
                    opened(new FaultDisk(PATTERN)).reorderCompletions(3).delayCompletions(delay);
            LoopBed.Setup setup = setup(objects).check(sameAs(disk, objects));
            runUntilVerified(opened(new LoopBed(disk, only(objects), setup)), 100);
        }
    }

    @Test
    void shouldTakeTurnsWhenSlotsAndBuffersAreFew() {
        Disk disk = pattern();
        PatternObject[] objects = {
            new PatternObject("/a", 0, 400_000), new PatternObject("/b", 1 << 24, 300_000).scattered(4096)
        };
        for (int slots : new int[] {1, 2, 5}) {
            LoopBed.Setup setup = new LoopBed.Setup(paths(objects), 50)
                    .tls(LoopBed.tls())
                    .check(sameAs(disk, objects))
                    .ports(client -> new PeerPort("few", slots, PeerPort.DATA_SLOT_BYTES, worker -> client));
            runUntilVerified(opened(new LoopBed(disk, only(objects), setup)), 200);
        }
    }

    @Test
    void shouldServeManyConnections() {
        Disk disk = pattern();
        PatternObject[] objects = objectsOfAllSizes();
        LoopBed.Setup setup =
                new LoopBed.Setup(paths(objects), 1500).tls(LoopBed.tls()).check(sameAs(disk, objects));
        LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
        bed.runUntil(() -> bed.client.verifiedResponses() >= 3000);
        assertEquals(0, bed.client.errors());
        assertEquals(1500, bed.counter("dcn_tls_handshakes"));
    }

    @Test
    void shouldGoOnUnderNewKeysWhenTheClientAsksForThem() {
        Disk disk = pattern();
        PatternObject[] objects = {new PatternObject("/a", 0, 50_000_000)};
        for (CipherSuite suite : CipherSuite.values()) {
            LoopBed.Setup setup =
                    setup(objects).tls(LoopBed.tls(TlsVersion.TLS_1_3, suite)).check(sameAs(disk, objects));
            LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
            for (int update = 1; update <= 20; update++) {
                long bytes = update * 10_000_000L;
                bed.runUntil(() -> bed.client.bodyBytes() >= bytes);
                bed.client.updateKeys();
            }
            bed.runUntil(() -> bed.client.verifiedResponses() >= 14);
            assertEquals(0, bed.client.errors());
            // One that a connection asks for before the last has left is answered by that.
            assertTrue(bed.client.keyUpdates() >= 120, "keyUpdates=" + bed.client.keyUpdates());
        }
    }

    @Test
    void shouldTakeANewKeyByItselfWhenTheOldOneHasSealedEnough() {
        Disk disk = pattern();
        PatternObject[] objects = {new PatternObject("/a", 0, 5_000_000), new PatternObject("/b", 1 << 24, 10_000)};
        for (int limit : new int[] {1, 7, 100}) {
            LoopBed.Setup setup = setup(objects).check(sameAs(disk, objects));
            setup.recordsPerKey = limit;
            LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
            runUntilVerified(bed, 40);
            // A range is asked for as a whole, so as many records more as a unit has may be under a key.
            long least = 20 * 306 / (limit + 8 - 1) - 7;
            assertTrue(bed.client.keyUpdates() >= least, "limit=" + limit + " keyUpdates=" + bed.client.keyUpdates());
            assertEquals(bed.counter("dcn_tls_key_updates"), bed.client.keyUpdates(), 7);
        }
    }

    @Test
    void shouldCloseWhenTheKeyHasSealedEnoughAndTheVersionKnowsNoOther() {
        Disk disk = pattern();
        PatternObject[] objects = {new PatternObject("/a", 0, 1_000_000)};
        LoopBed.Setup setup = setup(objects)
                .tls(LoopBed.tls(TlsVersion.TLS_1_2, CipherSuite.AES_256_GCM))
                .check(sameAs(disk, objects));
        setup.recordsPerKey = 100;
        LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
        runUntilVerified(bed, 100);
        // Of 62 records each: the first finds no record used, the second 62, the third 124 and is the last.
        assertEquals(100 / 3, bed.client.reopenedConnections(), 7);
    }

    @Test
    void shouldSayThatItClosesBeforeItDoes() {
        var object = new PatternObject("/a", 0, 200_000);
        for (TlsVersion version : TlsVersion.values()) {
            var setup = new LoopBed.Setup(List.of("/a HTTP/1.1\r\nConnection: close\r\nX-Rest: "), 5)
                    .tls(LoopBed.tls(version, CipherSuite.AES_128_GCM));
            LoopBed bed = opened(new LoopBed(pattern(), any -> object, setup));
            bed.runUntil(() -> bed.client.reopenedConnections() >= 50);
            // The client would count an end that no close_notify announces.
            assertEquals(0, bed.client.errors());
            assertEquals(50, bed.client.responses(), 5);
            assertTrue(object.leases.get() <= 5, "leases=" + object.leases);
        }
    }

    @Test
    void shouldAllocateNothingWhileAnObjectStreams() {
        var object = new PatternObject("/a", 0, 60L << 30);
        var setup = new LoopBed.Setup(List.of("/a"), 4).tls(LoopBed.tls());
        setup.load = setup.load.withVerifyEvery(0);
        LoopBed bed = opened(new LoopBed(pattern(), only(object), setup));
        long[] target = {4L << 30};
        BooleanSupplier reached = () -> bed.client.bodyBytes() > target[0];
        bed.runUntil(reached);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long passes = bed.counter("dcn_worker_passes");
        long before = threads.getCurrentThreadAllocatedBytes();
        target[0] = 8L << 30;
        bed.runUntil(reached);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertEquals(0, bed.client.errors());
        // The lambda and the counter look-ups of this test itself.
        assertTrue(
                allocated < 4_096,
                "allocated=" + allocated + " in passes=" + (bed.counter("dcn_worker_passes") - passes));
    }
}
