package dev.diskcryptnet.wire;

/**
 * The TCP header on the wire, RFC 9293 3.1, and its options.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+  0
 *  |          source port          |       destination port        |
 *  +-------------------------------+-------------------------------+  4
 *  |                        sequence number                        |
 *  +---------------------------------------------------------------+  8
 *  |                    acknowledgement number                     |
 *  +-------+-------+---------------+-------------------------------+ 12
 *  | data  | resv  |C E U A P R S F|            window             |
 *  | offset|       |W C R C S S Y I|                               |
 *  +-------+-------+---------------+-------------------------------+ 16
 *  |           checksum            |        urgent pointer         |
 *  +-------------------------------+-------------------------------+ 20
 *  |            options: kind, length, value; NOPs between         |
 *  +---------------------------------------------------------------+ 4 * data offset
 * </pre>
 *
 * All fields are big-endian.
 */
public final class TcpDescriptor {
    public static final int SOURCE_PORT_OFFSET = 0;
    public static final int DESTINATION_PORT_OFFSET = 2;
    public static final int SEQUENCE_OFFSET = 4;
    public static final int ACKNOWLEDGEMENT_OFFSET = 8;
    /** Header length in 32-bit words, in the upper four bits. */
    public static final int DATA_OFFSET_OFFSET = 12;

    public static final int FLAGS_OFFSET = 13;
    public static final int WINDOW_OFFSET = 14;
    public static final int CHECKSUM_OFFSET = 16;
    public static final int URGENT_POINTER_OFFSET = 18;
    public static final int OPTIONS_OFFSET = 20;

    /** Header length without options, in bytes. */
    public static final int MIN_HEADER_BYTES = 20;
    /** Longest header: data offset 15. */
    public static final int MAX_HEADER_BYTES = 60;

    /** RFC 9293 3.2: ends the options, no length byte. */
    public static final int OPTION_END = 0;
    /** RFC 9293 3.2: padding, no length byte. */
    public static final int OPTION_NOP = 1;
    /** RFC 9293 3.7.1, on SYN only. */
    public static final int OPTION_MAXIMUM_SEGMENT_SIZE = 2;
    /** RFC 7323 2.2, on SYN only. */
    public static final int OPTION_WINDOW_SCALE = 3;
    /** RFC 2018 2, on SYN only. */
    public static final int OPTION_SACK_PERMITTED = 4;
    /** RFC 2018 3: pairs of left and right edge. */
    public static final int OPTION_SACK = 5;
    /** RFC 7323 3.2: value, echo. */
    public static final int OPTION_TIMESTAMPS = 8;

    public static final int OPTION_MAXIMUM_SEGMENT_SIZE_BYTES = 4;
    public static final int OPTION_WINDOW_SCALE_BYTES = 3;
    public static final int OPTION_SACK_PERMITTED_BYTES = 2;
    public static final int OPTION_TIMESTAMPS_BYTES = 10;
    /** Kind and length of a SACK option; each block adds {@link #SACK_BLOCK_BYTES}. */
    public static final int OPTION_SACK_HEADER_BYTES = 2;

    public static final int SACK_BLOCK_BYTES = 8;

    private TcpDescriptor() {}
}
