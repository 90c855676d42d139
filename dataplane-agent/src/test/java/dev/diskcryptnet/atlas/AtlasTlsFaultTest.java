package dev.diskcryptnet.atlas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.diskmap.FaultDisk;
import dev.diskcryptnet.load.PerfectClient;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.tls.Handshake;
import dev.diskcryptnet.tls.HandshakeStep;
import dev.diskcryptnet.tls.Takeover;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** TLS when disks, links and clients do not do what they should. */
class AtlasTlsFaultTest extends LoopCase {
    private static final int ENODATA = 61;

    private LossyLink link;

    private LoopBed.Setup behindLink(LossyLink.Faults faults, int connections, PatternObject... objects) {
        return new LoopBed.Setup(paths(objects), connections).tls(LoopBed.tls()).ports(client -> port(client, faults));
    }

    private PeerPort port(PerfectClient client, LossyLink.Faults faults) {
        link = new LossyLink(client, faults, 11, null);
        return new PeerPort("lossy", worker -> link);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldDeliverEveryByteOverALinkThatLosesAndReorders() {
        PatternObject[] objects = {
            new PatternObject("/a", 0, 1_500_001), new PatternObject("/b", 1 << 24, 290_000).scattered(12_288)
        };
        FaultDisk disk = opened(new FaultDisk(PATTERN)).reorderCompletions(1).delayCompletions(2);
        LoopBed.Setup setup =
                behindLink(new LossyLink.Faults(0.02, 0.01, 0.02), 20, objects).check(sameAs(pattern(), objects));
        LoopBed bed = opened(new LoopBed(disk, only(objects), setup));
        bed.runPatientlyUntil(() -> bed.client.verifiedResponses() >= 100);
        assertEquals(0, bed.client.errors());
        assertEquals(0, bed.counter("dcn_http_aborted_responses"));
        assertTrue(link.dropped() > 1000, "dropped=" + link.dropped());
        assertTrue(bed.counter("dcn_disk_reread_bytes") > 1_000_000);
        int leases = objects[0].leases.get() + objects[1].leases.get();
        assertTrue(leases <= 20, "leases=" + leases);
        bed.close();
        assertEquals(0, objects[0].leases.get() + objects[1].leases.get());
    }

    @Test
    void shouldEndOnlyTheConnectionWhoseReadFailed() {
        var object = new PatternObject("/a", 0, 400_000);
        FaultDisk disk = opened(new FaultDisk(PATTERN)).failCommand(20, ENODATA);
        LoopBed bed = opened(new LoopBed(
                disk,
                only(object),
                new LoopBed.Setup(List.of("/a"), 4).tls(LoopBed.tls()).check(sameAs(pattern(), object))));
        bed.runUntil(() -> bed.client.responses() >= 50);
        assertEquals(1, bed.counter("dcn_disk_read_errors"));
        assertEquals(1, bed.counter("dcn_http_aborted_responses"));
        assertEquals(1, bed.client.errors()); // it was reset
    }

    @Test
    void shouldGiveBuffersAndLeasesBackWhenConnectionsEndWithReadsInFlight() {
        var object = new PatternObject("/a", 0, 5_000_000).scattered(40_960);
        FaultDisk disk = opened(new FaultDisk(PATTERN)).delayCompletions(2).reorderCompletions(5);
        for (int command = 100; command < 60_000; command += 101) {
            disk.failCommand(command, ENODATA);
        }
        LoopBed bed = opened(new LoopBed(
                disk,
                only(object),
                new LoopBed.Setup(List.of("/a"), 9).tls(LoopBed.tls()).check(sameAs(pattern(), object))));
        // Many times more than there are buffers: none of them can have been kept.
        bed.runUntil(() -> bed.counter("dcn_http_aborted_responses") > 400);
        bed.runUntil(() -> bed.client.responses() >= 50);
        assertTrue(object.leases.get() <= 9, "leases=" + object.leases);
        bed.close();
        assertEquals(0, object.leases.get());
    }

    @Test
    void shouldGiveLeasesBackWhenAWorkerEndsWithReadsInFlight() {
        var object = new PatternObject("/a", 0, 50_000_000);
        FaultDisk disk = opened(new FaultDisk(PATTERN)).delayCompletions(3);
        LoopBed bed = new LoopBed(disk, only(object), new LoopBed.Setup(List.of("/a"), 5).tls(LoopBed.tls()));
        bed.runUntil(() -> bed.client.bodyBytes() > 10_000_000 && bed.counter("dcn_buffer_in_flight_bytes") > 0);
        assertTrue(object.leases.get() > 0);
        bed.close();
        assertEquals(0, object.leases.get());
    }

    @Test
    void shouldLetResponsesFinishAndSayGoodbyeWhenDraining() {
        var object = new PatternObject("/a", 0, 20_000_000);
        LoopBed bed = opened(new LoopBed(
                pattern(),
                only(object),
                behindLink(LossyLink.Faults.NONE, 6, object).check(sameAs(pattern(), object))));
        bed.runUntil(() -> bed.client.bodyBytes() > 10_000_000);
        bed.built.worker().drain();
        bed.runPatientlyUntil(() -> bed.counter("dcn_http_connections") == 0);
        assertEquals(0, bed.client.errors());
        assertEquals(0, bed.counter("dcn_http_aborted_responses"));
        assertTrue(bed.client.verifiedResponses() >= 6, "responses=" + bed.client.verifiedResponses());
        assertEquals(0, object.leases.get());
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldSayGoodbyeToConnectionsThatAreIdle() {
        for (boolean drained : new boolean[] {false, true}) {
            var object = new PatternObject("/a", 0, 1000);
            LoopBed.Setup setup = behindLink(LossyLink.Faults.NONE, 3, object);
            Duration patience = Duration.ofSeconds(10);
            setup.timeouts = new Timeouts(drained ? patience : Duration.ofMillis(50), patience, patience, 1, patience);
            LoopBed bed = opened(new LoopBed(pattern(), only(object), setup));
            bed.runUntil(() -> bed.client.responses() >= 30);
            link.muted = true;
            if (drained) {
                bed.built.worker().drain();
            }
            long startNs = System.nanoTime();
            bed.runPatientlyUntil(() -> bed.client.reopenedConnections() >= 3);
            assertTrue(System.nanoTime() - startNs < 5_000_000_000L, "they were told, not forgotten");
            assertEquals(0, bed.client.errors());
        }
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldEndAHandshakeThatNeverDoes() {
        var object = new PatternObject("/a", 0, 1000);
        var setup = new LoopBed.Setup(List.of("/a"), 5).tls(LoopBed.tls());
        setup.timeouts = new Timeouts(
                Duration.ofSeconds(9), Duration.ofMillis(50), Duration.ofSeconds(9), 1, Duration.ofSeconds(9));
        var abandoned = new java.util.concurrent.atomic.AtomicInteger();
        setup.handshakes = () -> new Handshake() {
            @Override
            public HandshakeStep step(byte[] input) {
                return new HandshakeStep(new byte[0], input.length, HandshakeStep.Outcome.MORE, null, null);
            }

            @Override
            public void abandon() {
                abandoned.incrementAndGet();
            }
        };
        LoopBed bed = opened(new LoopBed(pattern(), only(object), setup));
        bed.runPatientlyUntil(() -> bed.counter("dcn_http_timeouts") >= 10);
        assertTrue(abandoned.get() >= 10, "abandoned=" + abandoned);
        assertFalse(bed.counter("dcn_http_connections") > 5);
        assertEquals(0, bed.counter("dcn_http_requests"));
        assertTrue(bed.client.errors() >= 10); // resets
    }

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldWipeSecretsThatNobodyFetchedBeforeTheEnd() {
        var object = new PatternObject("/a", 0, 1000);
        var late = new LateHandshake(LoopBed.tls().newHandshake());
        var setup = new LoopBed.Setup(List.of("/a"), 1).tls(LoopBed.tls());
        setup.handshakes = () -> late;
        LoopBed bed = opened(new LoopBed(pattern(), only(object), setup));
        bed.runUntil(() -> late.begun);
        late.mayEnd.countDown();
        bed.close();
        assertArrayEquals(new byte[32], late.takeover.writeSecret());
        assertArrayEquals(new byte[32], late.takeover.readSecret());
    }

    /** Ends when the test says so, so that the worker makes no pass between its end and the worker's own. */
    private static final class LateHandshake implements Handshake {
        final CountDownLatch mayEnd = new CountDownLatch(1);
        private final Handshake handshake;
        volatile boolean begun;
        volatile Takeover takeover;

        LateHandshake(Handshake handshake) {
            this.handshake = handshake;
        }

        @Override
        public HandshakeStep step(byte[] input) {
            begun = true;
            try {
                mayEnd.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the pool is closed only after the test has let this go on
            }
            HandshakeStep step = handshake.step(input);
            takeover = step.takeover();
            return step;
        }

        @Override
        public void abandon() {
            handshake.abandon();
        }
    }
}
