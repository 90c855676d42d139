// Cuts a frame that the kernel would not take as a whole into shorter ones that hold many packets still.
#ifndef DCN_SRC_NET_PACKET_SPLIT_H
#define DCN_SRC_NET_PACKET_SPLIT_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "net/packet_tx.h"

// Longest IP packet whose length its header can tell (RFC 791 3.1), and Ethernet header.
#define PACKET_SPLIT_FRAME_BYTES 65535u
// Ethernet, and the longest IPv4 and TCP headers.
#define PACKET_SPLIT_HEADER_BYTES 134u

// A part of a frame, as sendmsg takes it: headers of its own, and payload from where the frame has it.
struct packet_part {
    uint8_t headers[sizeof(struct virtio_net_hdr) + PACKET_SPLIT_HEADER_BYTES];
    struct iovec pieces[3];
    uint32_t pieces_used;
};

// Whether the frame is longer than a part, and of the kind that can be cut: TCP over IPv4 without IP
// options, checksum left partial.
bool packet_split_applies(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame);

// Makes the part whose payload begins `offset` bytes into the frame's; returns where the next one begins, or 0 when this
// is the last. Sequence number, identification, lengths, checksums and flags are as if the frame had been cut by a
// device (kernel: tcp_gso_segment): CWR stays with the first packet, FIN and PSH with the last.
uint32_t packet_split(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame, uint32_t offset,
                      struct packet_part *part);

#endif
