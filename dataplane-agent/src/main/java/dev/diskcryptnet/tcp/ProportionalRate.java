package dev.diskcryptnet.tcp;

/**
 * Proportional rate reduction, RFC 6937 3: how much may be sent in a fast recovery, so that the window comes down to
 * the threshold within a round trip, in step with what arrives. What is sent again, and so read again from disk, is thereby
 * never more than what the peer says has arrived meanwhile, and a segment.
 */
final class ProportionalRate {
    private final int segmentBytes;
    private long flightBytes;
    private long deliveredBytes;
    private long sentBytes;
    private long windowBytes;

    ProportionalRate(int segmentBytes) {
        this.segmentBytes = segmentBytes;
    }

    /** @param flightBytes RecoverFS: bytes between SND.UNA and SND.NXT as recovery begins */
    void start(long flightBytes) {
        this.flightBytes = Math.max(flightBytes, segmentBytes);
        deliveredBytes = 0;
        sentBytes = 0;
        windowBytes = 0;
    }

    /**
     * An ACK in recovery.
     *
     * @param newlyDelivered bytes that it is the first to say have arrived
     * @param pipeBytes in flight after it
     * @param safe it moved SND.UNA and told of no further loss: then the slow start reduction bound holds, else the
     *     conservative one (RFC 6937 3, and 5 on when to choose)
     */
    void onAcknowledged(long newlyDelivered, long pipeBytes, long thresholdBytes, boolean safe) {
        deliveredBytes += newlyDelivered;
        long room;
        if (pipeBytes > thresholdBytes) {
            room = (deliveredBytes * thresholdBytes + flightBytes - 1) / flightBytes - sentBytes;
        } else {
            long limit = deliveredBytes - sentBytes;
            limit = safe ? Math.max(limit, newlyDelivered) + segmentBytes : limit;
            room = Math.min(thresholdBytes - pipeBytes, limit);
        }
        windowBytes = pipeBytes + Math.max(room, 0);
    }

    void onSent(long bytes) {
        sentBytes += bytes;
    }

    /** What may be in flight until the next ACK. */
    long windowBytes() {
        return windowBytes;
    }
}
