package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.EcnField;
import org.agrona.DirectBuffer;

/**
 * One connection. The stream offset is the only address known here: byte 0 is the first byte the server sends after
 * its SYN, and offsets are 64 bits, so they never wrap. No data is kept: what must be sent again is asked for again.
 */
public final class TcpConnection extends ConnectionEntry {
    /** The layer above may hang what it knows of the connection here. */
    public Object attachment;

    private final TcpStack stack;
    private final Sender sender;
    private final Receiver receiver;
    private final Ecn ecn;
    private final int segmentBytes;
    private final PathMtu path;
    private final Timestamps timestamps;
    private final ControlSegments control;
    private long finWait2AtNs = NONE;
    private boolean activeClose;
    private boolean closed;

    TcpConnection(TcpStack stack, HalfOpen peer, long nowNs, int segmentBytes, PathMtu path, int initialSegments) {
        address(peer);
        this.stack = stack;
        this.segmentBytes = segmentBytes;
        this.path = path;
        this.timestamps = new Timestamps(peer, nowNs);
        this.sender = new Sender(this, stack, peer, segmentBytes, initialSegments);
        this.ecn = sender.recovery.ecn;
        this.receiver = new Receiver(this, stack, peer.initialReceive);
        this.control = new ControlSegments(this, stack, sender, receiver, timestamps);
        if (peer.retries == 0) {
            sender.rtt.sample(nowNs - peer.startedNs);
        } else {
            sender.rtt.restartCautiously();
        }
    }

    /** Adds {@code lengthBytes} to the end of the stream: they may be asked for from now on. */
    public void extend(long lengthBytes) {
        if (closed) {
            return;
        }
        sender.extend(lengthBytes);
        sender.timers.armProbe(stack.nowNs());
        updateTimer(stack.nowNs());
    }

    /**
     * As {@link #extend}, for bytes that take their place in front of some that were added before and that nobody has
     * asked for yet; so also after {@link #finish}. Nothing happens when the FIN has been sent.
     *
     * @return whether the stream grew
     */
    public boolean insert(long lengthBytes) {
        if (closed || !sender.insert(lengthBytes)) {
            return false;
        }
        sender.timers.armProbe(stack.nowNs());
        updateTimer(stack.nowNs());
        return true;
    }

    /** Ends the stream after what {@link #extend} has added; a FIN follows the last byte. */
    public void finish() {
        if (closed) {
            return;
        }
        sender.finish();
        sendFinIfDue(stack.nowNs());
        updateTimer(stack.nowNs());
    }

    /** Sends RST and forgets the connection; {@link TcpEvents#onClosed} follows at once with ABORTED. */
    public void abort() {
        if (closed) {
            return;
        }
        control.reset();
        close(CloseReason.ABORTED);
    }

    /** Whether {@link TcpEvents#onClosed} was called. */
    public boolean isClosed() {
        return closed;
    }

    /** Stream offset just past what {@link #extend} has added. */
    public long streamEnd() {
        return sender.streamEnd();
    }

    /** Stream offset past what {@link #reserve} has committed to: from there on nothing has been sent yet. */
    public long reservedEnd() {
        return sender.reservedEnd();
    }

    /** Whether the FIN has been sent. */
    public boolean finSent() {
        return sender.finSent();
    }

    /** TCP port on our side. */
    public int localPort() {
        return localPort;
    }

    /** High half of the peer's address, as {@link dev.diskcryptnet.wire.IpAddress} has it. */
    public long remoteHigh() {
        return remoteHigh;
    }

    /** Low half of the peer's address. */
    public long remoteLow() {
        return remoteLow;
    }

    /** The peer's port. */
    public int remotePort() {
        return remotePort;
    }

    /** All before this offset is acknowledged. */
    public long acknowledged() {
        return sender.acknowledged();
    }

    /**
     * Asks what may be sent now: lost bytes first, else new ones as congestion window and the peer's window allow.
     *
     * @param maxBytes longest range wanted; small windows are left to open (like Linux's TSO deferral) so that ranges
     *     come near to it, unless nothing is in flight
     * @return false when nothing may be sent now
     */
    public boolean nextRange(long nowNs, int maxBytes, SendRange range) {
        stack.advanceClock(nowNs);
        int trialBytes = path.trialBytes(nowNs);
        if (trialBytes > 0 && trialBytes <= maxBytes && !closed && sender.order.nextTrial(nowNs, trialBytes, range)) {
            path.onTrial(range.offset, trialBytes);
            return true;
        }
        if (closed || sender.order.nextRange(nowNs, maxBytes, range)) {
            return !closed;
        }
        if (sender.order.pacer.wakeAtNs() != NONE) {
            updateTimer(nowNs);
        }
        return false;
    }

    /** Commits to sending a range: from the offset of the last {@link #nextRange}, at most its length. */
    public void reserve(SendRange range, int lengthBytes) {
        if (!closed) {
            path.onReserved(stack.nowNs(), range, lengthBytes);
            sender.reserve(stack.nowNs(), range, lengthBytes);
        }
    }

    /**
     * Fills header fields and addresses for a data segment that is about to leave, with the acknowledgement, window and
     * timestamp of this moment. Sets FIN when the range reaches a finished stream's end.
     */
    public void header(long nowNs, long offset, int lengthBytes, TcpSegment segment) {
        stack.advanceClock(nowNs);
        control.fill(nowNs, segment, sender.sequenceOf(offset), TcpSegment.ACK);
        if (sender.isNew(offset)) {
            segment.ecn = ecn.fieldOfNewData();
            segment.flags |= ecn.takeReduction() ? TcpSegment.CWR : 0;
        }
        long end = offset + lengthBytes;
        if (end == sender.streamEnd()) {
            segment.flags |= TcpSegment.PSH;
        }
        if (sender.takeFin(end)) {
            segment.flags |= TcpSegment.FIN;
            noteFinSent();
        }
        control.onAcknowledged();
    }

    /** A reserved range has been given to the device: starts its timers. */
    public void transmitted(long nowNs, long offset, int lengthBytes) {
        stack.advanceClock(nowNs);
        if (closed) {
            return;
        }
        sender.transmitted(nowNs, offset, lengthBytes);
        sendFinIfDue(nowNs);
        updateTimer(nowNs);
    }

    /** Offers what {@link TcpEvents#onReceived} left behind again, after the layer above has room. */
    public void offerReceived(long nowNs) {
        stack.advanceClock(nowNs);
        if (closed) {
            return;
        }
        int before = receiver.window();
        receiver.offerReceived();
        // RFC 9293 3.8.6.2.2: tell of a window that opened by a segment or half of it.
        if (!closed
                && receiver.window() - before
                        >= Math.min(segmentBytes, stack.config().receiveWindowBytes() / 2)) {
            control.acknowledge(nowNs);
            updateTimer(nowNs);
        }
    }

    /** TCP payload bytes per wire packet towards the peer, options already taken off. May become less, and more again. */
    public int effectiveSegmentBytes() {
        return path.packetBytes();
    }

    /** The same for the frame that begins at a stream offset: one packet may be longer, to see whether it gets through. */
    public int effectiveSegmentBytes(long offset) {
        return path.packetBytesAt(offset);
    }

    /** Bytes sent and neither acknowledged nor known to be lost or received, plus reserved ones. */
    public long inFlightBytes() {
        return sender.inFlightBytes();
    }

    /** Stream bytes sent again. */
    public long retransmittedBytes() {
        return sender.retransmittedBytes();
    }

    /** Whether routers may mark what is sent instead of dropping it (ECN). */
    public boolean usesEcn() {
        return ecn.isUsed();
    }

    /** Smoothed round-trip time, 0 before it was measured. */
    public long roundTripNs() {
        return sender.rtt.smoothedNs();
    }

    /** Congestion window in bytes. */
    public long congestionWindowBytes() {
        return sender.recovery.windowBytes();
    }

    // ---- segments that arrive, RFC 9293 3.10.7.4

    void onSegment(long nowNs, TcpSegment segment, DirectBuffer payload, int payloadOffset, int payloadLength) {
        long start = receiver.offsetOf(segment.sequence);
        boolean fin = segment.has(TcpSegment.FIN);
        if (!isAcceptable(nowNs, segment, start, start + payloadLength + (fin ? 1 : 0), payloadLength > 0 || fin)) {
            return;
        }
        long acknowledgement = sender.offsetOfAcknowledgement(segment.acknowledgement);
        if (!sender.isAcceptable(acknowledgement)) {
            stack.counters().droppedBadAcknowledgement.increment();
            challenge(nowNs);
            return;
        }
        if (control.isAcknowledged(start)) {
            timestamps.note(nowNs, segment);
        }
        boolean pure = payloadLength == 0 && !fin;
        if (sender.onAcknowledgement(nowNs, segment, start, acknowledgement, pure, timestamps.echoNs(nowNs, segment))) {
            if (path.onAcknowledged(nowNs, sender.acknowledged())) {
                stack.onPathLengthened(this, timestamps.used);
            }
            stack.events().onAcknowledged(this, sender.acknowledged());
        }
        boolean ackNow = false;
        if (!closed && payloadLength > 0) {
            ackNow = onMarkable(segment);
        }
        if (!closed && !pure) {
            ackNow |= receiver.onData(start, payload, payloadOffset, payloadLength, fin);
        }
        if (closed) {
            return;
        }
        afterSegment(nowNs, ackNow, payloadLength);
    }

    private boolean onMarkable(TcpSegment data) {
        if (data.ecn == EcnField.MARKED) {
            stack.counters().marksReceived.increment();
        }
        return ecn.onData(data);
    }

    private void afterSegment(long nowNs, boolean ackNow, int payloadLength) {
        control.onReceived(nowNs, ackNow, payloadLength, segmentBytes);
        if (sender.finAcknowledged()) {
            if (receiver.finReceived()) {
                finishClosing(nowNs);
                return;
            }
            finWait2AtNs = finWait2AtNs == NONE ? nowNs + stack.config().finWait2Ns() : finWait2AtNs;
        }
        if (sender.mayHaveWork()) {
            stack.events().onSendable(this);
        }
        if (!closed) {
            sender.timers.armProbe(nowNs);
            updateTimer(nowNs);
        }
    }

    /** Timestamps, sequence, RST, SYN and the presence of ACK; answers what RFC 9293, 7323 and 5961 want answered. */
    private boolean isAcceptable(long nowNs, TcpSegment segment, long start, long end, boolean occupies) {
        if (segment.has(TcpSegment.RST)) {
            onReset(nowNs, start);
            return false;
        }
        if (timestamps.isMissing(segment)) {
            stack.counters().droppedNoTimestamp.increment();
            return false;
        }
        if (timestamps.isOld(nowNs, segment)) {
            stack.counters().droppedPaws.increment();
            answerUnacceptable(nowNs, occupies);
            return false;
        }
        if (segment.has(TcpSegment.SYN)) {
            challenge(nowNs); // RFC 5961 4.2: whatever its sequence number
            return false;
        }
        if (!receiver.isAcceptable(start, end)) {
            stack.counters().droppedOutOfWindow.increment();
            answerUnacceptable(nowNs, occupies);
            return false;
        }
        return segment.has(TcpSegment.ACK);
    }

    private void onReset(long nowNs, long start) {
        if (start == receiver.nextOffset()) {
            close(CloseReason.RESET_BY_PEER); // RFC 5961 3.2: exact match only
        } else if (receiver.isInWindow(start)) {
            challenge(nowNs);
        } else {
            stack.counters().droppedOutOfWindow.increment();
        }
    }

    /** An ACK for a segment that does not fit; one that occupies no sequence may be a loop of ACKs, so rarely. */
    private void answerUnacceptable(long nowNs, boolean occupies) {
        if (occupies) {
            control.acknowledge(nowNs);
            updateTimer(nowNs);
        } else {
            challenge(nowNs);
        }
    }

    private void challenge(long nowNs) {
        control.challenge(nowNs);
        updateTimer(nowNs);
    }

    boolean isInFlight(int sequence) {
        return sender.isInFlight(sequence);
    }

    /** @return whether packets are shorter from now on */
    boolean onPacketTooBig(long nowNs, int mtuBytes) {
        if (!path.onTooBig(nowNs, TcpStack.payloadBytes(this, timestamps.used, mtuBytes))) {
            return false;
        }
        sender.onShorterPackets();
        stack.events().onSendable(this);
        return true;
    }

    // ---- segments that leave

    void sendProbe(long nowNs) {
        control.probe(nowNs);
    }

    void sendFin(long nowNs) {
        control.finish(nowNs);
    }

    private void sendFinIfDue(long nowNs) {
        if (sender.isFinDue()) {
            sendFin(nowNs);
            sender.onFinSent(nowNs);
            noteFinSent();
        }
    }

    private void noteFinSent() {
        activeClose |= !receiver.finReceived();
    }

    // ---- time

    @Override
    void onTimer(long nowNs) {
        if (sender.timers.hasTimedOut(nowNs) || nowNs >= finWait2AtNs) {
            close(CloseReason.TIMED_OUT);
            return;
        }
        control.onTimer(nowNs);
        sender.onTimer(nowNs);
        onStall(nowNs, sender.rtt.backoff());
        if (sender.mayHaveWork()) {
            stack.events().onSendable(this);
        }
        if (!closed) {
            updateTimer(nowNs);
        }
    }

    private void onStall(long nowNs, int timeouts) {
        if (timeouts > 0) {
            stack.events().onStalled(this);
        }
        if (timeouts >= PathMtu.SUSPICIOUS_TIMEOUTS
                && path.onStall(nowNs, stack.cautiousBytes(this, timestamps.used))) {
            stack.onPathSuspected();
        }
    }

    private void updateTimer(long nowNs) {
        if (!closed) {
            long deadline = Math.min(sender.deadlineNs(), Math.min(control.deadlineNs(), finWait2AtNs));
            stack.timers().schedule(this, nowNs, deadline);
        }
    }

    // ---- the end

    private void finishClosing(long nowNs) {
        if (!activeClose) {
            close(CloseReason.FINISHED);
            return;
        }
        var timeWait = new TimeWait(stack, sender.nextSequence(), receiver.nextSequence(), timestamps);
        stack.enterTimeWait(nowNs, this, timeWait);
        release();
        stack.onConnectionClosed(this, CloseReason.FINISHED, false);
    }

    private void close(CloseReason reason) {
        release();
        stack.onConnectionClosed(this, reason, true);
    }

    private void release() {
        closed = true;
        sender.release();
        receiver.release();
        stack.timers().cancel(this);
    }
}
