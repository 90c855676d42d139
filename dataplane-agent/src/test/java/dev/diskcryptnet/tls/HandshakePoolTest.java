package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.tls.HandshakeStep.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handshakes beside the loop: bounded, and given up at any moment. */
class HandshakePoolTest {
    private static final byte[] HELLO = new TlsHello()
            .extension(10, new byte[] {0, 2, 0, 23})
            .signatures(0x0403)
            .records(1 << 14);

    @TempDir
    private static Path directory;

    private static EngineLeaks leaks;
    private static TlsServer server;

    private final BlockingQueue<HandshakeStep> steps = new LinkedBlockingQueue<>();
    private final CountDownLatch hold = new CountDownLatch(1);

    @BeforeAll
    static void makeServer() {
        leaks = EngineLeaks.watch();
        server = new TlsServer(List.of(TestCertificates.write(directory, "ec", TestCertificates.ec("one.example"))));
    }

    @AfterAll
    static void leaveNothing() {
        server.close();
        leaks.check();
    }

    private HandshakeStep nextStep() throws InterruptedException {
        HandshakeStep step = steps.poll(10, TimeUnit.SECONDS);
        if (step == null) {
            throw new AssertionError("no step came");
        }
        return step;
    }

    /** Keeps the pool's thread busy until {@link #hold} is counted down. */
    private void block(HandshakePool pool) throws InterruptedException {
        CountDownLatch blocked = new CountDownLatch(1);
        pool.submit(server.newHandshake(), new byte[0], (handshake, step) -> {
            handshake.abandon();
            blocked.countDown();
            try {
                hold.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertTrue(blocked.await(10, TimeUnit.SECONDS));
    }

    @Test
    void shouldRunAWholeHandshake() throws SSLException, InterruptedException {
        var client = EngineClient.jdk(EngineClient.jdkContext(), "one.example", settings -> {});
        client.begin();
        Handshake handshake = server.newHandshake();
        try (var pool = new HandshakePool(2, 4)) {
            HandshakeStep step = null;
            while (step == null || step.outcome() == Outcome.MORE) {
                assertTrue(pool.submit(handshake, client.takeOutput(), (same, result) -> {
                    assertTrue(Thread.currentThread().getName().startsWith("dcn-handshake-"));
                    steps.add(result);
                }));
                step = nextStep();
                client.receive(step.output());
            }
            assertEquals(Outcome.DONE, step.outcome());
            step.takeover().wipe();
            assertThrows(IllegalStateException.class, () -> pool.submit(handshake, HELLO, (same, result) -> {}));
        }
    }

    @Test
    void shouldRefuseWhatTheQueueCannotHold() throws InterruptedException {
        Handshake second = server.newHandshake();
        Handshake third = server.newHandshake();
        try (var pool = new HandshakePool(1, 1)) {
            block(pool);
            assertTrue(pool.submit(second, HELLO, (same, step) -> steps.add(step)));
            assertEquals(1, pool.queued());
            assertThrows(
                    IllegalStateException.class, () -> pool.submit(second, HELLO, (same, step) -> steps.add(step)));
            assertFalse(pool.submit(third, HELLO, (same, step) -> steps.add(step)));
            hold.countDown();
            assertEquals(Outcome.MORE, nextStep().outcome());
            assertTrue(pool.submit(third, HELLO, (same, step) -> steps.add(step)), "later it goes");
            assertEquals(Outcome.MORE, nextStep().outcome());
        }
        second.abandon();
        third.abandon();
    }

    @Test
    void shouldTellOfAHandshakeThatWasAbandonedWhileItWaited() throws InterruptedException {
        try (var pool = new HandshakePool(1, 1)) {
            block(pool);
            Handshake handshake = server.newHandshake();
            pool.submit(handshake, HELLO, (same, step) -> steps.add(step));
            handshake.abandon();
            hold.countDown();
            HandshakeStep step = nextStep();
            assertEquals(Outcome.FAILED, step.outcome());
            assertEquals(0, step.output().length);
        }
    }

    @Test
    void shouldFreeEnginesThatAreAbandonedDuringAStep() throws InterruptedException {
        int count = 500;
        int unfinished = 0;
        try (var pool = new HandshakePool(2, 4)) {
            for (int i = 0; i < count; i++) {
                Handshake handshake = server.newHandshake();
                pool.submit(handshake, HELLO, (same, step) -> steps.add(step));
                LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(300_000));
                handshake.abandon();
                unfinished += nextStep().outcome() == Outcome.MORE ? 0 : 1;
            }
        }
        assertEquals(0, KeyLog.SHARED.count());
        assertTrue(unfinished > 0 && unfinished < count, "both must happen: unfinished=" + unfinished);
    }

    @Test
    void shouldAbandonWhatWaitsWhenItIsClosed() throws InterruptedException {
        Handshake handshake = server.newHandshake();
        handshake.step(HELLO);
        assertEquals(1, KeyLog.SHARED.count());
        HandshakePool pool = new HandshakePool(1, 1);
        block(pool);
        assertTrue(pool.submit(handshake, new byte[0], (same, step) -> steps.add(step)));
        pool.close();
        assertEquals(0, KeyLog.SHARED.count());
        assertFalse(pool.submit(server.newHandshake(), HELLO, (same, step) -> steps.add(step)));
        assertTrue(steps.isEmpty());
    }

    @Test
    void shouldRefuseAPoolOfNothing() {
        assertThrows(IllegalArgumentException.class, () -> new HandshakePool(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new HandshakePool(1, 0));
    }
}
