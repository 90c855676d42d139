package dev.diskcryptnet.tcp;

/**
 * The header of one segment, in host order, as fields. A stack has one for what it receives and one for what it
 * sends; both are reused. Addresses are 128 bits, IPv4 as IPv4-mapped IPv6 (RFC 4291 2.5.5.2).
 */
public final class TcpSegment {
    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int URG = 0x20;
    public static final int ECE = 0x40;
    public static final int CWR = 0x80;

    /** Most SACK blocks that fit a header: RFC 2018 3. */
    public static final int MAX_SACK_BLOCKS = 4;

    public long localHigh;
    public long localLow;
    public long remoteHigh;
    public long remoteLow;
    public int localPort;
    public int remotePort;

    /** Of the IP header: a value of {@link dev.diskcryptnet.wire.EcnField}. */
    public int ecn;

    public int sequence;
    public int acknowledgement;
    public int flags;
    /** Window field as on the wire, unscaled. */
    public int window;

    /** Maximum segment size option (RFC 9293 3.7.1), 0 when absent. */
    public int maximumSegmentSize;
    /** Window scale option (RFC 7323 2.2), -1 when absent. */
    public int windowScale;

    public boolean sackPermitted;
    public boolean hasTimestamps;
    public int timestampValue;
    public int timestampEcho;
    public int sackBlockCount;
    public final int[] sackStart = new int[MAX_SACK_BLOCKS];
    public final int[] sackEnd = new int[MAX_SACK_BLOCKS];

    /** Clears everything but the addresses and ports. */
    public void clear() {
        ecn = 0;
        sequence = 0;
        acknowledgement = 0;
        flags = 0;
        window = 0;
        maximumSegmentSize = 0;
        windowScale = -1;
        sackPermitted = false;
        hasTimestamps = false;
        timestampValue = 0;
        timestampEcho = 0;
        sackBlockCount = 0;
    }

    /** Whether all of {@code mask} is set. */
    public boolean has(int mask) {
        return (flags & mask) == mask;
    }
}
