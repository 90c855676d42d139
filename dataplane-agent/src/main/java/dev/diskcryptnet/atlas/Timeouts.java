package dev.diskcryptnet.atlas;

import java.time.Duration;

/**
 * How long a client may take.
 *
 * @param idle between two requests of one connection
 * @param request from the first byte of a request head to its last; then 408
 * @param progress for each {@code progressBytes} of its responses, or for what is left of one: who takes less, by a tiny
 *     window or by reading a byte now and then, holds a connection and its lease and is no viewer
 * @param progressBytes what must be acknowledged within {@code progress}, above 0
 * @param closing for the peer to close after we have
 */
public record Timeouts(Duration idle, Duration request, Duration progress, int progressBytes, Duration closing) {
    /** In a minute, 2 kbit/s: below the slowest link that anybody watches anything on. */
    private static final int STANDARD_PROGRESS_BYTES = 16 << 10;

    /** What suits viewers of video: players keep a connection between segments. */
    public static Timeouts standard() {
        return new Timeouts(
                Duration.ofSeconds(75),
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                STANDARD_PROGRESS_BYTES,
                Duration.ofSeconds(10));
    }

    public Timeouts {
        if (progressBytes < 1) {
            throw new IllegalArgumentException("progressBytes=" + progressBytes + " is not above 0");
        }
    }

    long limitNs(Session.Phase phase) {
        Duration limit =
                switch (phase) {
                    case IDLE -> idle;
                    case REQUEST -> request;
                    case RESPONSE -> progress;
                    case CLOSING -> closing;
                };
        return limit.toNanos();
    }
}
