package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.EcnField;

/** A connection in SYN-RECEIVED: what the SYN said, no more. */
final class HalfOpen extends ConnectionEntry {
    /** What an RFC 9293 peer that sends no MSS option takes: RFC 9293 3.7.1. */
    private static final int DEFAULT_SEGMENT_BYTES = 536;
    /** A smaller MSS is taken for this one, as nothing real is below it and each segment costs a frame. */
    static final int MIN_SEGMENT_BYTES = 88;

    private final Handshakes handshakes;
    int initialSend;
    int initialReceive;
    /** Payload of a segment to the peer, options included. */
    int peerSegmentBytes;
    /** -1 when the peer does not scale. */
    int windowScale;

    int peerWindow;
    boolean sackPermitted;
    boolean timestamps;
    int timestampOffset;
    long startedNs;
    int timestampRecent;
    int retries;
    /** Our SYN-ACK has said that we take part in ECN, as the SYN did. */
    boolean ecn;
    /** Another one has not: RFC 3168 6.1.1 then forbids to have our packets marked. */
    boolean ecnWithdrawn;

    HalfOpen(Handshakes handshakes) {
        this.handshakes = handshakes;
    }

    void begin(long nowNs, TcpSegment syn, int initialSend, int timestampOffset) {
        this.initialSend = initialSend;
        this.initialReceive = syn.sequence;
        this.peerSegmentBytes = syn.maximumSegmentSize == 0
                ? DEFAULT_SEGMENT_BYTES
                : Math.max(syn.maximumSegmentSize, MIN_SEGMENT_BYTES);
        this.windowScale = syn.windowScale;
        this.peerWindow = syn.window;
        this.sackPermitted = syn.sackPermitted;
        this.timestamps = syn.hasTimestamps;
        this.timestampOffset = timestampOffset;
        this.timestampRecent = syn.timestampValue;
        this.startedNs = nowNs;
        this.ecn = false;
    }

    /**
     * Whether a SYN asks for ECN (RFC 3168 6.1.1). One that could be marked itself, which that clause forbids, has come by a
     * path that rewrites the field.
     */
    static boolean asksForEcn(TcpSegment syn) {
        return syn.has(TcpSegment.ECE | TcpSegment.CWR) && syn.ecn == EcnField.NOT_CAPABLE;
    }

    @Override
    void onTimer(long nowNs) {
        handshakes.onTimer(nowNs, this);
    }
}
