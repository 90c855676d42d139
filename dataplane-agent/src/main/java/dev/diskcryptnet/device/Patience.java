package dev.diskcryptnet.device;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what the kernel, or udev, does in its own time. */
final class Patience {
    /** As long as is asked for. */
    static final Patience PATIENT = new Patience(1);
    /** For a machine that does everything at once. */
    static final Patience NONE = new Patience(0);

    private static final Duration STEP = Duration.ofMillis(20);

    private final int factor;

    private Patience(int factor) {
        this.factor = factor;
    }

    /** Looks again and again. @return whether it came true in time */
    boolean until(Duration limit, BooleanSupplier condition) {
        long endNs = System.nanoTime() + factor * limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - endNs > 0 || !pause()) {
                return false;
            }
        }
        return true;
    }

    /** Waits until a value has not changed for {@code calm}. @return the value, at the latest after {@code limit} */
    <T> T settled(Duration calm, Duration limit, Supplier<T> value) {
        long startNs = System.nanoTime();
        long sinceNs = startNs;
        T last = value.get();
        while (System.nanoTime() - sinceNs < factor * calm.toNanos() && System.nanoTime() - startNs < limit.toNanos()) {
            if (!pause()) {
                return last;
            }
            T now = value.get();
            if (!now.equals(last)) {
                last = now;
                sinceNs = System.nanoTime();
            }
        }
        return last;
    }

    private static boolean pause() {
        try {
            Thread.sleep(STEP);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
