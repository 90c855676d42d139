package dev.diskcryptnet.operator.testing;

import java.time.Duration;
import java.util.function.Supplier;

/** Waits for what other threads do. */
public final class Eventually {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final long PAUSE_MS = 50;

    private Eventually() {}

    /** Waits until {@code probe} gives null; throws what it gives when that takes too long. */
    public static void nothingWrong(Supplier<String> probe) {
        long deadlineNs = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            String wrong = probe.get();
            if (wrong == null) {
                return;
            }
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError("after " + TIMEOUT + " still: " + wrong);
            }
            pause(PAUSE_MS);
        }
    }

    /** Lets time go by in which nothing should happen. */
    public static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
