package dev.diskcryptnet.tcp;

/**
 * One connection. The stream offset is the only address known here: byte 0 is the first byte the server sends after
 * its SYN, and offsets are 64 bits, so they never wrap. No data is kept: what must be sent again is asked for again.
 */
public final class TcpConnection {
    /** The layer above may hang what it knows of the connection here. */
    public Object attachment;

    /** Adds {@code lengthBytes} to the end of the stream: they may be asked for from now on. */
    public void extend(long lengthBytes) {
        throw new IllegalStateException();
    }

    /** Ends the stream after what {@link #extend} has added; a FIN follows the last byte. */
    public void finish() {
        throw new IllegalStateException();
    }

    /** Sends RST and forgets the connection; {@link TcpEvents#onClosed} follows at once with ABORTED. */
    public void abort() {
        throw new IllegalStateException();
    }

    /** Stream offset just past what {@link #extend} has added. */
    public long streamEnd() {
        throw new IllegalStateException();
    }

    /** All before this offset is acknowledged. */
    public long acknowledged() {
        throw new IllegalStateException();
    }

    /**
     * Asks what may be sent now: lost bytes first, else new ones as congestion window and the peer's window allow.
     *
     * @param maxBytes longest range wanted; small windows are left to open (like Linux's TSO deferral) so that ranges
     *     come near to it, unless nothing is in flight
     * @return false when nothing may be sent now
     */
    public boolean nextRange(long nowNs, int maxBytes, SendRange range) {
        throw new IllegalStateException();
    }

    /** Commits to sending a range: from the offset of the last {@link #nextRange}, at most its length. */
    public void reserve(SendRange range, int lengthBytes) {
        throw new IllegalStateException();
    }

    /**
     * Fills header fields and addresses for a data segment that is about to leave, with the acknowledgement, window and
     * timestamp of this moment. Sets FIN when the range reaches a finished stream's end.
     */
    public void header(long nowNs, long offset, int lengthBytes, TcpSegment segment) {
        throw new IllegalStateException();
    }

    /** A reserved range has been given to the device: starts its timers. */
    public void transmitted(long nowNs, long offset, int lengthBytes) {
        throw new IllegalStateException();
    }

    /** Offers what {@link TcpEvents#onReceived} left behind again, after the layer above has room. */
    public void offerReceived(long nowNs) {
        throw new IllegalStateException();
    }

    /** TCP payload bytes per wire packet towards the peer, options already taken off. */
    public int effectiveSegmentBytes() {
        throw new IllegalStateException();
    }

    /** Bytes sent and neither acknowledged nor known to be lost or received, plus reserved ones. */
    public long inFlightBytes() {
        throw new IllegalStateException();
    }
}
