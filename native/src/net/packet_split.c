#include "net/packet_split.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>

#define VNET_BYTES ((uint32_t)sizeof(struct virtio_net_hdr))

static uint32_t add_words(uint32_t sum, const void *bytes, uint32_t count) {
    const uint8_t *at = bytes;
    for (uint32_t i = 0; i < count; i += 2) {
        sum += (uint32_t)(at[i] << 8 | at[i + 1]);
    }
    return sum;
}

// RFC 1071.
static uint16_t fold(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

bool packet_split_applies(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame) {
    const uint8_t *ethernet = ring->base + frame->frame_offset;
    return frame->frame_bytes > PACKET_SPLIT_FRAME_BYTES && frame->segment_bytes != 0 &&
           frame->header_bytes <= PACKET_SPLIT_HEADER_BYTES && ethernet[12] == 0x08 && ethernet[13] == 0x00 &&
           ethernet[ETH_HLEN] == 0x45;
}

static void write_ip(struct iphdr *ip, uint32_t packet_bytes, uint32_t packets_before) {
    ip->tot_len = htons((uint16_t)packet_bytes);
    ip->id = htons((uint16_t)(ntohs(ip->id) + packets_before));
    ip->check = 0;
    ip->check = htons((uint16_t)~fold(add_words(0, ip, ip->ihl * 4u)));
}

static void write_tcp(struct tcphdr *tcp, const struct iphdr *ip, uint32_t transport_bytes, uint32_t offset, bool last) {
    tcp->seq = htonl(ntohl(tcp->seq) + offset);
    if (offset != 0) {
        tcp->res2 &= 1u;  // ECE stays, CWR does not
    }
    if (!last) {
        tcp->fin = 0;
        tcp->psh = 0;
    }
    // The pseudo header only (RFC 9293 3.1): the rest is left to the kernel or the device.
    tcp->check = htons(fold(add_words(IPPROTO_TCP + transport_bytes, &ip->saddr, 8)));
}

// Points `part` to the payload's bytes from `offset` on, which lie in the slot, elsewhere, or in both.
static void add_payload(struct packet_part *part, const struct dcn_tx_frame *frame, const uint8_t *payload,
                        uint32_t offset, uint32_t bytes) {
    uint32_t in_slot = frame->frame_bytes - frame->foreign_bytes - frame->header_bytes;
    uint32_t near = offset < in_slot ? (bytes < in_slot - offset ? bytes : in_slot - offset) : 0;
    if (near != 0) {
        part->pieces[part->pieces_used++] = (struct iovec){(void *)(uintptr_t)(payload + offset), near};
    }
    if (near != bytes) {
        uint64_t from = frame->foreign_address + offset + near - in_slot;
        part->pieces[part->pieces_used++] = (struct iovec){(void *)(uintptr_t)from, bytes - near};
    }
}

uint32_t packet_split(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame, uint32_t offset,
                      struct packet_part *part) {
    uint32_t header_bytes = frame->header_bytes;
    uint32_t left = frame->frame_bytes - header_bytes - offset;
    uint32_t most = PACKET_SPLIT_FRAME_BYTES - header_bytes;
    most -= most % frame->segment_bytes;
    bool last = left <= most;
    uint32_t bytes = last ? left : most;

    const uint8_t *vnet = packet_write_vnet(ring, frame);
    memcpy(part->headers, vnet, VNET_BYTES + header_bytes);
    if (bytes <= frame->segment_bytes) {
        // One packet: there is nothing to cut.
        struct virtio_net_hdr *own = (struct virtio_net_hdr *)part->headers;
        own->gso_type = VIRTIO_NET_HDR_GSO_NONE;
        own->gso_size = 0;
    } else if (offset != 0) {
        ((struct virtio_net_hdr *)part->headers)->gso_type &= (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
    }
    uint32_t tcp_at = frame->checksum_start;
    struct iphdr ip;
    struct tcphdr tcp;
    memcpy(&ip, part->headers + VNET_BYTES + ETH_HLEN, sizeof ip);
    memcpy(&tcp, part->headers + VNET_BYTES + tcp_at, sizeof tcp);
    write_ip(&ip, header_bytes - ETH_HLEN + bytes, offset / frame->segment_bytes);
    write_tcp(&tcp, &ip, header_bytes - tcp_at + bytes, offset, last);
    memcpy(part->headers + VNET_BYTES + ETH_HLEN, &ip, sizeof ip);
    memcpy(part->headers + VNET_BYTES + tcp_at, &tcp, sizeof tcp);

    part->pieces[0] = (struct iovec){part->headers, VNET_BYTES + header_bytes};
    part->pieces_used = 1;
    add_payload(part, frame, vnet + VNET_BYTES + header_bytes, offset, bytes);
    return last ? 0 : offset + bytes;
}
