package dev.diskcryptnet.wire;

/**
 * The IPv4 header (RFC 791 3.1).
 *
 * <pre>
 *   0         1         2              4                6                      8     9          10         12       16            20
 *   | ver|IHL | DS, ECN | total length | identification | flags(3) offset(13)  | TTL | protocol | checksum | source | destination | options
 * </pre>
 */
public final class Ipv4Descriptor {
    public static final int VERSION_IHL_OFFSET = 0;
    public static final int TRAFFIC_CLASS_OFFSET = 1;
    public static final int TOTAL_LENGTH_OFFSET = 2;
    public static final int IDENTIFICATION_OFFSET = 4;
    public static final int FLAGS_FRAGMENT_OFFSET = 6;
    public static final int TIME_TO_LIVE_OFFSET = 8;
    public static final int PROTOCOL_OFFSET = 9;
    public static final int CHECKSUM_OFFSET = 10;
    public static final int SOURCE_OFFSET = 12;
    public static final int DESTINATION_OFFSET = 16;
    /** Length without options. */
    public static final int HEADER_BYTES = 20;

    /** Longest packet whose length the header can tell. */
    public static final int MAX_TOTAL_BYTES = 65_535;

    public static final int DONT_FRAGMENT = 0x4000;
    public static final int MORE_FRAGMENTS = 0x2000;
    public static final int FRAGMENT_OFFSET_MASK = 0x1FFF;

    public static final int PROTOCOL_ICMP = 1;
    public static final int PROTOCOL_TCP = 6;

    private Ipv4Descriptor() {}
}
