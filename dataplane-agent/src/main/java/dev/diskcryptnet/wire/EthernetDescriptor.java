package dev.diskcryptnet.wire;

/**
 * The Ethernet II header (IEEE 802.3 3.1.1, without preamble and frame check sequence).
 *
 * <pre>
 *   0                6                12          14
 *   | destination 6B | source 6B      | type 2B   | payload, padded to 46 bytes
 * </pre>
 */
public final class EthernetDescriptor {
    public static final int DESTINATION_OFFSET = 0;
    public static final int SOURCE_OFFSET = 6;
    public static final int TYPE_OFFSET = 12;
    public static final int HEADER_BYTES = 14;

    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_IPV6 = 0x86DD;

    private EthernetDescriptor() {}
}
