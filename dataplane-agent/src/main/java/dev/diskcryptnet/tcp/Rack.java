package dev.diskcryptnet.tcp;

/**
 * Finds losses by time, RFC 8985 6: what left a reordering window's time before something that has arrived is lost,
 * retransmissions too. Only for peers with SACK.
 */
final class Rack {
    /** RFC 8985 6.2 step 4: recoveries for which a reordering window stays wide. */
    private static final int WIDE_RECOVERIES = 16;
    /** A smallest round trip is forgotten after this long, as routes change: RFC 8985 6.2 step 1 wants a window. */
    private static final long MIN_RTT_LIFETIME_NS = 60_000_000_000L;
    /** How far echoed timestamps, in milliseconds, may be off. */
    private static final long ECHO_GRANULARITY_NS = 1_000_000;

    private final RangeSetPool pool;
    /** What measures the rate of delivery, null if nobody wants to know. */
    private final DeliveryRate rate;

    private SentLog log;
    /** RACK.xmit_ts, RACK.end_seq, RACK.rtt: of what left last among all that has arrived. */
    private long sentNs = Long.MIN_VALUE;

    private long sentEnd;
    private long rttNs;
    private long minRttNs = Long.MAX_VALUE;
    private long minRttAtNs;
    /** RACK.fack: the highest offset that has arrived. */
    private long highestArrived;

    private boolean reorderingSeen;
    private long duplicateRoundEnd = -1;
    private int windowFactor = 1;
    private int wideRecoveries;
    /** Round trip of what the latest ACK told of, sent once only; 0 when it told of none. */
    private long sampleNs;

    Rack(RangeSetPool pool, DeliveryRate rate) {
        this.pool = pool;
        this.rate = rate;
    }

    /** Smallest round trip of late, {@link Long#MAX_VALUE} before there is one. */
    long minRttNs() {
        return minRttNs;
    }

    long sampleNs() {
        return sampleNs;
    }

    boolean reorderingSeen() {
        return reorderingSeen;
    }

    /** Bytes left. */
    void onSent(long start, long end, long nowNs, boolean retransmission) {
        if (log == null) {
            log = pool.takeLog();
        }
        log.add(start, end, nowNs, retransmission);
    }

    /** What is out, null when nothing is. */
    SentLog log() {
        return log;
    }

    /** An ACK is about to be taken apart. */
    void beginAcknowledgement() {
        sampleNs = 0;
    }

    /**
     * Bytes arrived, as an ACK says: RFC 8985 6.2 steps 1 to 3.
     *
     * @param start first byte of which this is news
     * @param echoNs round trip by the echoed timestamp, -1 when there is none
     */
    void onArrived(long start, long end, long nowNs, long echoNs) {
        long left = end - start;
        for (int i = 0; log != null && i < log.size() && left > 0; i++) {
            long from = Math.max(start, log.start(i));
            long to = Math.min(end, log.end(i));
            if (from < to) {
                boolean retransmission = log.isRetransmission(i);
                reorderingSeen |= !retransmission && from < highestArrived;
                onPieceArrived(nowNs - log.sentNs(i), log.sentNs(i), to, retransmission, nowNs, echoNs);
                if (rate != null) {
                    rate.onArrived(nowNs, log, i);
                }
                log.shrink(i, from, to);
                left -= to - from;
            }
        }
        highestArrived = Math.max(highestArrived, end);
    }

    private void onPieceArrived(long rtt, long sent, long end, boolean retransmission, long nowNs, long echoNs) {
        if (retransmission) {
            // It may have been the first transmission that arrived: RFC 8985 6.2 step 2.
            if (rtt < minRttNs || echoNs > rtt + ECHO_GRANULARITY_NS) {
                return;
            }
        } else {
            sampleNs = rtt;
            if (rtt <= minRttNs || nowNs - minRttAtNs > MIN_RTT_LIFETIME_NS) {
                minRttNs = rtt;
                minRttAtNs = nowNs;
            }
        }
        if (sent > sentNs || sent == sentNs && end > sentEnd) {
            sentNs = sent;
            sentEnd = end;
            rttNs = rtt;
        }
    }

    /** The peer reported a duplicate (RFC 2883): RFC 8985 6.2 step 4, once a round. */
    void onDuplicateReported(long acknowledged, long sendNext) {
        if (duplicateRoundEnd < 0 || acknowledged >= duplicateRoundEnd) {
            duplicateRoundEnd = sendNext;
            windowFactor++;
            wideRecoveries = WIDE_RECOVERIES;
        }
    }

    /** A recovery, fast or by timeout, is over. */
    void onRecovered() {
        if (--wideRecoveries <= 0) {
            windowFactor = 1;
        }
    }

    private long reorderingWindowNs(boolean impatient, long smoothedNs) {
        if (!reorderingSeen && impatient || minRttNs == Long.MAX_VALUE) {
            return 0;
        }
        return Math.min(windowFactor * (minRttNs / 4), smoothedNs);
    }

    /**
     * Declares lost what RFC 8985 6.2 step 5 says.
     *
     * @param impatient in recovery, or as many segments as DupThresh are sacked
     * @return when to look again, {@link TimerEntry#NONE} for not before the next ACK
     */
    long detect(long nowNs, long acknowledged, Scoreboard board, boolean impatient, long smoothedNs) {
        if (log == null) {
            return TimerEntry.NONE;
        }
        log.dropDone(acknowledged);
        long allowedNs = rttNs + reorderingWindowNs(impatient, smoothedNs);
        for (int i = 0; i < log.size() && log.sentNs(i) <= sentNs; i++) {
            long start = Math.max(log.start(i), acknowledged);
            long end = log.sentNs(i) == sentNs ? Math.min(log.end(i), sentEnd) : log.end(i);
            if (start >= end) {
                continue;
            }
            if (nowNs - log.sentNs(i) < allowedNs) {
                return log.sentNs(i) + allowedNs;
            }
            long lostBefore = board.lostBytes();
            board.declareLost(start, end);
            if (rate != null && board.lostBytes() > lostBefore) {
                rate.onLost(board.lostBytes() - lostBefore, log, i);
            }
            log.shrink(i, log.start(i), end);
        }
        log.dropDone(acknowledged);
        releaseIfEmpty();
        return TimerEntry.NONE;
    }

    private void releaseIfEmpty() {
        if (log.size() == 0) {
            forget();
        }
    }

    /** All that is out counts as lost, or the connection ends. */
    void forget() {
        if (log != null) {
            pool.give(log);
            log = null;
        }
    }
}
