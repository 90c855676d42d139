package dev.diskcryptnet.tcp;

/** The timestamps option of one connection (RFC 7323): what its segments carry, and what the peer's tell. */
final class Timestamps {
    /** 5.5: a timestamp older than this says nothing. */
    private static final long LIFETIME_NS = 24L * 24 * 3600 * 1_000_000_000;

    private static final int MAX_ECHO_MILLISECONDS = 600_000;

    /** Whether both sides have asked for it. */
    final boolean used;

    private final int offset;
    private int recent;
    private long recentNs;

    Timestamps(HalfOpen peer, long nowNs) {
        this.used = peer.timestamps;
        this.offset = peer.timestampOffset;
        this.recent = peer.timestampRecent;
        this.recentNs = nowNs;
    }

    /** 3.2: once agreed upon, each segment has it. */
    boolean isMissing(TcpSegment segment) {
        return used && !segment.hasTimestamps;
    }

    /** 5.3 R1: sent before another that has arrived. */
    boolean isOld(long nowNs, TcpSegment segment) {
        return used && segment.timestampValue - recent < 0 && nowNs - recentNs < LIFETIME_NS;
    }

    /** 4.3: of a segment that begins no later than what was acknowledged last. */
    void note(long nowNs, TcpSegment segment) {
        if (used) {
            recent = segment.timestampValue;
            recentNs = nowNs;
        }
    }

    /** Round trip by the timestamp that is echoed, in whole milliseconds; -1 when there is none. */
    long echoNs(long nowNs, TcpSegment segment) {
        if (!used || segment.timestampEcho == 0) {
            return -1;
        }
        int milliseconds = TcpStack.timestampOf(nowNs, offset) - segment.timestampEcho;
        return milliseconds < 0 || milliseconds > MAX_ECHO_MILLISECONDS ? -1 : milliseconds * 1_000_000L;
    }

    /** How much later than the latest one of the connection a SYN was sent, in the peer's ticks; 0 when nothing tells. */
    int lead(TcpSegment syn) {
        return used && syn.hasTimestamps ? syn.timestampValue - recent : 0;
    }

    void fill(long nowNs, TcpSegment segment) {
        if (used) {
            segment.hasTimestamps = true;
            segment.timestampValue = TcpStack.timestampOf(nowNs, offset);
            segment.timestampEcho = recent;
        }
    }
}
