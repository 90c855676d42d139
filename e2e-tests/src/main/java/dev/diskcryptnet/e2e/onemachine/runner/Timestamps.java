package dev.diskcryptnet.e2e.onemachine.runner;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times as the Kubernetes API writes them: RFC 3339, UTC, whole seconds. */
final class Timestamps {
    private Timestamps() {}

    static String of(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static String now() {
        return of(Instant.now());
    }
}
