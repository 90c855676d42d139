package dev.diskcryptnet.tcp;

/**
 * The times of a connection's sending half: retransmission (RFC 6298), reordering and tail loss probe (RFC 8985),
 * window probes (RFC 9293 3.8.6.1), and the end of patience.
 */
final class SendTimers {
    private static final int MAX_BACKOFF_SHIFT = 16;

    private final TcpConnection connection;
    private final TcpConfig config;
    private final TcpCounters counters;
    private final SendStream stream;
    private final LossRecovery recovery;
    private final RttEstimator rtt;
    private final PeerWindow window;
    private final int segmentBytes;

    private long timeoutAtNs = TimerEntry.NONE;
    private long probeAtNs = TimerEntry.NONE;
    private int probes;
    private boolean sendDespiteSmallWindow;
    private long lastProgressNs;

    SendTimers(
            TcpConnection connection,
            TcpStack stack,
            SendStream stream,
            LossRecovery recovery,
            RttEstimator rtt,
            PeerWindow window,
            int segmentBytes) {
        this.connection = connection;
        this.config = stack.config();
        this.counters = stack.counters();
        this.stream = stream;
        this.recovery = recovery;
        this.rtt = rtt;
        this.window = window;
        this.segmentBytes = segmentBytes;
    }

    long deadlineNs() {
        long deadline = Math.min(timeoutAtNs, probeAtNs);
        deadline = Math.min(deadline, Math.min(recovery.lossesAtNs(), recovery.probe.dueAtNs()));
        return isWaiting() ? Math.min(deadline, lastProgressNs + config.userTimeoutNs()) : deadline;
    }

    boolean hasTimedOut(long nowNs) {
        return isWaiting() && nowNs - lastProgressNs >= config.userTimeoutNs();
    }

    private boolean isWaiting() {
        return stream.sentEnd > stream.acknowledged
                || probeAtNs != TimerEntry.NONE
                || stream.finSent && !stream.finAcknowledged;
    }

    boolean sendDespiteSmallWindow() {
        return sendDespiteSmallWindow;
    }

    /** New bytes were reserved. */
    void onReserved() {
        sendDespiteSmallWindow = false;
    }

    /** Bytes are about to count as sent. */
    void beforeTransmitted(long nowNs) {
        if (stream.sentEnd == stream.acknowledged) {
            lastProgressNs = nowNs;
        }
    }

    /** Bytes from {@code offset} on count as sent. */
    void onTransmitted(long nowNs, long offset) {
        if (timeoutAtNs == TimerEntry.NONE || offset <= stream.acknowledged) {
            armTimeout(nowNs);
        }
        armLossProbe(nowNs);
    }

    /** A FIN without data was sent. */
    void onFinSent(long nowNs) {
        if (stream.sentEnd == stream.acknowledged) {
            lastProgressNs = timeoutAtNs == TimerEntry.NONE ? nowNs : lastProgressNs;
            armTimeout(nowNs);
        }
    }

    /** The peer answers although its window is closed: RFC 9293 3.8.6.1 keeps the connection. */
    void onAnswer(long nowNs) {
        if (window.windowBytes() == 0 || probes > 0) {
            lastProgressNs = nowNs;
        }
    }

    /** After an ACK. */
    void onAcknowledgement(long nowNs, boolean advanced) {
        if (advanced) {
            lastProgressNs = nowNs;
            timeoutAtNs = TimerEntry.NONE;
        }
        if (timeoutAtNs == TimerEntry.NONE) {
            armTimeout(nowNs);
        }
        if (advanced || !recovery.mayProbe()) {
            armLossProbe(nowNs);
        }
    }

    /** Arms the retransmission timer if anything that was transmitted is in flight, else disarms it. */
    private void armTimeout(long nowNs) {
        // A peer that gave up what it had sacked (RFC 2018 8) would otherwise wait for ever.
        boolean reneged = recovery.board.isSacked(stream.acknowledged);
        boolean out = recovery.wireBytes() > 0 || stream.onlyFinIsOut() || reneged;
        timeoutAtNs = out ? nowNs + rtt.timeoutNs() : TimerEntry.NONE;
    }

    private void armLossProbe(long nowNs) {
        long out = recovery.wireBytes();
        if (out > 0 && recovery.mayProbe()) {
            recovery.probe.arm(nowNs, rtt.smoothedNs(), out <= segmentBytes, timeoutAtNs);
        } else {
            recovery.probe.disarm();
        }
    }

    /** Arms the persist timer when the peer's window alone holds back what there is to send (RFC 9293 3.8.6.1). */
    void armProbe(long nowNs) {
        long available = stream.unaskedBytes();
        boolean stuck = available > 0
                && stream.reservedEnd == stream.acknowledged
                && window.end() - stream.reservedEnd < Math.min(available, Math.min(segmentBytes, smallWindow()));
        sendDespiteSmallWindow &= window.end() > stream.reservedEnd;
        if (!stuck || sendDespiteSmallWindow) {
            probeAtNs = TimerEntry.NONE;
            probes = stuck ? probes : 0;
        } else if (probeAtNs == TimerEntry.NONE) {
            lastProgressNs = probes == 0 ? nowNs : lastProgressNs;
            long wait = rtt.baseTimeoutNs() << Math.min(probes, MAX_BACKOFF_SHIFT);
            probeAtNs = nowNs + Math.min(wait, config.maxRtoNs());
        }
    }

    private long smallWindow() {
        return Math.max(1, window.maxWindowBytes() / 2);
    }

    /**
     * Runs what is due. The caller has looked at {@link #hasTimedOut} before.
     *
     * @return whether the retransmission timer expired
     */
    boolean onTimer(long nowNs) {
        if (nowNs >= recovery.lossesAtNs()) {
            recovery.onReorderingTimer(nowNs);
        }
        boolean timedOut = false;
        if (nowNs >= recovery.probe.dueAtNs()) {
            counters.tailLossProbes.increment();
            recovery.probe.onTimer();
            armTimeout(nowNs); // RFC 8985 7.3
        } else if (nowNs >= timeoutAtNs) {
            timedOut = true;
            onTimeout(nowNs);
        }
        if (nowNs >= probeAtNs) {
            onWindowProbe(nowNs);
        }
        armProbe(nowNs);
        return timedOut;
    }

    private void onWindowProbe(long nowNs) {
        probeAtNs = TimerEntry.NONE;
        probes++;
        if (window.end() > stream.reservedEnd) {
            sendDespiteSmallWindow = true;
        } else {
            counters.windowProbes.increment();
            connection.sendProbe(nowNs);
        }
    }

    private void onTimeout(long nowNs) {
        counters.retransmissionTimeouts.increment();
        boolean repeated = rtt.backoff() > 0;
        rtt.backOff();
        if (stream.sentEnd > stream.acknowledged) {
            recovery.onTimeout(repeated);
        } else if (stream.finSent && !stream.finAcknowledged) {
            connection.sendFin(nowNs);
        }
        armTimeout(nowNs);
    }
}
