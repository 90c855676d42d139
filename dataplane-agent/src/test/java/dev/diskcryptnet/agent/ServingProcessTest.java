package dev.diskcryptnet.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ServingProcessTest {
    private static final Duration DRAIN = Duration.ofSeconds(7);

    private final List<String> events = Collections.synchronizedList(new ArrayList<>());
    private final ServingProcess process = new ServingProcess(status -> events.add("halt " + status));
    private final CountDownLatch ready = new CountDownLatch(1);
    private final CountDownLatch drained = new CountDownLatch(1);

    /** Writes down what it is told; a drain lasts until the test lets it end. */
    private final class RecordedDataPlane implements DataPlane {
        @Override
        public void setReady(boolean isReady) {
            events.add("ready=" + isReady);
            ready.countDown();
        }

        @Override
        public boolean drain(Duration limit) throws InterruptedException {
            events.add("drain " + limit.toSeconds());
            return drained.await(10, TimeUnit.SECONDS);
        }

        @Override
        public void close() {
            events.add("close");
        }
    }

    private CompletableFuture<Integer> runInBackground() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return process.run(onFailure -> new RecordedDataPlane(), DRAIN);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void shouldDrainThenCloseAndExitCleanlyWhenAskedToStop() throws Exception {
        CompletableFuture<Integer> exit = runInBackground();
        ready.await();
        drained.countDown();
        process.stop("TERM", 15);

        assertEquals(ExitCode.OK, exit.get());
        assertEquals(List.of("ready=true", "ready=false", "drain 7", "close"), events);
    }

    @Test
    void shouldHaltAtOnceWhenAskedTwice() throws Exception {
        CompletableFuture<Integer> exit = runInBackground();
        ready.await();
        process.stop("TERM", 15);
        process.stop("INT", 2);

        assertTrue(events.contains("halt 130"), events::toString);
        drained.countDown();
        exit.get();
    }

    @Test
    void shouldNeverBecomeReadyWhenStoppedDuringStart() throws Exception {
        drained.countDown();
        int exit = process.run(
                onFailure -> {
                    process.stop("TERM", 15);
                    return new RecordedDataPlane();
                },
                DRAIN);

        assertEquals(ExitCode.OK, exit);
        assertEquals(List.of("ready=false", "ready=false", "drain 7", "close"), events);
    }

    @Test
    void shouldCloseAndNameReasonWhenWorkerDies() {
        var cause = new IllegalStateException("slot=3 is not taken");
        CommandException e = assertThrows(
                CommandException.class,
                () -> process.run(
                        onFailure -> {
                            onFailure.accept(cause);
                            return new RecordedDataPlane();
                        },
                        DRAIN));

        assertEquals(ExitCode.FAILED, e.exitCode());
        assertSame(cause, e.getCause());
        assertTrue(e.getMessage().contains("slot=3 is not taken"), e::getMessage);
        assertEquals(List.of("ready=false", "ready=false", "close"), events);
    }

    @Test
    void shouldPassOnWhyStartFailed() {
        assertThrows(
                java.io.IOException.class,
                () -> process.run(
                        onFailure -> {
                            throw new java.io.IOException("port=eth1");
                        },
                        DRAIN));
    }

    @Test
    void shouldCloseLastOpenedFirstAndGoOnWhenOneFails() {
        var stack = new ReleaseStack();
        stack.add("disk", () -> events.add("disk"));
        stack.add("volume", () -> {
            throw new java.io.IOException("broken");
        });
        stack.add("port", () -> events.add("port"));
        stack.close();
        stack.close();

        assertEquals(List.of("port", "disk"), events);
    }
}
