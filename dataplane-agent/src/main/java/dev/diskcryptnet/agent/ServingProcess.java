package dev.diskcryptnet.agent;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a serving process: start, ready, wait for a stop or a failure, drain, release.
 *
 * <p>{@link #stop} and {@link #fail} come from other threads (signals, workers); {@link #run} alone touches the data
 * plane, so nothing is released while it is still being started.
 */
final class ServingProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ServingProcess.class);
    /** Exit status of a process that a signal ended, by the shells' convention, is this plus the signal's number. */
    private static final int SIGNAL_EXIT_BASE = 128;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger stops = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final IntConsumer halt;

    /** @param halt ends the process at once with an exit status, running nothing more */
    ServingProcess(IntConsumer halt) {
        this.halt = halt;
    }

    /**
     * Starts the data plane and returns when it has ended.
     *
     * @return exit status: 0 after a stop that was asked for
     * @throws CommandException when a worker stopped by itself
     * @throws Exception when the start failed
     */
    int run(DataPlane.Starter starter, Duration drainTimeout) throws Exception {
        try (DataPlane dataPlane = starter.start(this::fail)) {
            dataPlane.setReady(ended.getCount() > 0);
            ended.await();
            dataPlane.setReady(false);
            Throwable cause = failure.get();
            if (cause != null) {
                throw new CommandException(
                        ExitCode.FAILED, "a worker stopped by itself, the agent ends: " + cause, cause);
            }
            drain(dataPlane, drainTimeout);
        }
        LOG.atInfo().log("stopped");
        return ExitCode.OK;
    }

    private void drain(DataPlane dataPlane, Duration timeout) throws InterruptedException {
        if (!dataPlane.drain(timeout)) {
            LOG.atWarn()
                    .addKeyValue("hint", "connections were cut off; a longer drainTimeout lets them finish")
                    .log("stopping-early");
        }
    }

    /** Asks for an orderly end; asked a second time, ends the process at once. */
    void stop(String signal, int number) {
        if (stops.incrementAndGet() > 1) {
            LOG.atWarn()
                    .addKeyValue("signal", signal)
                    .addKeyValue("hint", "running responses were cut off")
                    .log("halted");
            halt.accept(SIGNAL_EXIT_BASE + number);
            return;
        }
        LOG.atInfo()
                .addKeyValue("signal", signal)
                .addKeyValue("hint", "a second signal ends at once")
                .log("stop-requested");
        ended.countDown();
    }

    /** A worker stopped by itself: the process ends, as the rings of that worker serve nobody any more. */
    void fail(Throwable cause) {
        if (failure.compareAndSet(null, cause)) {
            LOG.atError().setCause(cause).log("worker-failed");
            ended.countDown();
        }
    }
}
