package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.EcnField;

/** What a box on the path does to segments, in both directions alike. */
enum Middlebox {
    NONE,
    STRIPS_SACK,
    STRIPS_TIMESTAMPS,
    STRIPS_WINDOW_SCALE,
    STRIPS_ALL_OPTIONS,
    /** Lets SACK be agreed on and then takes the blocks away, as boxes do that rewrite sequence numbers. */
    STRIPS_SACK_BLOCKS,
    CLAMPS_SEGMENT_SIZE,
    /** Takes ECN's flags off SYNs, its answers among them, as firewalls do that know them for reserved bits. */
    STRIPS_ECN_FLAGS,
    /** Clears the whole traffic class. */
    CLEARS_ECN_FIELD,
    /** Marks each packet that may be. */
    MARKS_ALL;

    private static final int CLAMPED_BYTES = 1200;

    boolean strips(Middlebox option) {
        return this == option || this == STRIPS_ALL_OPTIONS;
    }

    void pass(TcpSegment s) {
        if (s.has(TcpSegment.SYN)) {
            s.sackPermitted &= !strips(STRIPS_SACK);
            s.windowScale = strips(STRIPS_WINDOW_SCALE) ? -1 : s.windowScale;
            s.hasTimestamps &= !strips(STRIPS_TIMESTAMPS);
            boolean clamps = this == CLAMPS_SEGMENT_SIZE && s.maximumSegmentSize > CLAMPED_BYTES;
            s.maximumSegmentSize = this == STRIPS_ALL_OPTIONS ? 0 : clamps ? CLAMPED_BYTES : s.maximumSegmentSize;
        }
        if (this == STRIPS_ECN_FLAGS && s.has(TcpSegment.SYN)) {
            s.flags &= ~(TcpSegment.ECE | TcpSegment.CWR);
        } else if (this == CLEARS_ECN_FIELD) {
            s.ecn = EcnField.NOT_CAPABLE;
        } else if (this == MARKS_ALL && s.ecn != EcnField.NOT_CAPABLE) {
            s.ecn = EcnField.MARKED;
        }
        if (this == STRIPS_SACK_BLOCKS) {
            s.sackBlockCount = 0;
        }
    }
}
