package dev.diskcryptnet.ip;

/** Where the TCP segment of a received frame lies, and between whom. Filled by {@link IpHost#receive}; one, reused. */
public final class IpDatagram {
    public long sourceHigh;
    public long sourceLow;
    public long destinationHigh;
    public long destinationLow;
    /** Offset of the TCP header in the frame's buffer. */
    public int transportOffset;
    /** TCP header and payload, in bytes; Ethernet padding is not counted. */
    public int transportBytes;
}
