package dev.diskcryptnet.tcp;

/** How much may be in flight, and how fast it leaves. Knows no sequence numbers. */
abstract class CongestionControl {
    final int segmentBytes;
    private final int initialWindowBytes;

    CongestionControl(int segmentBytes, int initialSegments) {
        this.segmentBytes = segmentBytes;
        this.initialWindowBytes = initialSegments * segmentBytes;
    }

    final int initialWindowBytes() {
        return initialWindowBytes;
    }

    abstract long windowBytes();

    abstract boolean inSlowStart();

    /** Bytes a nanosecond that leave while pacing is on. */
    abstract double pacingRate(long smoothedNs);

    /**
     * Whether what the window allows may leave at once.
     *
     * @param disordered ACKs say that something is missing
     */
    abstract boolean mayBurst(boolean disordered);

    /** Most bytes of a frame while pacing is on. */
    long quantumBytes() {
        return Long.MAX_VALUE;
    }

    /** Whether RFC 6937 says what may be in flight in a fast recovery. */
    boolean reducesInProportion() {
        return true;
    }

    /** What measures the rate of delivery, if that is wanted. */
    DeliveryRate deliveryRate() {
        return null;
    }

    /**
     * New data was acknowledged outside of fast recovery.
     *
     * @param limited whether the window was what limited sending
     */
    void onAcknowledged(long nowNs, long ackedBytes, long rttNs, boolean limited) {}

    /** A round trip of bytes sent once only was measured. */
    void onSample(long rttNs) {}

    /** All that was out when the round began is acknowledged. */
    void onRound() {}

    /**
     * An ACK has been taken in, its losses found.
     *
     * @param deliveredBytes that it is the first to say have arrived
     * @param sampleNs a round trip, 0 for none
     */
    void afterAcknowledgement(long nowNs, long deliveredBytes, long inFlightBytes, long sampleNs, boolean limited) {}

    /** Loss found by duplicate ACKs or SACK: a fast recovery begins. Or a router's mark, of which the answer is the same. */
    abstract void onLoss();

    /** The first timeout for a segment. */
    abstract void onTimeout(long inFlightBytes);

    /** A further timeout for the same data: RFC 5681 3.1, the threshold is held. */
    abstract void onRepeatedTimeout();

    /** A recovery is over. */
    void onRecovered() {}

    /** The latest reduction was for no loss. */
    abstract void undo(long nowNs);

    /** Nothing was in flight for {@code idleNs} as something is to be sent. */
    abstract void onIdle(long nowNs, long idleNs, long rtoNs);
}
