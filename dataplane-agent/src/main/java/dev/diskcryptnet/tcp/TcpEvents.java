package dev.diskcryptnet.tcp;

import org.agrona.DirectBuffer;

/** What a {@link TcpStack} tells the layer above it. Calls come from within {@code onSegment} and {@code onTimers}. */
public interface TcpEvents {
    /** A connection reached ESTABLISHED. {@link TcpConnection#attachment} is the caller's to set. */
    void onEstablished(TcpConnection connection);

    /**
     * In-order bytes arrived. What is not taken stays with the connection, shrinks the window, and is offered again,
     * with what follows it, at the next arrival or at {@link TcpConnection#offerReceived}.
     *
     * @return bytes taken, 0 to {@code lengthBytes}
     */
    int onReceived(TcpConnection connection, DirectBuffer buffer, int offset, int lengthBytes);

    /** The peer closed its side; all that it sent has been offered. */
    void onRemoteClosed(TcpConnection connection);

    /** All stream bytes before {@code offset} are acknowledged and will never be asked for again. */
    void onAcknowledged(TcpConnection connection, long offset);

    /** {@link TcpConnection#nextRange} may have something to send now. May be called when it has not. */
    void onSendable(TcpConnection connection);

    /** The retransmission timer has expired and nothing new is acknowledged: the next hop may be gone (RFC 1122 3.3.1.4). */
    default void onStalled(TcpConnection connection) {}

    /** The connection is gone. Nothing of it may be used after this; its ranges still in flight must not be sent. */
    void onClosed(TcpConnection connection, CloseReason reason);
}
