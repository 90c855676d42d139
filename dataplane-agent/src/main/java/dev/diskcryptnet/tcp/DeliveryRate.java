package dev.diskcryptnet.tcp;

/**
 * How fast bytes arrive at the peer: the delivery rate sampler of draft-ietf-ccwg-bbr-06 4.1. What the draft keeps with a
 * packet is kept with a piece of the {@link SentLog}.
 */
final class DeliveryRate {
    private static final int DELIVERED = 0;
    private static final int DELIVERED_AT = 1;
    private static final int FIRST_SENT_AT = 2;
    private static final int IN_FLIGHT = 3;
    /** Bytes lost until the piece left, shifted by one; the lowest bit says that the application was the limit. */
    private static final int LOST_AND_LIMITED = 4;

    /** Told of each piece that is declared lost. */
    interface LossListener {
        /**
         * @param bytes lost now
         * @param inFlightBytes what was in flight as the piece left, it included
         * @param lostBytes lost since then
         */
        void onLost(long bytes, long inFlightBytes, long lostBytes, boolean limited);
    }

    private final LossListener listener;
    private long deliveredBytes;
    private long deliveredNs;
    private long firstSentNs;
    private long lostBytes;
    /** Until so much is delivered samples say little of the path: C.app_limited, 0 for none. */
    private long limitedUntil;

    /** The sample of the current ACK: RS. */
    private boolean hasSample;

    private long priorDelivered;
    private long priorNs;
    private long sendNs;
    private long sampleInFlight;
    private long samplePriorLost;
    private boolean sampleLimited;
    private double bytesPerNs;
    private long sampleDelivered;

    DeliveryRate(LossListener listener) {
        this.listener = listener;
    }

    /**
     * A piece has left and is the newest of {@code log}; it counts in {@code inFlightBytes}.
     *
     * @param alone nothing else is on its way
     */
    void onSent(long nowNs, long inFlightBytes, boolean alone, SentLog log) {
        if (alone) {
            firstSentNs = nowNs;
            deliveredNs = nowNs;
        }
        int index = log.size() - 1;
        log.note(index, DELIVERED, deliveredBytes);
        log.note(index, DELIVERED_AT, deliveredNs);
        log.note(index, FIRST_SENT_AT, firstSentNs);
        log.note(index, IN_FLIGHT, inFlightBytes);
        log.note(index, LOST_AND_LIMITED, lostBytes << 1 | (limitedUntil != 0 ? 1 : 0));
    }

    /** Bytes of a piece have arrived: the latest piece of an ACK is what it samples. */
    void onArrived(long nowNs, SentLog log, int index) {
        if (hasSample && log.note(index, DELIVERED) < priorDelivered) {
            return;
        }
        hasSample = true;
        priorDelivered = log.note(index, DELIVERED);
        priorNs = log.note(index, DELIVERED_AT);
        sendNs = log.sentNs(index) - log.note(index, FIRST_SENT_AT);
        sampleInFlight = log.note(index, IN_FLIGHT);
        samplePriorLost = log.note(index, LOST_AND_LIMITED) >> 1;
        sampleLimited = (log.note(index, LOST_AND_LIMITED) & 1) != 0;
        firstSentNs = log.sentNs(index);
    }

    void onLost(long bytes, SentLog log, int index) {
        lostBytes += bytes;
        long since = lostBytes - (log.note(index, LOST_AND_LIMITED) >> 1);
        listener.onLost(bytes, log.note(index, IN_FLIGHT), since, (log.note(index, LOST_AND_LIMITED) & 1) != 0);
    }

    void onTimeout(long bytes) {
        lostBytes += bytes;
    }

    /** Nothing is to be sent although the window has room. */
    void limitByApplication(long inFlightBytes) {
        limitedUntil = Math.max(1, deliveredBytes + inFlightBytes);
    }

    boolean isLimitedByApplication() {
        return limitedUntil != 0;
    }

    /**
     * The ACK is taken in.
     *
     * @param minRttNs intervals shorter than this say nothing
     * @return whether there is a sample
     */
    boolean finish(long nowNs, long newlyDelivered, long minRttNs) {
        deliveredBytes += newlyDelivered;
        if (limitedUntil != 0 && deliveredBytes > limitedUntil) {
            limitedUntil = 0;
        }
        if (newlyDelivered > 0) {
            deliveredNs = nowNs;
        }
        boolean sampled = hasSample;
        hasSample = false;
        sampleDelivered = deliveredBytes - priorDelivered;
        long intervalNs = Math.max(sendNs, nowNs - priorNs);
        boolean plausible = sampled && intervalNs > 0 && (minRttNs == Long.MAX_VALUE || intervalNs >= minRttNs);
        bytesPerNs = plausible ? (double) sampleDelivered / intervalNs : 0;
        return sampled;
    }

    long deliveredBytes() {
        return deliveredBytes;
    }

    /** Of the sample: RS.delivery_rate, 0 when it is not to be believed. */
    double bytesPerNs() {
        return bytesPerNs;
    }

    /** RS.delivered. */
    long sampleDelivered() {
        return sampleDelivered;
    }

    /** RS.prior_delivered. */
    long priorDelivered() {
        return priorDelivered;
    }

    /** RS.tx_in_flight. */
    long sampleInFlight() {
        return sampleInFlight;
    }

    /** RS.lost. */
    long sampleLost() {
        return lostBytes - samplePriorLost;
    }

    /** RS.is_app_limited. */
    boolean sampleLimited() {
        return sampleLimited;
    }
}
