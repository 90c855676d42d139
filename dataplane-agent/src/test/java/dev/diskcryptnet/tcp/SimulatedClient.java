package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.EcnField;
import java.util.Random;
import java.util.TreeMap;

/**
 * A TCP client written apart from the engine, as plainly as possible: connects, sends a request, takes the answer
 * in order, checks that each byte is the one that belongs at its offset, closes.
 */
final class SimulatedClient {
    static final long MILLISECOND = 1_000_000;

    /** What a client is like. */
    record Traits(
            boolean sack,
            boolean timestamps,
            int scale,
            int mss,
            int bufferBytes,
            boolean delayedAcks,
            long readPauseNs,
            boolean reportsDuplicates) {
        /** A client of today: SACK, DSACK, timestamps, a window that holds nothing up. */
        static Traits modern() {
            return new Traits(true, true, 10, 1460, 60 << 20, true, 0, true);
        }
    }

    private final SimulatedNetwork network;
    private final Traits traits;
    private final int port;
    private final int initialSequence;
    private final int requestBytes;
    private final boolean closesAfterRequest;
    private final int timestampBase;
    private boolean synAcked;
    private int peerInitial;
    private boolean peerTimestamps;
    private boolean peerSack;
    private int peerScale = -1;
    private int timestampRecent;
    private int timestampEchoed;

    long received;
    private long read;
    private boolean paused;
    private final TreeMap<Long, Long> ahead = new TreeMap<>();
    private long latestAhead;
    /** RFC 2883: a duplicate to report in the next ACK; none when start is -1. */
    private long duplicateStart = -1;

    private long duplicateEnd;
    private long finAt = -1;
    boolean finReceived;
    private long rightEdge;
    private int unacknowledgedSegments;
    private boolean ackTimer;

    private long sendAcknowledged;
    private boolean finSent;
    boolean finAcknowledged;
    private int attempt;
    /** Asks for ECN (RFC 3168) in its first two SYNs. */
    boolean wantsEcn;

    private boolean ecn;
    private boolean echoing;
    private boolean reductionUntold;
    private long sentEnd;
    /** Highest offset of the server's stream that has left it. */
    private long leftEnd;

    long marksSeen;
    long reductionsSeen;
    boolean reset;
    boolean sawZeroWindow;
    /** As Linux does, offers more room the more it has received in order. */
    boolean opensWindow;

    SimulatedClient(SimulatedNetwork network, Traits traits, int port, int requestBytes, Random random) {
        this.network = network;
        this.traits = traits;
        this.port = port;
        this.requestBytes = requestBytes;
        this.initialSequence = random.nextBoolean() ? -random.nextInt(20_000) : random.nextInt();
        this.closesAfterRequest = random.nextInt(4) == 0;
        this.timestampBase = random.nextBoolean() ? Integer.MAX_VALUE - 500 : random.nextInt();
    }

    void connect() {
        TcpSegment syn = segment(TcpSegment.SYN, initialSequence);
        syn.maximumSegmentSize = traits.mss;
        syn.windowScale = traits.scale;
        syn.sackPermitted = traits.sack;
        syn.window = Math.min(traits.bufferBytes, 65535);
        syn.flags |= wantsEcn && attempt < 2 ? TcpSegment.ECE | TcpSegment.CWR : 0;
        network.toServer(syn, 0);
        retryLater();
    }

    private void retryLater() {
        int current = ++attempt;
        network.after(Math.min(1000L << Math.min(current, 3), 5000) * MILLISECOND / 3, () -> {
            if (attempt == current && !reset && !(synAcked && everythingAcknowledged())) {
                if (synAcked) {
                    sendRequest();
                } else {
                    connect();
                }
            }
        });
    }

    private boolean everythingAcknowledged() {
        return sendAcknowledged >= requestBytes && (!finSent || finAcknowledged);
    }

    private void sendRequest() {
        for (long at = sendAcknowledged; at < requestBytes; at += traits.mss) {
            TcpSegment data = segment(TcpSegment.ACK | TcpSegment.PSH, sequenceOf(at));
            int length = (int) Math.min(traits.mss, requestBytes - at);
            if (ecn && at >= sentEnd) {
                data.ecn = EcnField.CAPABLE;
                data.flags |= reductionUntold ? TcpSegment.CWR : 0;
                reductionUntold = false;
                sentEnd = at + length;
            }
            if (at + length == requestBytes && finSent) {
                data.flags |= TcpSegment.FIN;
            }
            network.toServer(data, length);
        }
        if (finSent && sendAcknowledged >= requestBytes) {
            network.toServer(segment(TcpSegment.ACK | TcpSegment.FIN, sequenceOf(requestBytes)), 0);
        }
        retryLater();
    }

    private void finish() {
        if (!finSent) {
            finSent = true;
            sendRequest();
        }
    }

    void onSegment(TcpSegment s, int length, long streamOffset) {
        if (s.has(TcpSegment.RST)) {
            reset = true;
            return;
        }
        if (s.has(TcpSegment.SYN)) {
            onSynAck(s);
            return;
        }
        if (!synAcked) {
            return;
        }
        if (peerTimestamps && !s.hasTimestamps) {
            throw new AssertionError("timestamps were agreed on and are missing");
        }
        long acknowledged = s.acknowledgement - (initialSequence + 1);
        if (acknowledged > sendAcknowledged && acknowledged <= requestBytes + 1) {
            sendAcknowledged = Math.min(acknowledged, requestBytes);
            finAcknowledged |= acknowledged == requestBytes + 1;
        }
        onData(s, length, streamOffset);
    }

    /** A packet leaves the server: only new data may be marked, and only for who asked for it. */
    void checkLeaving(TcpSegment s, int length, long streamOffset) {
        if (s.ecn != EcnField.NOT_CAPABLE
                && (!wantsEcn || s.ecn != EcnField.CAPABLE || length == 0 || streamOffset < leftEnd)) {
            throw new AssertionError("ecn=" + s.ecn + " length=" + length + " offset=" + streamOffset + " after "
                    + leftEnd + " wantsEcn=" + wantsEcn);
        }
        leftEnd = Math.max(leftEnd, streamOffset + length);
    }

    /** RFC 3168 6.1.3. */
    private void onMarkable(TcpSegment s) {
        reductionsSeen += s.has(TcpSegment.CWR) ? 1 : 0;
        echoing &= !s.has(TcpSegment.CWR);
        if (ecn && s.ecn == EcnField.MARKED) {
            echoing = true;
            marksSeen++;
        }
    }

    private void onSynAck(TcpSegment s) {
        if (synAcked) {
            sendAck();
            return;
        }
        synAcked = true;
        if (s.has(TcpSegment.CWR) || s.has(TcpSegment.ECE) && !wantsEcn) {
            throw new AssertionError("flags=" + s.flags + " of the SYN-ACK do not answer those of the SYN");
        }
        ecn = s.has(TcpSegment.ECE);
        peerInitial = s.sequence;
        peerTimestamps = s.hasTimestamps;
        peerSack = s.sackPermitted;
        peerScale = s.windowScale;
        timestampRecent = s.timestampValue;
        Middlebox box = network.middlebox();
        if (peerTimestamps != (traits.timestamps && !box.strips(Middlebox.STRIPS_TIMESTAMPS))
                || peerSack != (traits.sack && !box.strips(Middlebox.STRIPS_SACK))
                || peerScale >= 0 != (traits.scale >= 0 && !box.strips(Middlebox.STRIPS_WINDOW_SCALE))) {
            throw new AssertionError("options of the SYN-ACK do not answer those of the SYN");
        }
        sendAck();
        finSent = closesAfterRequest;
        sendRequest();
    }

    private void onData(TcpSegment s, int length, long streamOffset) {
        long start = received + (s.sequence - (peerInitial + 1 + (int) received));
        long end = start + length;
        if (length > 0 && start != streamOffset) {
            throw new AssertionError("sequence says offset " + start + ", payload is of offset " + streamOffset);
        }
        if (length > 0 && end > rightEdge) {
            throw new AssertionError("data up to " + end + " beyond the window's edge " + rightEdge);
        }
        if (peerTimestamps && start <= timestampEchoed && s.timestampValue - timestampRecent >= 0) {
            timestampRecent = s.timestampValue;
        }
        if (s.has(TcpSegment.FIN)) {
            finAt = end;
        }
        boolean occupies = length > 0 || s.has(TcpSegment.FIN);
        if (length > 0) {
            onMarkable(s);
        }
        reductionUntold |= ecn && s.has(TcpSegment.ECE);
        if (traits.reportsDuplicates && length > 0) {
            noteDuplicate(start, end);
        }
        boolean inOrder = start <= received && end > received && ahead.isEmpty();
        if (end > received && length > 0) {
            accept(Math.max(start, received), end);
        }
        boolean finNow = received == finAt && !finReceived;
        if (finNow) {
            finReceived = true;
            received = finAt;
        }
        boolean probe = !occupies && start < received;
        readSoon();
        if (probe || occupies && (!inOrder || finNow || !traits.delayedAcks || ++unacknowledgedSegments >= 2)) {
            sendAck();
        } else if (occupies && !ackTimer) {
            ackTimer = true;
            network.after(40 * MILLISECOND, () -> {
                ackTimer = false;
                if (unacknowledgedSegments > 0) {
                    sendAck();
                }
            });
        }
        if (finNow) {
            finish();
        }
    }

    private void accept(long start, long end) {
        latestAhead = start;
        long from = start;
        long to = end;
        var left = ahead.floorEntry(start);
        if (left != null && left.getValue() >= start) {
            from = left.getKey();
            to = Math.max(to, left.getValue());
        }
        for (var right = ahead.ceilingEntry(from); right != null && right.getKey() <= to; ) {
            to = Math.max(to, right.getValue());
            ahead.remove(right.getKey());
            right = ahead.ceilingEntry(from);
        }
        ahead.put(from, to);
        if (from <= received) {
            received = to;
            ahead.remove(from);
        }
    }

    /** RFC 2883 4: the segment, or the part of it that had been received before. */
    private void noteDuplicate(long start, long end) {
        var holder = ahead.floorEntry(start);
        if (end <= received) {
            duplicateStart = start;
            duplicateEnd = end;
        } else if (holder != null && holder.getValue() > start) {
            duplicateStart = start;
            duplicateEnd = Math.min(end, holder.getValue());
        }
    }

    /** The application reads at once, or after a pause that may close the window. */
    private void readSoon() {
        if (traits.readPauseNs == 0) {
            read = received;
        } else if (!paused && received > read) {
            paused = true;
            network.after(traits.readPauseNs, () -> {
                paused = false;
                boolean closedBefore = window() < traits.mss;
                read = received;
                if (closedBefore && !network.losesWindowUpdates()) {
                    sendAck();
                }
            });
        }
    }

    private long window() {
        long buffer = opensWindow ? Math.min(traits.bufferBytes, 65_536 + received) : traits.bufferBytes;
        return buffer - (received - read);
    }

    private void sendAck() {
        unacknowledgedSegments = 0;
        long seq = finSent && sendAcknowledged >= requestBytes ? requestBytes + 1 : sendAcknowledged;
        TcpSegment ack = segment(TcpSegment.ACK, sequenceOf(seq));
        if (peerSack) {
            addSackBlocks(ack);
        }
        network.toServer(ack, 0);
    }

    private void addSackBlocks(TcpSegment ack) {
        int count = 0;
        int max = peerTimestamps ? 3 : 4;
        if (duplicateStart >= 0) {
            put(ack, count++, duplicateStart, duplicateEnd);
            duplicateStart = -1;
        }
        var latest = ahead.floorEntry(latestAhead);
        if (latest != null && latest.getValue() > latestAhead) {
            put(ack, count++, latest.getKey(), latest.getValue());
        } else {
            latest = null;
        }
        for (var range : ahead.entrySet()) {
            if (count == max) {
                break;
            }
            if (latest == null || !range.getKey().equals(latest.getKey())) {
                put(ack, count++, range.getKey(), range.getValue());
            }
        }
        ack.sackBlockCount = count;
    }

    private void put(TcpSegment ack, int index, long start, long end) {
        ack.sackStart[index] = peerInitial + 1 + (int) start;
        ack.sackEnd[index] = peerInitial + 1 + (int) end;
    }

    private int sequenceOf(long offset) {
        return initialSequence + 1 + (int) offset;
    }

    private TcpSegment segment(int flags, int sequence) {
        TcpSegment s = new TcpSegment();
        s.clear();
        network.address(s, port);
        s.flags = flags;
        s.sequence = sequence;
        if ((flags & TcpSegment.ACK) != 0) {
            s.acknowledgement = peerInitial + 1 + (int) received + (finReceived ? 1 : 0);
            s.flags |= echoing ? TcpSegment.ECE : 0;
            int shift = peerScale >= 0 ? Math.max(0, traits.scale) : 0;
            s.window = (int) Math.min(window() >> shift, 65535);
            sawZeroWindow |= s.window == 0;
            rightEdge = Math.max(rightEdge, received + ((long) s.window << shift));
            timestampEchoed = (int) received;
        }
        if (traits.timestamps && ((flags & TcpSegment.SYN) != 0 || peerTimestamps)) {
            s.hasTimestamps = true;
            s.timestampValue = timestampBase + (int) (network.nowNs() / MILLISECOND);
            s.timestampEcho = timestampRecent;
        }
        return s;
    }
}
