package dev.diskcryptnet.atlas;

import java.time.Duration;

/**
 * How long a client may take.
 *
 * @param idle between two requests of one connection
 * @param request from the first byte of a request head to its last; then 408
 * @param progress without any acknowledgement while a response is on its way
 * @param closing for the peer to close after we have
 */
public record Timeouts(Duration idle, Duration request, Duration progress, Duration closing) {
    /** What suits viewers of video: players keep a connection between segments. */
    public static Timeouts standard() {
        return new Timeouts(
                Duration.ofSeconds(75), Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(10));
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
