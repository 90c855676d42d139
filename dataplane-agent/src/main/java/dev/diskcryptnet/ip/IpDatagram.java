package dev.diskcryptnet.ip;

/**
 * Where the TCP segment of a received frame lies, and between whom. Filled by {@link IpHost#receive}; one, reused. Of a
 * router's word that a packet of ours is too big it says where the header quoted lies, and its addresses as if the peer had
 * sent it.
 */
public final class IpDatagram {
    public long sourceHigh;
    public long sourceLow;
    public long destinationHigh;
    public long destinationLow;
    /** Of the IP header: six bits of DSCP and {@link dev.diskcryptnet.wire.EcnField}. */
    public int trafficClass;
    /** Offset of the TCP header in the frame's buffer. */
    public int transportOffset;
    /** TCP header and payload, in bytes; Ethernet padding is not counted. */
    public int transportBytes;
    /** Longest packet that a router passes on, 0 when the frame does not come from one that says so. */
    public int packetTooBigBytes;
}
