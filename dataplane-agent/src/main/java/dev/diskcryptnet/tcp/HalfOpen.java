package dev.diskcryptnet.tcp;

/** A connection in SYN-RECEIVED: what the SYN said, no more. */
final class HalfOpen extends ConnectionEntry {
    private final TcpStack stack;
    final int initialSend;
    final int initialReceive;
    final int peerSegmentBytes;
    /** -1 when the peer does not scale. */
    final int windowScale;

    final int peerWindow;
    final boolean sackPermitted;
    final boolean timestamps;
    final int timestampOffset;
    final long startedNs;
    int timestampRecent;
    int retries;

    HalfOpen(TcpStack stack, long nowNs, TcpSegment syn, int initialSend, int timestampOffset) {
        this.stack = stack;
        this.initialSend = initialSend;
        this.initialReceive = syn.sequence;
        this.peerSegmentBytes = syn.maximumSegmentSize;
        this.windowScale = syn.windowScale;
        this.peerWindow = syn.window;
        this.sackPermitted = syn.sackPermitted;
        this.timestamps = syn.hasTimestamps;
        this.timestampOffset = timestampOffset;
        this.timestampRecent = syn.timestampValue;
        this.startedNs = nowNs;
    }

    @Override
    void onTimer(long nowNs) {
        stack.onHalfOpenTimer(nowNs, this);
    }
}
