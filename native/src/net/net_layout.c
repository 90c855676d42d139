#include "dcn/net.h"
#include "support/layout.h"

DCN_LAYOUT(net) {
    DCN_LAYOUT_SIZE(dcn_port_opened);
    DCN_LAYOUT_OFFSET(dcn_port_opened, port);
    DCN_LAYOUT_OFFSET(dcn_port_opened, facts);
    DCN_LAYOUT_OFFSET(dcn_port_opened, message);

    DCN_LAYOUT_SIZE(dcn_port_facts);
    DCN_LAYOUT_OFFSET(dcn_port_facts, mac);
    DCN_LAYOUT_OFFSET(dcn_port_facts, flags);
    DCN_LAYOUT_OFFSET(dcn_port_facts, mtu);
    DCN_LAYOUT_OFFSET(dcn_port_facts, max_frame_bytes);
    DCN_LAYOUT_OFFSET(dcn_port_facts, frame_limit_bytes);
    DCN_LAYOUT_OFFSET(dcn_port_facts, numa_node);
    DCN_LAYOUT_OFFSET(dcn_port_facts, interface_name);
    DCN_LAYOUT_OFFSET(dcn_port_facts, kernel_driver);
    DCN_LAYOUT_OFFSET(dcn_port_facts, driver);

    DCN_LAYOUT_SIZE(dcn_port_queue_opened);
    DCN_LAYOUT_OFFSET(dcn_port_queue_opened, queue);
    DCN_LAYOUT_OFFSET(dcn_port_queue_opened, state);
    DCN_LAYOUT_OFFSET(dcn_port_queue_opened, message);

    DCN_LAYOUT_SIZE(dcn_ring_layout);
    DCN_LAYOUT_OFFSET(dcn_ring_layout, address);
    DCN_LAYOUT_OFFSET(dcn_ring_layout, slots);
    DCN_LAYOUT_OFFSET(dcn_ring_layout, slot_bytes);
    DCN_LAYOUT_OFFSET(dcn_ring_layout, payload_offset);

    DCN_LAYOUT_SIZE(dcn_queue_state);
    DCN_LAYOUT_OFFSET(dcn_queue_state, receive_address);
    DCN_LAYOUT_OFFSET(dcn_queue_state, receive_bytes);
    DCN_LAYOUT_OFFSET(dcn_queue_state, ring);
    DCN_LAYOUT_OFFSET(dcn_queue_state, wait_descriptor);
    DCN_LAYOUT_OFFSET(dcn_queue_state, link_up);
    DCN_LAYOUT_OFFSET(dcn_queue_state, tail);
    DCN_LAYOUT_OFFSET(dcn_queue_state, receive_dropped);
    DCN_LAYOUT_OFFSET(dcn_queue_state, dropped_link_down);
    DCN_LAYOUT_OFFSET(dcn_queue_state, dropped_refused);
    DCN_LAYOUT_OFFSET(dcn_queue_state, dropped_invalid);
    DCN_LAYOUT_OFFSET(dcn_queue_state, retries);
    DCN_LAYOUT_OFFSET(dcn_queue_state, starved);
    DCN_LAYOUT_OFFSET(dcn_queue_state, syns_shed);

    DCN_LAYOUT_SIZE(dcn_rx_frame);
    DCN_LAYOUT_OFFSET(dcn_rx_frame, offset);
    DCN_LAYOUT_OFFSET(dcn_rx_frame, bytes);
    DCN_LAYOUT_OFFSET(dcn_rx_frame, flags);

    DCN_LAYOUT_SIZE(dcn_tx_frame);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, slot);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, frame_offset);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, frame_bytes);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, segment_bytes);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, header_bytes);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, checksum_start);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, ring);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, flags);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, foreign_bytes);
    DCN_LAYOUT_OFFSET(dcn_tx_frame, foreign_address);

    DCN_LAYOUT_SIZE(dcn_link);
    DCN_LAYOUT_OFFSET(dcn_link, index);
    DCN_LAYOUT_OFFSET(dcn_link, mtu);
    DCN_LAYOUT_OFFSET(dcn_link, gso_max_size);
    DCN_LAYOUT_OFFSET(dcn_link, gso_ipv4_max_size);
    DCN_LAYOUT_OFFSET(dcn_link, tso_max_size);
    DCN_LAYOUT_OFFSET(dcn_link, flags);

    DCN_LAYOUT_SIZE(dcn_link_function);
    DCN_LAYOUT_OFFSET(dcn_link_function, mac);
    DCN_LAYOUT_OFFSET(dcn_link_function, vlan);
    DCN_LAYOUT_OFFSET(dcn_link_function, vlan_priority);
    DCN_LAYOUT_OFFSET(dcn_link_function, spoof_check);
    DCN_LAYOUT_OFFSET(dcn_link_function, trust);
}
