package dev.diskcryptnet.tcp;

/**
 * What a connection sends beside its data: ACKs (at once, late, or as a challenge), window probes, FIN and RST; and the
 * fields that all its segments have in common.
 */
final class ControlSegments {
    /** RFC 5961 7 throttles challenge ACKs; per connection, since a shared budget tells an attacker about others. */
    private static final long CHALLENGE_INTERVAL_NS = 500_000_000;

    private final TcpConnection connection;
    private final TcpStack stack;
    private final Sender sender;
    private final Receiver receiver;
    private final Timestamps timestamps;

    private long lastAcknowledgedReceive;
    private int unacknowledgedBytes;
    private long acknowledgeAtNs = TimerEntry.NONE;
    private long lastChallengeNs;
    private boolean challenged;

    ControlSegments(TcpConnection connection, TcpStack stack, Sender sender, Receiver receiver, Timestamps timestamps) {
        this.connection = connection;
        this.stack = stack;
        this.sender = sender;
        this.receiver = receiver;
        this.timestamps = timestamps;
    }

    // ---- when an ACK is due

    /** What acceptable segments brought is acknowledged at once, with the second full segment, or a little later. */
    void onReceived(long nowNs, boolean atOnce, int payloadLength, int segmentBytes) {
        unacknowledgedBytes += payloadLength;
        if (atOnce || unacknowledgedBytes >= 2 * segmentBytes) {
            acknowledge(nowNs);
        } else if (payloadLength > 0
                && acknowledgeAtNs == TimerEntry.NONE
                && receiver.nextOffset() > lastAcknowledgedReceive) {
            acknowledgeAtNs = nowNs + stack.config().delayedAckNs();
        }
    }

    void onTimer(long nowNs) {
        if (nowNs >= acknowledgeAtNs) {
            acknowledge(nowNs);
        }
    }

    /** When an ACK is due, {@link TimerEntry#NONE} for never. */
    long deadlineNs() {
        return acknowledgeAtNs;
    }

    /** Whether a receive offset is no later than what was acknowledged last. */
    boolean isAcknowledged(long offset) {
        return offset <= lastAcknowledgedReceive;
    }

    /** A segment that {@link #fill} has filled leaves. */
    void onAcknowledged() {
        lastAcknowledgedReceive = receiver.nextOffset();
        unacknowledgedBytes = 0;
        acknowledgeAtNs = TimerEntry.NONE;
    }

    // ---- segments

    /** Fills all that a segment has whatever it is for. */
    void fill(long nowNs, TcpSegment segment, int sequence, int flags) {
        segment.clear();
        connection.addressTo(segment);
        segment.sequence = sequence;
        segment.flags = flags | (sender.recovery.ecn.isEchoing() ? TcpSegment.ECE : 0);
        segment.acknowledgement = receiver.nextSequence();
        segment.window = receiver.window();
        timestamps.fill(nowNs, segment);
    }

    void acknowledge(long nowNs) {
        send(nowNs, sender.nextSequence(), TcpSegment.ACK);
    }

    /** RFC 5961 3.2 and 4.2: who sent something odd shows by the answer whether it is the peer. */
    void challenge(long nowNs) {
        if (challenged && nowNs - lastChallengeNs < CHALLENGE_INTERVAL_NS) {
            return;
        }
        challenged = true;
        lastChallengeNs = nowNs;
        stack.counters().challengeAcks.increment();
        acknowledge(nowNs);
    }

    /** RFC 9293 3.8.6.1. */
    void probe(long nowNs) {
        send(nowNs, sender.probeSequence(), TcpSegment.ACK);
    }

    void finish(long nowNs) {
        send(nowNs, sender.sequenceOf(sender.streamEnd()), TcpSegment.ACK | TcpSegment.FIN);
    }

    private void send(long nowNs, int sequence, int flags) {
        TcpSegment segment = stack.outgoing();
        fill(nowNs, segment, sequence, flags);
        if (sender.recovery.usesSack()) {
            receiver.sackBlocks(segment);
        }
        stack.send(segment);
        onAcknowledged();
    }

    void reset() {
        TcpSegment segment = stack.outgoing();
        segment.clear();
        connection.addressTo(segment);
        segment.sequence = sender.nextSequence();
        segment.acknowledgement = receiver.nextSequence();
        segment.flags = TcpSegment.RST | TcpSegment.ACK;
        stack.counters().resetsSent.increment();
        stack.send(segment);
    }
}
