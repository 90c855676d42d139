package dev.diskcryptnet.tcp;

/**
 * Handshakes of which nothing is kept while there is no room (RFC 4987 3.6): what the SYN said is in the SYN-ACK's sequence
 * number and in the low bits of its timestamp, and comes back with the client's ACK.
 *
 * <pre>
 *   sequence    31..29 segment size, an index    28..0 keyed hash of tuple, client's sequence, segment size and period
 *   timestamp    5..2 window scale, 15: none     1 SACK permitted     0 ECN
 * </pre>
 *
 * Without timestamps a client gets neither window scale nor SACK nor ECN. Who guesses the hash, once in some hundred million
 * attempts, has a connection from an address that may not be its own.
 */
final class SynCookies {
    /** Of a cookie's hash; one is good in its own period and the next. */
    private static final long PERIOD_NS = 64_000_000_000L;

    /** Segment sizes that are told apart: a client gets the largest that is not above its own. */
    private static final int[] SEGMENT_BYTES = {HalfOpen.MIN_SEGMENT_BYTES, 536, 1220, 1360, 1400, 1440, 1460, 8940};

    private static final int HASH_BITS = 29;
    private static final int HASH_MASK = (1 << HASH_BITS) - 1;
    private static final int OPTION_BITS = 6;
    private static final int OPTION_MASK = (1 << OPTION_BITS) - 1;
    private static final int NO_SCALE = 15;
    private static final int SACK = 2;
    private static final int ECN = 1;

    private final SipHash hash;
    private boolean used;
    private long usedNs;

    SynCookies(SipHash hash) {
        this.hash = hash;
    }

    /** Chooses our sequence number for a SYN, and leaves out of its options what cannot be told. */
    void bake(long nowNs, HalfOpen halfOpen) {
        used = true;
        usedNs = nowNs;
        if (!halfOpen.timestamps) {
            halfOpen.windowScale = -1;
            halfOpen.sackPermitted = false;
            halfOpen.ecn = false;
        }
        int index = 0;
        while (index + 1 < SEGMENT_BYTES.length && SEGMENT_BYTES[index + 1] <= halfOpen.peerSegmentBytes) {
            index++;
        }
        halfOpen.initialSend = index << HASH_BITS | hash(halfOpen, halfOpen.initialReceive, period(nowNs), index);
    }

    /** A timestamp with the SYN's options in it, not after {@code timestamp}: the following ones must not be before. */
    static int timestamp(int timestamp, HalfOpen halfOpen) {
        int scale = halfOpen.windowScale < 0 ? NO_SCALE : halfOpen.windowScale;
        int options = scale << 2 | (halfOpen.sackPermitted ? SACK : 0) | (halfOpen.ecn ? ECN : 0);
        int told = timestamp & ~OPTION_MASK | options;
        return told - timestamp > 0 ? told - (1 << OPTION_BITS) : told;
    }

    /** Whether an ACK may answer a cookie at all: some have been sent in the last two periods. */
    boolean areUsed(long nowNs) {
        return used && nowNs - usedNs < 2 * PERIOD_NS;
    }

    /** Whether this is the ACK of a cookie of ours. {@code address} has its tuple. */
    boolean isAnswer(long nowNs, TcpSegment ack, ConnectionEntry address) {
        int cookie = ack.acknowledgement - 1;
        int index = cookie >>> HASH_BITS;
        long period = period(nowNs);
        return (cookie & HASH_MASK) == hash(address, ack.sequence - 1, period, index)
                || (cookie & HASH_MASK) == hash(address, ack.sequence - 1, period - 1, index);
    }

    /** Makes of an ACK that {@link #isAnswer} the SYN that it followed. */
    static void restore(TcpSegment ack, TcpSegment syn) {
        syn.clear();
        syn.sequence = ack.sequence - 1;
        syn.window = ack.window;
        syn.maximumSegmentSize = SEGMENT_BYTES[ack.acknowledgement - 1 >>> HASH_BITS];
        if (ack.hasTimestamps) {
            int options = ack.timestampEcho & OPTION_MASK;
            syn.hasTimestamps = true;
            syn.timestampValue = ack.timestampValue;
            syn.windowScale = options >>> 2 == NO_SCALE ? -1 : options >>> 2;
            syn.sackPermitted = (options & SACK) != 0;
            syn.flags = (options & ECN) != 0 ? TcpSegment.ECE | TcpSegment.CWR : 0;
        }
    }

    private static long period(long nowNs) {
        return Math.floorDiv(nowNs, PERIOD_NS);
    }

    private int hash(ConnectionEntry address, int peerSequence, long period, int index) {
        long ports = (long) address.localPort << 16 | address.remotePort;
        return (int) hash.begin()
                        .word(address.localHigh)
                        .word(address.localLow)
                        .word(address.remoteHigh)
                        .word(address.remoteLow)
                        .word(ports << 32 | peerSequence & 0xFFFF_FFFFL)
                        .end(47L << 56 | (period << 3 | index) & 0xFF_FFFF_FFFF_FFFFL)
                & HASH_MASK;
    }
}
