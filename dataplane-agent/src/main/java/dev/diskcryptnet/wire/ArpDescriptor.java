package dev.diskcryptnet.wire;

/**
 * An ARP packet for Ethernet and IPv4 (RFC 826, "Packet format").
 *
 * <pre>
 *   0          2          4       5       6          8            14           18           24           28
 *   | hardware | protocol | hlen  | plen  | operation| sender MAC | sender IP  | target MAC | target IP  |
 *   | = 1      | = 0x0800 | = 6   | = 4   |          | 6B         | 4B         | 6B         | 4B         |
 * </pre>
 */
public final class ArpDescriptor {
    public static final int HARDWARE_TYPE_OFFSET = 0;
    public static final int PROTOCOL_TYPE_OFFSET = 2;
    public static final int HARDWARE_LENGTH_OFFSET = 4;
    public static final int PROTOCOL_LENGTH_OFFSET = 5;
    public static final int OPERATION_OFFSET = 6;
    public static final int SENDER_HARDWARE_OFFSET = 8;
    public static final int SENDER_PROTOCOL_OFFSET = 14;
    public static final int TARGET_HARDWARE_OFFSET = 18;
    public static final int TARGET_PROTOCOL_OFFSET = 24;
    public static final int PACKET_BYTES = 28;

    public static final int HARDWARE_ETHERNET = 1;
    public static final int OPERATION_REQUEST = 1;
    public static final int OPERATION_REPLY = 2;

    private ArpDescriptor() {}
}
