package dev.diskcryptnet.wire;

/**
 * An ICMP echo or echo reply message (RFC 792, "Echo or Echo Reply Message"). One that says that a packet is too big has its
 * MTU in place of the sequence, and the packet's head in place of the data (RFC 1191 4).
 *
 * <pre>
 *   0      1      2          4            6          8
 *   | type | code | checksum | identifier | sequence | data
 * </pre>
 */
public final class IcmpDescriptor {
    public static final int TYPE_OFFSET = 0;
    public static final int CODE_OFFSET = 1;
    public static final int CHECKSUM_OFFSET = 2;
    public static final int IDENTIFIER_OFFSET = 4;
    public static final int SEQUENCE_OFFSET = 6;
    public static final int NEXT_HOP_MTU_OFFSET = 6;
    public static final int HEADER_BYTES = 8;

    public static final int TYPE_ECHO_REPLY = 0;
    public static final int TYPE_UNREACHABLE = 3;
    public static final int TYPE_ECHO = 8;

    public static final int CODE_FRAGMENTATION_NEEDED = 4;

    private IcmpDescriptor() {}
}
