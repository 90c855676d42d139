package dev.diskcryptnet.ffi;

/**
 * Offsets and sizes, in bytes, of the structs of {@code dcn/net.h}. A test holds them equal to the C compiler's.
 *
 * <pre>
 *   dcn_rx_frame   0        4       8       12
 *                  | offset | bytes | flags |
 *   dcn_tx_frame   0      4              8             12              14             16               18     19      20
 *                  | slot | frame_offset | frame_bytes | segment_bytes | header_bytes | checksum_start | ring | flags |
 *                  20              24                32
 *                  | foreign_bytes | foreign_address |
 * </pre>
 */
public final class NetLayout {
    public static final int OPENED_SIZE = 360;
    public static final int OPENED_PORT = 0;
    public static final int OPENED_FACTS = 8;
    public static final int OPENED_MESSAGE = 100;

    public static final int FACTS_SIZE = 92;
    public static final int FACTS_MAC = 0;
    public static final int FACTS_FLAGS = 8;
    public static final int FACTS_MTU = 12;
    public static final int FACTS_MAX_FRAME_BYTES = 16;
    public static final int FACTS_FRAME_LIMIT_BYTES = 20;
    public static final int FACTS_NUMA_NODE = 24;
    public static final int FACTS_INTERFACE_NAME = 28;
    public static final int FACTS_KERNEL_DRIVER = 44;
    public static final int FACTS_DRIVER = 76;

    public static final int QUEUE_OPENED_SIZE = 272;
    public static final int QUEUE_OPENED_QUEUE = 0;
    public static final int QUEUE_OPENED_STATE = 8;
    public static final int QUEUE_OPENED_MESSAGE = 16;

    public static final int RING_SIZE = 24;
    public static final int RING_ADDRESS = 0;
    public static final int RING_SLOTS = 8;
    public static final int RING_SLOT_BYTES = 12;
    public static final int RING_PAYLOAD_OFFSET = 16;

    public static final int STATE_SIZE = 144;
    public static final int STATE_RECEIVE_ADDRESS = 0;
    public static final int STATE_RECEIVE_BYTES = 8;
    public static final int STATE_RING = 16;
    public static final int STATE_WAIT_DESCRIPTOR = 64;
    public static final int STATE_LINK_UP = 68;
    public static final int STATE_TAIL = 72;
    public static final int STATE_RECEIVE_DROPPED = 88;
    public static final int STATE_DROPPED_LINK_DOWN = 96;
    public static final int STATE_DROPPED_REFUSED = 104;
    public static final int STATE_DROPPED_INVALID = 112;
    public static final int STATE_RETRIES = 120;
    public static final int STATE_STARVED = 128;
    public static final int STATE_SYNS_SHED = 136;

    public static final int RX_SIZE = 12;
    public static final int RX_OFFSET = 0;
    public static final int RX_BYTES = 4;
    public static final int RX_FLAGS = 8;

    public static final int TX_SIZE = 32;
    public static final int TX_SLOT = 0;
    public static final int TX_FRAME_OFFSET = 4;
    public static final int TX_FRAME_BYTES = 8;
    public static final int TX_SEGMENT_BYTES = 12;
    public static final int TX_HEADER_BYTES = 14;
    public static final int TX_CHECKSUM_START = 16;
    public static final int TX_RING = 18;
    public static final int TX_FLAGS = 19;
    public static final int TX_FOREIGN_BYTES = 20;
    public static final int TX_FOREIGN_ADDRESS = 24;

    public static final int LINK_SIZE = 24;
    public static final int LINK_INDEX = 0;
    public static final int LINK_MTU = 4;
    public static final int LINK_GSO_MAX_SIZE = 8;
    public static final int LINK_GSO_IPV4_MAX_SIZE = 12;
    public static final int LINK_TSO_MAX_SIZE = 16;
    public static final int LINK_FLAGS = 20;

    public static final int FUNCTION_SIZE = 20;
    public static final int FUNCTION_MAC = 0;
    public static final int FUNCTION_VLAN = 6;
    public static final int FUNCTION_VLAN_PRIORITY = 8;
    public static final int FUNCTION_SPOOF_CHECK = 12;
    public static final int FUNCTION_TRUST = 16;

    private NetLayout() {}
}
