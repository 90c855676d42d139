package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.EcnField;
import java.util.Random;

/**
 * One direction of a path in virtual time: a policer, a bottleneck with a queue, then delay, and what happens to packets
 * on the way. All that is shared by the flows that take it.
 */
final class SimulatedPath {
    /**
     * Probabilities are 0 to 1; 0 turns a trait off.
     *
     * @param bytesPerNs rate of the bottleneck, 0 for none
     * @param queueBytes what its queue holds; more is dropped
     * @param reordering probability that a packet takes up to {@code jitterNs} longer than the others
     * @param burstNs packets are held, and let go together at multiples of this (ACK compression)
     * @param policerBytesPerNs rate beyond which packets are dropped at once, after {@code policerBytes} of credit
     */
    record Traits(
            double bytesPerNs,
            int queueBytes,
            long delayNs,
            double loss,
            double duplication,
            double reordering,
            long jitterNs,
            long burstNs,
            double policerBytesPerNs,
            int policerBytes) {
        /** A pipe that keeps order and loses what its queue does not hold, no more. */
        static Traits pipe(double bytesPerNs, int queueBytes, long delayNs) {
            return new Traits(bytesPerNs, queueBytes, delayNs, 0, 0, 0, 0, 0, 0, 0);
        }

        Traits losing(double probability) {
            return new Traits(
                    bytesPerNs,
                    queueBytes,
                    delayNs,
                    probability,
                    duplication,
                    reordering,
                    jitterNs,
                    burstNs,
                    policerBytesPerNs,
                    policerBytes);
        }

        Traits reordering(double probability, long lateNs) {
            return new Traits(
                    bytesPerNs,
                    queueBytes,
                    delayNs,
                    loss,
                    duplication,
                    probability,
                    lateNs,
                    burstNs,
                    policerBytesPerNs,
                    policerBytes);
        }
    }

    /** Bytes of a packet besides its TCP payload: Ethernet, IPv4, TCP with timestamps. */
    static final int OVERHEAD_BYTES = 66;

    private final SimulatedNetwork network;
    private final Traits traits;
    private final Random random;
    /** May change on the way. */
    double bytesPerNs;

    /** Packets that may be marked are, while the queue is longer than this. */
    int markBytes = Integer.MAX_VALUE;

    private double linkFreeNs;
    private double credit;
    private long creditNs;
    /** From this time on nothing arrives any more. */
    long diesAtNs = Long.MAX_VALUE;

    long queueDrops;
    long marks;
    long policerDrops;
    long bursts;

    SimulatedPath(SimulatedNetwork network, Traits traits, Random random) {
        this.network = network;
        this.traits = traits;
        this.random = random;
        this.bytesPerNs = traits.bytesPerNs;
        this.credit = traits.policerBytes;
        this.creditNs = network.nowNs();
        this.linkFreeNs = Double.NEGATIVE_INFINITY;
    }

    /** A packet enters; {@code arrival} runs as often as it arrives: not at all, once, twice. */
    void send(int payloadBytes, TcpSegment segment, Runnable arrival) {
        long nowNs = network.nowNs();
        int bytes = payloadBytes + OVERHEAD_BYTES;
        if (nowNs >= diesAtNs || !passesPolicer(nowNs, bytes)) {
            return;
        }
        long queueNs = 0;
        if (bytesPerNs > 0) {
            double start = Math.max(linkFreeNs, nowNs);
            if ((start - nowNs) * bytesPerNs + bytes > traits.queueBytes) {
                queueDrops++;
                return;
            }
            if ((start - nowNs) * bytesPerNs > markBytes && segment.ecn != EcnField.NOT_CAPABLE) {
                segment.ecn = EcnField.MARKED;
                marks++;
            }
            linkFreeNs = start + bytes / bytesPerNs;
            queueNs = (long) (linkFreeNs - nowNs);
        }
        int copies = random.nextDouble() < traits.loss ? 0 : random.nextDouble() < traits.duplication ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            boolean late = random.nextDouble() < traits.reordering;
            long jitter = late && traits.jitterNs > 0 ? random.nextLong(traits.jitterNs) : 0;
            long delay = traits.delayNs + queueNs + jitter;
            if (traits.burstNs > 0) {
                bursts++;
                delay += traits.burstNs - Math.floorMod(nowNs + delay, traits.burstNs);
            }
            network.after(delay, arrival);
        }
    }

    private boolean passesPolicer(long nowNs, int bytes) {
        if (traits.policerBytesPerNs == 0) {
            return true;
        }
        credit = Math.min(traits.policerBytes, credit + (nowNs - creditNs) * traits.policerBytesPerNs);
        creditNs = nowNs;
        if (credit < bytes) {
            policerDrops++;
            return false;
        }
        credit -= bytes;
        return true;
    }
}
