package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.operator.status.Finding;
import java.time.Duration;

/**
 * What a step came to.
 *
 * @param finding what it waits for or why it does not go on; null when it is done
 * @param again when to look again although nothing was heard; null to wait for an event
 */
record Outcome(Finding finding, Duration again) {
    static final Outcome DONE = new Outcome(null, null);

    boolean isDone() {
        return finding == null;
    }
}
