// Segmentation in software, for drivers whose device takes one packet at a time: each packet gets headers of its own,
// made from a template by incremental sums; the payload is only pointed to. And the checksums that go with it.
//
// Sums are ones' complement sums of 16-bit words in memory order, not yet folded (RFC 1071 2(B): the order of bytes does
// not matter as long as it is the same throughout).
#ifndef DCN_SRC_NET_SEGMENT_H
#define DCN_SRC_NET_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Ethernet, and the longest IPv4 and TCP headers.
#define SEGMENT_HEADER_BYTES 134u

// What the headers of all packets of a frame have in common.
struct segment_template {
    const uint8_t *headers;  // the frame's own; unchanged
    uint32_t header_bytes;
    uint32_t tcp_at;  // from the Ethernet header
    uint32_t payload_bytes;
    uint32_t segment_bytes;
    uint32_t network_at;
    bool ipv6;
    uint16_t identification;  // IPv4, of the first packet
    uint32_t sequence;        // TCP, of the first packet
    uint32_t ip_sum;          // IPv4 header without length, identification and checksum
    uint32_t pseudo_sum;      // addresses and protocol
    uint32_t tcp_sum;         // TCP header without sequence number, flags and checksum
};

// Reads a frame's headers, TCP over IPv4 or IPv6 behind an Ethernet header with at most one VLAN tag. Returns false when
// they are something else. `headers` must stay until the last packet is written.
bool segment_begin(struct segment_template *template, const uint8_t *headers, uint32_t header_bytes, uint32_t tcp_at,
                   uint32_t payload_bytes, uint32_t segment_bytes);

// Writes the headers of the packet whose payload begins `offset` bytes into the frame's, to `out`, of
// SEGMENT_HEADER_BYTES; returns how many bytes of payload it has. Sequence number, identification, lengths and flags are
// as if a device had cut the frame (kernel: tcp_gso_segment): CWR stays with the first packet, FIN and PSH with the last.
// The TCP checksum is that of the pseudo header alone, left for a device to complete.
uint32_t segment_write(const struct segment_template *template, uint32_t offset, uint8_t *out);

// The same with a complete TCP checksum; `payload` is that of the packet.
uint32_t segment_write_complete(const struct segment_template *template, uint32_t offset, const uint8_t *payload,
                                uint8_t *out);

// Completes the TCP checksum, at `checksum_start` + 16, of a frame of one packet that holds that of the pseudo header.
void segment_complete(uint8_t *frame, uint32_t frame_bytes, uint32_t checksum_start);

// Whether the TCP checksum of a frame is that of its pseudo header alone: a sender on this machine left it to a device
// that never came.
bool segment_partial(const uint8_t *frame, uint32_t frame_bytes);

// Sum of bytes that begin a word.
uint64_t segment_sum(const void *bytes, size_t count);

#endif
