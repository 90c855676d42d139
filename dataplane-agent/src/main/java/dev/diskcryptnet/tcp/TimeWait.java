package dev.diskcryptnet.tcp;

/** A connection in TIME-WAIT, RFC 9293 3.3.2: enough to answer a FIN sent again and to judge a new SYN. */
final class TimeWait extends ConnectionEntry {
    /** How far a successor's sequence numbers start past ours: RFC 9293 3.10.7.4 wants them larger. */
    private static final int SUCCESSOR_GAP = 65537;
    /** Two peers that acknowledge each other's ACKs for ever are held to this. */
    private static final long ANSWER_INTERVAL_NS = 100_000_000;

    private final TcpStack stack;
    private final int sendNext;
    private final int receiveNext;
    private final Timestamps timestamps;
    private long lastAnswerNs;
    private boolean answered;

    TimeWait(TcpStack stack, int sendNext, int receiveNext, Timestamps timestamps) {
        this.stack = stack;
        this.sendNext = sendNext;
        this.receiveNext = receiveNext;
        this.timestamps = timestamps;
    }

    /** Whether a SYN may open the next connection already: RFC 6191 2, RFC 9293 3.10.7.4. */
    boolean isSucceededBy(TcpSegment syn) {
        int lead = timestamps.lead(syn);
        return lead == 0 ? syn.sequence - receiveNext > 0 : lead > 0;
    }

    int nextInitialSend() {
        return sendNext + SUCCESSOR_GAP;
    }

    boolean mayAnswer(long nowNs) {
        if (answered && nowNs - lastAnswerNs < ANSWER_INTERVAL_NS) {
            return false;
        }
        answered = true;
        lastAnswerNs = nowNs;
        return true;
    }

    /** Fills the ACK that answers whatever arrives. */
    void acknowledgement(long nowNs, TcpSegment segment) {
        segment.clear();
        addressTo(segment);
        segment.sequence = sendNext;
        segment.acknowledgement = receiveNext;
        segment.flags = TcpSegment.ACK;
        timestamps.fill(nowNs, segment);
    }

    @Override
    void onTimer(long nowNs) {
        stack.onTimeWaitOver(this);
    }
}
