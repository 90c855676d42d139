package dev.diskcryptnet.wire;

/**
 * The IPv6 header (RFC 8200 3).
 *
 * <pre>
 *   0                                 4                6             7           8            24                40
 *   | ver(4) class(8) flow label(20)  | payload length | next header | hop limit | source 16B | destination 16B |
 * </pre>
 */
public final class Ipv6Descriptor {
    public static final int VERSION_CLASS_FLOW_OFFSET = 0;
    public static final int PAYLOAD_LENGTH_OFFSET = 4;
    public static final int NEXT_HEADER_OFFSET = 6;
    public static final int HOP_LIMIT_OFFSET = 7;
    public static final int SOURCE_OFFSET = 8;
    public static final int DESTINATION_OFFSET = 24;
    public static final int HEADER_BYTES = 40;

    /** Longest payload whose length the header can tell. */
    public static final int MAX_PAYLOAD_BYTES = 65_535;

    /** What every link carries (RFC 8200 5). */
    public static final int MIN_MTU_BYTES = 1280;

    public static final int NEXT_HEADER_HOP_BY_HOP = 0;
    public static final int NEXT_HEADER_TCP = 6;
    public static final int NEXT_HEADER_ROUTING = 43;
    public static final int NEXT_HEADER_FRAGMENT = 44;
    public static final int NEXT_HEADER_ICMPV6 = 58;
    public static final int NEXT_HEADER_DESTINATION = 60;

    /** Length of every extension header is a multiple of this, and at least this (RFC 8200 4). */
    public static final int EXTENSION_UNIT_BYTES = 8;

    private Ipv6Descriptor() {}
}
