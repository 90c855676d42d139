package dev.diskcryptnet.tcp;

/** Why a connection ended. */
public enum CloseReason {
    /** Both sides closed and all was acknowledged. */
    FINISHED,
    /** The peer sent RST. */
    RESET_BY_PEER,
    /** The peer stopped answering: retransmissions or probes gave up (RFC 9293 3.8.3). */
    TIMED_OUT,
    /** {@link TcpConnection#abort} was called. */
    ABORTED
}
