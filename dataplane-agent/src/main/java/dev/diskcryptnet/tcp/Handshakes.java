package dev.diskcryptnet.tcp;

import org.agrona.DirectBuffer;

/**
 * Connections in SYN-RECEIVED (RFC 9293 3.10.7.2 and 3.10.7.4): answers SYNs, keeps as many handshakes as there is room
 * for and has the others kept by the client ({@link SynCookies}), and hands those that are answered to {@link TcpStack}.
 */
final class Handshakes {
    private final TcpStack stack;
    private final TcpConfig config;
    private final TcpCounters counters;
    private final ConnectionTable table;
    private final PrefixCounts prefixes;
    private final SipHash sequenceHash;
    private final SynCookies cookies;
    /** The SYN that is answered by a cookie, and kept no longer than that. */
    private final HalfOpen unkept = new HalfOpen(this);

    private final AgeQueue<HalfOpen> halfOpens = new AgeQueue<>();
    private boolean refusing;

    Handshakes(TcpStack stack, ConnectionTable table, SipHash sequenceHash, SynCookies cookies) {
        this.stack = stack;
        this.config = stack.config();
        this.counters = stack.counters();
        this.table = table;
        this.prefixes = stack.prefixes();
        this.sequenceHash = sequenceHash;
        this.cookies = cookies;
    }

    /** Handshakes that are kept here. */
    int size() {
        return halfOpens.size();
    }

    /** Whether SYNs are answered by RST. */
    void refuse(boolean refuse) {
        refusing = refuse;
    }

    /** A SYN came to a port that listens, from where there is no connection. */
    void open(long nowNs, TcpSegment syn, long hash, int payloadLength) {
        if (isWelcome(nowNs, syn, payloadLength)) {
            long secret = secret(syn);
            // RFC 6528 3: a clock of 4 microseconds plus a keyed hash of the tuple.
            answer(nowNs, syn, hash, (int) (nowNs / 4000) + (int) secret, secret);
        }
    }

    /** As {@link #open}, with our sequence number given: past those of the connection before. */
    void reopen(long nowNs, TcpSegment syn, long hash, int payloadLength, int initialSend) {
        if (isWelcome(nowNs, syn, payloadLength)) {
            answer(nowNs, syn, hash, initialSend, secret(syn));
        }
    }

    /**
     * Opens a connection if a segment from where there is none answers one of our cookies.
     *
     * @return whether it does
     */
    boolean openByCookie(
            long nowNs, TcpSegment segment, long hash, DirectBuffer payload, int offset, int payloadLength) {
        if (!isCookie(nowNs, segment, hash)) {
            return false;
        }
        establishByCookie(nowNs, segment, hash, payload, offset, payloadLength);
        return true;
    }

    private boolean isWelcome(long nowNs, TcpSegment syn, int payloadLength) {
        if (refusing) {
            counters.synDroppedDraining.increment();
            stack.reset(nowNs, syn, payloadLength);
            return false;
        }
        return stack.hasRoom(syn.remoteHigh, syn.remoteLow);
    }

    private void answer(long nowNs, TcpSegment syn, long hash, int initialSend, long secret) {
        boolean full = halfOpens.size() >= config.maxHalfOpen();
        boolean prefixFull = !full && prefixes.isHalfOpenFull(syn.remoteHigh, syn.remoteLow);
        HalfOpen halfOpen = full || prefixFull ? unkept : new HalfOpen(this);
        halfOpen.begin(nowNs, syn, initialSend, timestampOffset(secret));
        halfOpen.address(syn, hash);
        halfOpen.ecn = HalfOpen.asksForEcn(syn) && stack.ports().takesEcn(halfOpen);
        if (halfOpen == unkept) {
            (full ? counters.cookiesSent : counters.cookiesSentToPrefix).increment();
            cookies.bake(nowNs, halfOpen);
            sendSynAck(nowNs, halfOpen);
            return;
        }
        keep(halfOpen);
        sendSynAck(nowNs, halfOpen);
        stack.timers().schedule(halfOpen, nowNs, nowNs + config.initialRtoNs());
    }

    private void keep(HalfOpen halfOpen) {
        table.insert(halfOpen);
        halfOpens.add(halfOpen);
        prefixes.addHalfOpen(halfOpen, 1);
        counters.halfOpen.set(halfOpens.size());
    }

    void forget(HalfOpen halfOpen) {
        table.remove(halfOpen);
        release(halfOpen);
    }

    private void release(HalfOpen halfOpen) {
        stack.timers().cancel(halfOpen);
        halfOpens.remove(halfOpen);
        prefixes.addHalfOpen(halfOpen, -1);
        counters.halfOpen.set(halfOpens.size());
    }

    private long secret(TcpSegment segment) {
        return sequenceHash.tuple(
                segment.localHigh,
                segment.localLow,
                segment.remoteHigh,
                segment.remoteLow,
                segment.localPort,
                segment.remotePort);
    }

    private static int timestampOffset(long secret) {
        return (int) (secret >>> 32);
    }

    private void sendSynAck(long nowNs, HalfOpen halfOpen) {
        boolean saysEcn = halfOpen.ecn && !halfOpen.ecnWithdrawn;
        TcpSegment segment = stack.outgoing();
        segment.clear();
        halfOpen.addressTo(segment);
        segment.sequence = halfOpen.initialSend;
        segment.acknowledgement = halfOpen.initialReceive + 1;
        segment.flags = TcpSegment.SYN | TcpSegment.ACK | (saysEcn ? TcpSegment.ECE : 0);
        segment.window = config.receiveWindowBytes();
        segment.maximumSegmentSize = stack.ownSegmentBytes(halfOpen);
        segment.windowScale = halfOpen.windowScale >= 0 ? 0 : -1;
        segment.sackPermitted = halfOpen.sackPermitted;
        if (halfOpen.timestamps) {
            segment.hasTimestamps = true;
            int timestamp = TcpStack.timestampOf(nowNs, halfOpen.timestampOffset);
            segment.timestampValue = halfOpen == unkept ? SynCookies.timestamp(timestamp, halfOpen) : timestamp;
            segment.timestampEcho = halfOpen.timestampRecent;
        }
        stack.send(segment);
    }

    /** The SYN-ACK has not been answered in time. */
    void onTimer(long nowNs, HalfOpen halfOpen) {
        if (halfOpen.retries == config.synAckRetries()) {
            counters.halfOpenTimeouts.increment();
            forget(halfOpen);
            return;
        }
        halfOpen.retries++;
        halfOpen.ecnWithdrawn = halfOpen.ecn; // it may be the flag that somebody on the path dislikes
        sendSynAck(nowNs, halfOpen);
        long wait = Math.min(config.initialRtoNs() << halfOpen.retries, config.maxRtoNs());
        stack.timers().schedule(halfOpen, nowNs, nowNs + wait);
    }

    /** RFC 9293 3.10.7.4 in SYN-RECEIVED. */
    void onSegment(long nowNs, HalfOpen halfOpen, TcpSegment segment, DirectBuffer payload, int offset, int length) {
        int ahead = segment.sequence - (halfOpen.initialReceive + 1);
        if (segment.has(TcpSegment.RST)) {
            if (ahead == 0) {
                forget(halfOpen);
            }
            return;
        }
        if (segment.has(TcpSegment.SYN)) {
            if (ahead == -1 && !segment.has(TcpSegment.ACK)) {
                halfOpen.ecn &= HalfOpen.asksForEcn(segment); // RFC 3168 6.1.1.1: tried again without
                sendSynAck(nowNs, halfOpen);
            }
            return;
        }
        boolean old = halfOpen.timestamps
                && (!segment.hasTimestamps || segment.timestampValue - halfOpen.timestampRecent < 0);
        if (old || ahead < 0 || ahead >= config.receiveWindowBytes() || !segment.has(TcpSegment.ACK)) {
            (old ? counters.droppedPaws : counters.droppedOutOfWindow).increment();
            return;
        }
        onAcknowledgement(nowNs, halfOpen, segment, payload, offset, length);
    }

    private void onAcknowledgement(
            long nowNs, HalfOpen halfOpen, TcpSegment segment, DirectBuffer payload, int offset, int length) {
        if (segment.acknowledgement == halfOpen.initialSend + 1) {
            establish(nowNs, halfOpen, segment, payload, offset, length);
        } else if (isCookie(nowNs, segment, halfOpen.tupleHash)) {
            // Of a SYN sent twice: the first one's answer, from when there was no room.
            long hash = halfOpen.tupleHash;
            forget(halfOpen);
            establishByCookie(nowNs, segment, hash, payload, offset, length);
        } else {
            counters.droppedBadAcknowledgement.increment();
            stack.reset(nowNs, segment, length);
        }
    }

    private boolean isCookie(long nowNs, TcpSegment segment, long hash) {
        if (!cookies.areUsed(nowNs) || !segment.has(TcpSegment.ACK) || segment.has(TcpSegment.SYN)) {
            return false;
        }
        unkept.address(segment, hash);
        return cookies.isAnswer(nowNs, segment, unkept);
    }

    /** What nobody has kept is as it was when the SYN came, but for the round trip's time. */
    private void establishByCookie(
            long nowNs, TcpSegment ack, long hash, DirectBuffer payload, int offset, int length) {
        counters.cookiesAccepted.increment();
        TcpSegment syn = stack.outgoing();
        SynCookies.restore(ack, syn);
        HalfOpen halfOpen = new HalfOpen(this);
        halfOpen.begin(nowNs, syn, ack.acknowledgement - 1, timestampOffset(secret(ack)));
        halfOpen.address(ack, hash);
        halfOpen.ecn = HalfOpen.asksForEcn(syn);
        halfOpen.retries = 1;
        keep(halfOpen);
        establish(nowNs, halfOpen, ack, payload, offset, length);
    }

    private void establish(
            long nowNs, HalfOpen halfOpen, TcpSegment segment, DirectBuffer payload, int offset, int length) {
        if (!stack.hasRoom(halfOpen.remoteHigh, halfOpen.remoteLow)) {
            forget(halfOpen);
            stack.reset(nowNs, segment, length);
            return;
        }
        release(halfOpen);
        stack.establish(nowNs, halfOpen, segment, payload, offset, length);
    }
}
