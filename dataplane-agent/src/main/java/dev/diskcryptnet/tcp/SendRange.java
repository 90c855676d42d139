package dev.diskcryptnet.tcp;

/** A piece of the send stream that may go out now. Filled by {@link TcpConnection#nextRange}; one per worker, reused. */
public final class SendRange {
    /** First stream offset. */
    public long offset;
    /** Most bytes that may be sent from there. */
    public int lengthBytes;
    /** The bytes have been sent before. */
    public boolean retransmission;
}
