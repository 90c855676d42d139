package dev.diskcryptnet.tcp;

/** What of a stream may go out next, how much of it in one frame, and when. */
final class SendOrder {
    /** Least and most frames that a window is sent in, when it is not large enough for more: see {@link #frames}. */
    private static final int MIN_FRAMES = 2;

    private static final int MAX_FRAMES = 8;
    private static final long FRAME_NS = 1_000_000;

    final Pacer pacer = new Pacer();
    private final SendStream stream;
    private final LossRecovery recovery;
    private final Scoreboard board;
    private final SendTimers timers;
    private final RttEstimator rtt;
    private final PeerWindow window;
    private final int segmentBytes;
    private long lastSendNs;
    private boolean sentAnything;
    /** Whether the congestion window held sending back in this round, and in the one before. */
    private boolean windowLimited;

    private boolean windowLimitedBefore;

    SendOrder(
            SendStream stream,
            LossRecovery recovery,
            SendTimers timers,
            RttEstimator rtt,
            PeerWindow window,
            int segmentBytes) {
        this.stream = stream;
        this.recovery = recovery;
        this.board = recovery.board;
        this.timers = timers;
        this.rtt = rtt;
        this.window = window;
        this.segmentBytes = segmentBytes;
    }

    /** Whether the congestion window holds sending back: a round that has just begun says nothing yet (RFC 7661 4.3). */
    boolean isWindowLimited() {
        return windowLimited || windowLimitedBefore;
    }

    void startRound() {
        windowLimitedBefore = windowLimited;
        windowLimited = false;
    }

    void onReserved(long nowNs, long lengthBytes) {
        if (isPaced()) { // what leaves outside of its pace does not count: it may be much more
            pacer.onReserved(nowNs, lengthBytes, recovery.congestion.pacingRate(rtt.smoothedNs()), pathNs());
        }
    }

    void onTransmitted(long nowNs) {
        sentAnything = true;
        lastSendNs = nowNs;
    }

    boolean nextRange(long nowNs, int maxBytes, SendRange range) {
        if (maxBytes <= 0) {
            return false;
        }
        TailLossProbe probe = recovery.probe;
        if (probe.isWanted()) {
            boolean offered = nextSegment(maxBytes, range) || lastSegment(maxBytes, range);
            probe.setOffered(offered);
            if (offered) {
                return true;
            }
            probe.cancel();
        }
        if (recovery.spurious.forwardSegments() > 0) {
            if (nextSegment(maxBytes, range)) {
                return true;
            }
            recovery.spurious.stopForwarding();
        }
        boolean hasNew = stream.reservedEnd < stream.streamEnd;
        if (board.lostBytes() == 0 && !hasNew) {
            noteLimit();
            return false;
        }
        int most = maxBytes;
        if (isPaced()) {
            if (pacer.holds(nowNs)) {
                return false;
            }
            long frame = Math.min(shareBytes(), recovery.congestion.quantumBytes());
            most = (int) Math.min(maxBytes, Math.max(2L * segmentBytes, frame));
        }
        return board.lostBytes() > 0 ? nextLost(most, range) : nextNew(nowNs, most, range);
    }

    /** The application, the disk or the peer's window limits sending: what is delivered from now on says little of the path. */
    private void noteLimit() {
        DeliveryRate rate = recovery.congestion.deliveryRate();
        if (rate != null && recovery.inFlightBytes() < recovery.windowBytes()) {
            rate.limitByApplication(recovery.inFlightBytes());
        }
    }

    private boolean isPaced() {
        return Pacer.paces(pathNs()) && !recovery.congestion.mayBurst(recovery.isDisordered());
    }

    /** The round trip without queues, as far as it is known. */
    private long pathNs() {
        long least = recovery.rack.minRttNs();
        return least == Long.MAX_VALUE ? rtt.smoothedNs() : least;
    }

    /** One new segment, whatever the congestion window says: RFC 8985 7.3, RFC 5682 3.1 step 2b. */
    private boolean nextSegment(int maxBytes, SendRange range) {
        long length = Math.min(Math.min(stream.unaskedBytes(), segmentBytes), maxBytes);
        if (length <= 0 || window.end() - stream.reservedEnd < length) {
            return false;
        }
        return offer(stream.reservedEnd, length, false, range);
    }

    /** The last segment sent, once more: RFC 8985 7.3. */
    private boolean lastSegment(int maxBytes, SendRange range) {
        long start = Math.max(stream.acknowledged, stream.sentEnd - Math.min(segmentBytes, maxBytes));
        boolean known = board.skipSacked(start) != start || board.isPending(start, stream.sentEnd);
        return start < stream.sentEnd && !known && offer(start, stream.sentEnd - start, true, range);
    }

    private static boolean offer(long offset, long lengthBytes, boolean retransmission, SendRange range) {
        range.offset = offset;
        range.lengthBytes = (int) lengthBytes;
        range.retransmission = retransmission;
        return true;
    }

    /** Offers exactly so many new bytes for one packet; only while nothing is missing, as a packet that is tried may be. */
    boolean nextTrial(long nowNs, int lengthBytes, SendRange range) {
        long room = Math.min(recovery.windowBytes() - recovery.inFlightBytes(), window.end() - stream.reservedEnd);
        boolean calm = !recovery.isDisordered() && board.lostBytes() == 0;
        return calm
                && Math.min(room, stream.unaskedBytes()) >= lengthBytes
                && !(isPaced() && pacer.holds(nowNs))
                && offer(stream.reservedEnd, lengthBytes, false, range);
    }

    private boolean nextLost(int maxBytes, SendRange range) {
        long start = board.firstLostStart();
        long length = Math.min(board.firstLostEnd() - start, maxBytes);
        long room = recovery.windowBytes() - recovery.inFlightBytes();
        if (length > room) {
            boolean nothingElse = recovery.retransmitNow() || recovery.inFlightBytes() == 0;
            if (room < segmentBytes && !nothingElse) {
                return false;
            }
            length = Math.min(length, Math.max(segmentBytes, room - room % segmentBytes));
        }
        return offer(start, length, true, range);
    }

    private boolean nextNew(long nowNs, int maxBytes, SendRange range) {
        long inFlight = recovery.inFlightBytes();
        if (inFlight == 0) {
            restartAfterIdle(nowNs);
        }
        long available = stream.unaskedBytes();
        long congestionRoom = recovery.windowBytes() - inFlight;
        long windowRoom = window.end() - stream.reservedEnd;
        long length = Math.min(Math.min(available, maxBytes), Math.min(congestionRoom, windowRoom));
        windowLimited |= congestionRoom < Math.min(windowRoom, Math.min(available, maxBytes));
        if (length < available && length > segmentBytes) {
            length -= length % segmentBytes;
        }
        boolean waits = length < available && length < maxBytes && !isWorthSending(length, maxBytes, inFlight);
        if (length <= 0 || waits) {
            if (windowRoom < congestionRoom) {
                noteLimit();
            }
            return false;
        }
        return offer(stream.reservedEnd, length, false, range);
    }

    /**
     * Whether a range shorter than wanted goes out, or waits for more ACKs so that frames stay large. As something is
     * in flight when it waits, an ACK or a timeout will come and ask again. Below one segment the sender's silly
     * window avoidance decides, RFC 9293 3.8.6.2.1.
     */
    private boolean isWorthSending(long length, int maxBytes, long inFlight) {
        if (inFlight == 0) {
            return length >= segmentBytes || length >= window.maxWindowBytes() / 2 || timers.sendDespiteSmallWindow();
        }
        long enough = Math.max(segmentBytes, shareBytes());
        return length >= Math.min(maxBytes - maxBytes % segmentBytes, enough) && length >= segmentBytes;
    }

    /** The part of a window that a frame takes, in whole segments. */
    private long shareBytes() {
        long share = Math.min(recovery.windowBytes(), window.maxWindowBytes()) / frames();
        return share - share % segmentBytes;
    }

    /**
     * How many frames a window is sent in at least. Near clients get few large ones. On long paths frames come about a
     * millisecond apart, or queues on the way would have to take half a window at once; and so they do while
     * something is missing, as each is an ACK that tells more (RFC 3042).
     */
    private long frames() {
        return recovery.isDisordered() ? MAX_FRAMES : Math.clamp(pathNs() / FRAME_NS, MIN_FRAMES, MAX_FRAMES);
    }

    private void restartAfterIdle(long nowNs) {
        long idleNs = nowNs - lastSendNs;
        if (sentAnything && stream.reservedEnd == stream.acknowledged) {
            recovery.congestion.onIdle(nowNs, idleNs, rtt.baseTimeoutNs());
            lastSendNs = nowNs;
        }
    }
}
