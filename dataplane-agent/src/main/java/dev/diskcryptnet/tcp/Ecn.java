package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.EcnField;

/**
 * Explicit congestion notification on one connection (RFC 3168 6.1): what we send may be marked by routers, the peer
 * tells us of marks until we say that we sent less for it, and we tell it of marks on what it sends. Offsets are of the
 * send stream.
 *
 * <pre>
 *   router: ECT(0) to CE        peer: ECE on each ACK ...................... until CWR has come
 *   we:                              window reduced, CWR on the next new data ──┘
 * </pre>
 */
final class Ecn {
    /** What was sent before any reduction. */
    private static final long NOTHING = -1;

    private final boolean echoes;
    private final boolean marks;
    private boolean echoing;
    private boolean reductionUntold;
    private long answeredEnd = NOTHING;
    private long reducedEnd = NOTHING;

    Ecn(HalfOpen peer) {
        echoes = peer.ecn;
        marks = peer.ecn && !peer.ecnWithdrawn;
    }

    /** Whether what we send may be marked, and what the peer says of that counts. */
    boolean isUsed() {
        return marks;
    }

    // ---- what arrives

    /**
     * A segment with acceptable data came (RFC 3168 6.1.3).
     *
     * @return whether it is marked, and the first such: then the peer should hear of it at once
     */
    boolean onData(TcpSegment segment) {
        if (!echoes) {
            return false;
        }
        boolean before = echoing && !segment.has(TcpSegment.CWR);
        echoing = before || segment.ecn == EcnField.MARKED;
        return echoing && !before;
    }

    /** Whether ACKs carry ECE. */
    boolean isEchoing() {
        return echoing;
    }

    // ---- what leaves

    /** The field of a packet with data that has not been sent before, which no other packet has (RFC 3168 6.1.4 to 6.1.6). */
    int fieldOfNewData() {
        return marks ? EcnField.CAPABLE : EcnField.NOT_CAPABLE;
    }

    /** Whether new data that leaves now carries CWR: the first after a reduction does (RFC 3168 6.1.2). */
    boolean takeReduction() {
        boolean tells = reductionUntold;
        reductionUntold = false;
        return tells;
    }

    // ---- once a window, RFC 3168 6.1.2

    /** Whether an ECE on an ACK up to {@code acknowledged} tells of marks since the last one that was answered. */
    boolean isNews(long acknowledged) {
        return acknowledged > answeredEnd;
    }

    /** Whether it is to be answered: neither a mark nor a loss has had the window reduced for what it may tell of. */
    boolean isUnanswered(long acknowledged) {
        return acknowledged > Math.max(answeredEnd, reducedEnd);
    }

    /** Whether what is lost from {@code offset} on was sent before a mark had the window reduced. */
    boolean coversLoss(long offset) {
        return offset < answeredEnd;
    }

    /** The window was reduced for a mark; what had been sent then ends at {@code sentEnd}. */
    void onAnswered(long sentEnd) {
        answeredEnd = sentEnd;
        reductionUntold = true;
    }

    /** The window was reduced for a loss, or had been for a mark in the same window. */
    void onLoss(long sentEnd) {
        reducedEnd = sentEnd;
        reductionUntold = marks;
    }

    /** That reduction was taken back. */
    void onUndone() {
        reducedEnd = NOTHING;
    }
}
