package dev.diskcryptnet.atlas;

/**
 * Ends sessions whose client is too slow. All of them are looked at once a second, limits are seconds, so a timer of its
 * own for each would buy nothing; in parts that are small, as each session is likely to be in no cache, and that come the
 * oftener the more sessions there are.
 */
final class Sweeper {
    private static final long ROUND_NS = 1_000_000_000;
    private static final int MIN_PARTS = 10;
    private static final int MAX_PART = 256;

    private final Lane lane;
    private final HttpService http;
    private final Timeouts timeouts;
    private final AtlasCounters counters;
    private long nextNs;
    private int cursor;

    Sweeper(Lane lane, HttpService http, Timeouts timeouts, AtlasCounters counters) {
        this.lane = lane;
        this.http = http;
        this.timeouts = timeouts;
        this.counters = counters;
    }

    /** When there is something to look at, else {@link Long#MAX_VALUE}. */
    long nextDeadlineNs() {
        return lane.sessions.size() == 0 ? Long.MAX_VALUE : nextNs;
    }

    /** @return sessions looked at */
    int sweep(long nowNs, boolean draining) {
        if (nowNs < nextNs) {
            return 0;
        }
        SessionList sessions = lane.sessions;
        int parts = Math.max(MIN_PARTS, sessions.size() / MAX_PART);
        nextNs = nowNs + ROUND_NS / parts;
        int part = sessions.size() / parts + 1;
        int looked = 0;
        for (; looked < part && sessions.size() > 0; looked++) {
            cursor = cursor <= 0 ? sessions.size() - 1 : Math.min(cursor - 1, sessions.size() - 1);
            check(nowNs, sessions.get(cursor), draining);
        }
        return looked;
    }

    private void check(long nowNs, Session session, boolean draining) {
        if (draining && session.phase == Session.Phase.IDLE) {
            http.close(nowNs, session);
            return;
        }
        if (nowNs - session.phaseSinceNs < timeouts.limitNs(session.phase)) {
            return;
        }
        switch (session.phase) {
            case IDLE -> {
                counters.timeouts.idle.increment();
                http.close(nowNs, session);
            }
            case REQUEST -> timeOutRequest(nowNs, session);
            case RESPONSE -> {
                boolean stalled = session.acknowledgedSinceProgress() == 0;
                (stalled ? counters.timeouts.stalled : counters.timeouts.slow).increment();
                session.connection.abort();
            }
            case CLOSING -> {
                counters.timeouts.closing.increment();
                session.connection.abort();
            }
        }
    }

    private void timeOutRequest(long nowNs, Session session) {
        if (session.tls != null && session.tls.isHandshaking()) {
            counters.timeouts.handshake.increment();
            session.connection.abort();
            return;
        }
        counters.timeouts.request.increment();
        http.timeOut(nowNs, session);
        session.sender.enqueue(session);
    }
}
