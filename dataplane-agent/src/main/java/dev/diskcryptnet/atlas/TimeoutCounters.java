package dev.diskcryptnet.atlas;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;

/** A worker's counters of connections that ran into one of {@link Timeouts}. */
final class TimeoutCounters {
    final Counter handshake;
    final Counter request;
    final Counter stalled;
    final Counter slow;
    final Counter idle;
    final Counter closing;

    TimeoutCounters(CounterSet set) {
        handshake = tooSlow(set, "handshake");
        request = tooSlow(set, "request");
        stalled = tooSlow(set, "stalled");
        slow = tooSlow(set, "slow");
        idle = expired(set, "idle");
        closing = expired(set, "closing");
    }

    private static Counter tooSlow(CounterSet set, String reason) {
        return set.counter(
                "dcn_http_timeouts",
                "",
                "Connections ended because the client was too slow: with the TLS handshake or a request's head, or it took"
                        + " nothing (stalled) or next to nothing (slow) of a response.",
                "reason",
                reason);
    }

    private static Counter expired(CounterSet set, String reason) {
        return set.counter(
                "dcn_http_expired_connections",
                "",
                "Connections that nobody used: ended for want of a request (idle), or reset because the client did not"
                        + " close its side (closing).",
                "reason",
                reason);
    }
}
