package dev.diskcryptnet.wire;

/**
 * Types and fields of ICMPv6 messages (RFC 4443 2.1); type, code and checksum lie where {@link IcmpDescriptor} has them.
 * Neighbour discovery (RFC 4861 4.3, 4.4):
 *
 * <pre>
 *   0      1      2          4                     8            24
 *   | type | code | checksum | R S O flags, 29 zero | target 16B | options: type 1B, length in 8 bytes 1B, value
 * </pre>
 */
public final class Icmpv6Descriptor {
    /** Of a packet that is too big (RFC 4443 3.2); the packet's head follows. */
    public static final int MTU_OFFSET = 4;

    public static final int FLAGS_OFFSET = 4;
    public static final int TARGET_OFFSET = 8;
    public static final int OPTIONS_OFFSET = 24;

    /** Type, length in units of 8 bytes, and a station address: all 8 bytes (RFC 4861 4.6.1). */
    public static final int STATION_OPTION_BYTES = 8;

    /** A solicitation or advertisement with one station option. */
    public static final int NEIGHBOUR_MESSAGE_BYTES = OPTIONS_OFFSET + STATION_OPTION_BYTES;

    public static final int OPTION_SOURCE_STATION = 1;
    public static final int OPTION_TARGET_STATION = 2;

    /** The advertisement answers a solicitation. */
    public static final int FLAG_SOLICITED = 0x4000_0000;
    /** The station in the advertisement takes the place of another one. */
    public static final int FLAG_OVERRIDE = 0x2000_0000;

    public static final int TYPE_PACKET_TOO_BIG = 2;
    public static final int TYPE_ECHO = 128;
    public static final int TYPE_ECHO_REPLY = 129;
    public static final int TYPE_LISTENER_QUERY = 130;
    public static final int TYPE_LISTENER_REPORT = 131;
    public static final int TYPE_ROUTER_ADVERTISEMENT = 134;
    public static final int TYPE_NEIGHBOUR_SOLICITATION = 135;
    public static final int TYPE_NEIGHBOUR_ADVERTISEMENT = 136;
    public static final int TYPE_REDIRECT = 137;
    public static final int TYPE_LISTENER_REPORT_2 = 143;

    private Icmpv6Descriptor() {}
}
