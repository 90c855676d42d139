package dev.diskcryptnet.tcp;

/**
 * Tells losses that the path has by itself, as radio links do, from those that a full queue has: in rounds in which no more
 * was sent than the path delivers, and whose round trips show no queue, what is lost is lost whatever is sent.
 *
 * <p>Not in draft-ietf-ccwg-bbr-06, which takes any loss for a reason to slow down between probes, and more than 2 % for the end of
 * the pipe. A policer has no queue either, but lets pass what it has let pass before: its losses are of rounds that probe,
 * or show in the rate of delivery.
 */
final class AmbientLoss {
    /** More than that is never taken for the path's own. */
    static final double MOST = 0.05;

    /** Losses by chance are within so many standard deviations of their mean in nearly all rounds, however few packets a round has. */
    private static final double DEVIATIONS = 2;

    private static final int MEMORY_ROUNDS = 8;
    private static final int QUEUE_SHARE = 8;
    private static final long MIN_QUEUE_NS = 1_000_000;
    private static final long MAX_QUEUE_NS = 16_000_000;

    private final int segmentBytes;
    private double share;
    private int rounds;
    private long roundMinNs = Long.MAX_VALUE;
    private long deliveredBefore;
    private boolean explained;

    AmbientLoss(int segmentBytes) {
        this.segmentBytes = segmentBytes;
    }

    /** A round trip was measured, 0 for none. */
    void onSample(long rttNs) {
        roundMinNs = rttNs > 0 ? Math.min(roundMinNs, rttNs) : roundMinNs;
    }

    /** Whether round trips were measured in this round, and all of them were longer than a path of {@code minRttNs} explains. */
    boolean isQueueSeen(long minRttNs) {
        return roundMinNs != Long.MAX_VALUE
                && roundMinNs > minRttNs + Math.clamp(minRttNs / QUEUE_SHARE, MIN_QUEUE_NS, MAX_QUEUE_NS);
    }

    /**
     * A round is over. With a queue its losses are explained by what the path has been seen to lose without one, no more.
     *
     * @param deliveredBytes of the connection so far
     * @param threshold share of losses beyond the path's own that is no congestion yet
     * @param settled nothing that was sent to probe the path is among it
     */
    void onRound(long lostBytes, long deliveredBytes, long minRttNs, double threshold, boolean settled) {
        long sent = Math.max(1, lostBytes + deliveredBytes - deliveredBefore);
        boolean queued = isQueueSeen(minRttNs) || roundMinNs == Long.MAX_VALUE;
        explained = lostBytes <= bearable(sent, queued ? 0 : threshold);
        if (settled && !queued) {
            double lost = (double) lostBytes / sent;
            rounds = Math.min(rounds + 1, MEMORY_ROUNDS);
            share = Math.min(MOST, share + (lost - share) / rounds);
        }
        deliveredBefore = deliveredBytes;
        roundMinNs = Long.MAX_VALUE;
    }

    /** Whether the losses of the round that has just ended are no reason to send less. */
    boolean explained() {
        return explained;
    }

    /**
     * How much of what was in flight may be lost and still be by chance: on a path that loses 3 %, one window of 450 packets in
     * ninety loses more than 5 %.
     *
     * @param threshold share of losses beyond the path's own that is no congestion yet
     */
    double bearable(long inFlightBytes, double threshold) {
        return bearable(inFlightBytes, threshold, share);
    }

    /** The same, of a path that loses as much by itself as one ever may: nothing is known yet. */
    double mostBearable(long inFlightBytes, double threshold) {
        return bearable(inFlightBytes, threshold, MOST);
    }

    private double bearable(long inFlightBytes, double threshold, double ofPath) {
        double deviation = Math.sqrt(ofPath * inFlightBytes * segmentBytes); // of Poisson's distribution, in packets
        return (threshold + ofPath) * inFlightBytes + DEVIATIONS * deviation;
    }

    /** Share of what is sent that the path loses by itself. */
    double share() {
        return share;
    }
}
