package dev.diskcryptnet.tcp;

/**
 * How long packets to one peer may be. What both ends take is tried first. It becomes less when a router says so (RFC 1191,
 * RFC 8201), or when nothing of that length gets through and no router says anything (RFC 4821 7.7). Then longer packets
 * are tried one at a time, each a segment of the stream, until the longest that gets through is known (RFC 4821 7.3).
 *
 * <p>Lengths are of TCP payload. Congestion control goes on counting in segments of the handshake's length.
 */
final class PathMtu {
    /** Timeouts in a row after which the length is suspected. */
    static final int SUSPICIOUS_TIMEOUTS = 2;
    /** A router's word, or a search's end, is good for so long (RFC 1191 6.3, RFC 8201 4). */
    static final long TRUST_NS = 600_000_000_000L;
    /** Between two trials. */
    static final long TRIAL_INTERVAL_NS = 1_000_000_000L;

    /** Nothing is gained by knowing it more exactly. */
    private static final int EXACT_BYTES = 16;
    /** A trial may be lost as any packet is. */
    private static final int TRIALS_OF_A_LENGTH = 2;

    private static final long NONE = Long.MAX_VALUE;

    private final int longestBytes;
    private int packetBytes;
    /** Lengths from here on did not get through. */
    private int tooLongBytes;

    private long trialAtNs = NONE;
    private int trialBytes;
    private int trialsLost;
    /** Stream offset of the trial that is under way, -1 when none is. */
    private long trialOffset = -1;

    /**
     * @param longestBytes that both ends take
     * @param packetBytes to begin with, at most as many
     */
    PathMtu(long nowNs, int longestBytes, int packetBytes) {
        this.longestBytes = longestBytes;
        this.packetBytes = packetBytes;
        this.tooLongBytes = longestBytes + 1;
        if (packetBytes < longestBytes) {
            trialAtNs = nowNs + TRUST_NS; // what was known of the path ages from then on
        }
    }

    /** Payload of a packet, bytes. */
    int packetBytes() {
        return packetBytes;
    }

    /** The same for the frame that begins at a stream offset: a trial's is longer. */
    int packetBytesAt(long offset) {
        return offset == trialOffset ? trialBytes : packetBytes;
    }

    /** A router says how much gets through. @return whether packets are shorter from now on */
    boolean onTooBig(long nowNs, int bytes) {
        boolean shorter = bytes < packetBytes;
        if (shorter) {
            endTrial();
            packetBytes = bytes;
            tooLongBytes = longestBytes + 1;
            trialAtNs = nowNs + TRUST_NS;
        } else if (trialOffset >= 0 && bytes < trialBytes) {
            endTrial();
            tooLongBytes = bytes + 1;
            scheduleTrial(nowNs);
        }
        return shorter;
    }

    /**
     * Nothing got through, several times in a row.
     *
     * @param safeBytes that every path takes
     * @return whether packets are shorter from now on
     */
    boolean onStall(long nowNs, int safeBytes) {
        endTrial();
        if (packetBytes <= safeBytes) {
            return false;
        }
        packetBytes = safeBytes;
        tooLongBytes = longestBytes + 1;
        trialsLost = 0;
        trialAtNs = nowNs + TRIAL_INTERVAL_NS;
        return true;
    }

    /** Payload of the packet to try now, 0 for none. The longest is the first, as the path may just have been down. */
    int trialBytes(long nowNs) {
        if (nowNs < trialAtNs || trialOffset >= 0) {
            return 0;
        }
        boolean first = tooLongBytes > longestBytes;
        return first ? longestBytes : (packetBytes + tooLongBytes) / 2;
    }

    /** A packet of the length tried is offered. It is a trial if it is sent as one. */
    void onTrial(long offset, int bytes) {
        trialOffset = offset;
        trialBytes = bytes;
    }

    /** Bytes are about to be sent: for the first time, or again, and then a trial among them was lost. */
    void onReserved(long nowNs, SendRange range, int lengthBytes) {
        if (trialOffset < 0 || range.offset >= trialOffset + trialBytes || range.offset + lengthBytes <= trialOffset) {
            return;
        }
        if (!range.retransmission && lengthBytes == trialBytes) {
            return;
        }
        endTrial();
        if (range.retransmission && ++trialsLost == TRIALS_OF_A_LENGTH) {
            tooLongBytes = trialBytes;
            trialsLost = 0;
        }
        scheduleTrial(nowNs);
    }

    /** All before an offset arrived. @return whether packets are longer from now on */
    boolean onAcknowledged(long nowNs, long acknowledged) {
        if (trialOffset < 0 || acknowledged < trialOffset + trialBytes) {
            return false;
        }
        endTrial();
        packetBytes = trialBytes;
        trialsLost = 0;
        scheduleTrial(nowNs);
        return true;
    }

    private void scheduleTrial(long nowNs) {
        if (packetBytes == longestBytes) {
            trialAtNs = NONE;
        } else if (tooLongBytes - packetBytes <= EXACT_BYTES) {
            tooLongBytes = longestBytes + 1; // paths change: from the top again, later
            trialAtNs = nowNs + TRUST_NS;
        } else {
            trialAtNs = nowNs + TRIAL_INTERVAL_NS;
        }
    }

    private void endTrial() {
        trialOffset = -1;
    }
}
