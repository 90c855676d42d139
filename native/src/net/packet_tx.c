#include "net/packet_tx.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stddef.h>
#include <string.h>

#define TCP_FLAGS_OFFSET 13  // RFC 9293 3.1
#define TCP_CHECKSUM_OFFSET 16
#define TCP_FLAG_CWR 0x80
#define FRAME_OFFSET_MIN TPACKET_ALIGN(sizeof(struct tpacket2_hdr))

// So much of a frame of one packet is copied into the kernel's buffer head: for a short one cheaper than a page
// fragment.
#define INLINE_BYTES 256

_Static_assert(PACKET_TX_HEADROOM_BYTES == FRAME_OFFSET_MIN + sizeof(struct virtio_net_hdr), "headroom");

static struct tpacket2_hdr *slot_header(const struct packet_tx_ring *ring, uint32_t slot) {
    return (struct tpacket2_hdr *)(void *)(ring->base + (size_t)slot * ring->slot_bytes);
}

static uint32_t slot_of(const struct packet_tx_ring *ring, uint64_t sequence) {
    return (uint32_t)sequence & (ring->slots - 1);
}

static uint32_t slot_status(const struct packet_tx_ring *ring, uint64_t sequence) {
    // Acquire: what the caller writes into the slot next comes after the kernel's last use of it.
    return __atomic_load_n(&slot_header(ring, slot_of(ring, sequence))->tp_status, __ATOMIC_ACQUIRE);
}

static void slot_mark(const struct packet_tx_ring *ring, uint32_t slot, uint32_t status) {
    // Release: headers and payload are visible before the kernel may see the mark.
    __atomic_store_n(&slot_header(ring, slot)->tp_status, status, __ATOMIC_RELEASE);
}

// Under PACKET_LOSS the kernel steps over a slot whose frame starts inside the slot's header, without a word in the
// log.
static void slot_malform(const struct packet_tx_ring *ring, uint32_t slot) {
    struct tpacket2_hdr *header = slot_header(ring, slot);
    header->tp_len = 0;
    header->tp_mac = 0;
    slot_mark(ring, slot, TP_STATUS_SEND_REQUEST);
}

static uint8_t segmentation_type(const uint8_t *ethernet) {
    const uint8_t *type = ethernet + 2 * ETH_ALEN;
    if (type[0] == 0x81 && type[1] == 0x00) {  // IEEE 802.1Q tag in front
        type += 4;
    }
    if (type[0] == 0x08 && type[1] == 0x00) {
        return VIRTIO_NET_HDR_GSO_TCPV4;
    }
    return type[0] == 0x86 && type[1] == 0xdd ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_NONE;
}

bool packet_frame_valid(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame) {
    uint64_t start = (uint64_t)frame->slot * ring->slot_bytes;
    if (frame->frame_bytes > ring->slot_bytes || frame->foreign_bytes > frame->frame_bytes) {
        return false;
    }
    uint32_t slot_bytes = frame->frame_bytes - frame->foreign_bytes;
    if (frame->frame_offset < start + PACKET_TX_HEADROOM_BYTES || slot_bytes < ETH_HLEN ||
        frame->frame_offset + (uint64_t)slot_bytes > start + ring->slot_bytes ||
        frame->frame_offset - start > UINT16_MAX) {  // tp_mac has 16 bits
        return false;
    }
    if (frame->checksum_start != 0 && frame->checksum_start + TCP_CHECKSUM_OFFSET + 2u > slot_bytes) {
        return false;
    }
    return frame->segment_bytes == 0 ||
           (frame->checksum_start != 0 && frame->header_bytes >= frame->checksum_start + 20u &&
            frame->header_bytes <= slot_bytes && frame->header_bytes < frame->frame_bytes &&
            segmentation_type(ring->base + frame->frame_offset) != VIRTIO_NET_HDR_GSO_NONE);
}

uint8_t *packet_write_vnet(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame) {
    uint8_t *ethernet = ring->base + frame->frame_offset;
    struct virtio_net_hdr vnet = {0};
    vnet.hdr_len = (uint16_t)(frame->frame_bytes <= INLINE_BYTES ? frame->frame_bytes : INLINE_BYTES);
    if (frame->checksum_start != 0) {
        vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        vnet.csum_start = frame->checksum_start;
        vnet.csum_offset = TCP_CHECKSUM_OFFSET;
    }
    if (frame->segment_bytes != 0) {
        vnet.gso_type = segmentation_type(ethernet);
        if ((ethernet[frame->checksum_start + TCP_FLAGS_OFFSET] & TCP_FLAG_CWR) != 0) {
            vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;  // which keeps it off cards that would repeat CWR in each packet
        }
        vnet.gso_size = frame->segment_bytes;
        vnet.hdr_len = frame->header_bytes;
    }
    return memcpy(ethernet - sizeof vnet, &vnet, sizeof vnet);
}

static void write_headers(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame) {
    struct tpacket2_hdr *header = slot_header(ring, frame->slot);
    header->tp_len = frame->frame_bytes + (uint32_t)sizeof(struct virtio_net_hdr);
    header->tp_mac = (uint16_t)(packet_write_vnet(ring, frame) - (uint8_t *)header);
    slot_mark(ring, frame->slot, TP_STATUS_SEND_REQUEST);
}

bool packet_tx_put(struct packet_tx_ring *ring, const struct dcn_tx_frame *frame) {
    if (frame->slot >= ring->slots || ring->state[frame->slot] != PACKET_SLOT_FREE) {
        return false;
    }
    bool cancel = (frame->flags & DCN_TX_CANCEL) != 0;
    bool valid = cancel || (frame->foreign_bytes == 0 && packet_frame_valid(ring, frame));
    if (ring->down) {
        ring->state[frame->slot] = PACKET_SLOT_DROPPED;
    } else if (cancel || !valid) {
        ring->state[frame->slot] = PACKET_SLOT_CANCELLED;
        slot_malform(ring, frame->slot);
    } else {
        ring->state[frame->slot] = PACKET_SLOT_READY;
        write_headers(ring, frame);
    }
    return valid;
}

bool packet_tx_waiting(const struct packet_tx_ring *ring) {
    uint8_t state = ring->state[slot_of(ring, ring->kernel)];
    return ring->kernel != ring->tail + ring->slots &&
           (state == PACKET_SLOT_READY || state == PACKET_SLOT_CANCELLED) &&
           (slot_status(ring, ring->kernel) & TP_STATUS_SEND_REQUEST) != 0;
}

uint32_t packet_tx_advance(struct packet_tx_ring *ring) {
    uint32_t taken = 0;
    for (; ring->kernel != ring->tail + ring->slots; ring->kernel++) {
        uint8_t state = ring->state[slot_of(ring, ring->kernel)];
        if (state == PACKET_SLOT_FREE ||
            (state != PACKET_SLOT_DROPPED && (slot_status(ring, ring->kernel) & TP_STATUS_SEND_REQUEST) != 0)) {
            break;
        }
        taken += state == PACKET_SLOT_READY;
    }
    for (; ring->tail != ring->kernel; ring->tail++) {
        uint32_t slot = slot_of(ring, ring->tail);
        if ((slot_status(ring, ring->tail) & (TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING)) != 0) {
            break;
        }
        ring->state[slot] = PACKET_SLOT_FREE;
    }
    return taken;
}

uint32_t packet_tx_down(struct packet_tx_ring *ring) {
    uint32_t dropped = 0;
    ring->down = true;
    ring->stalled = ring->kernel;
    for (uint64_t sequence = ring->kernel; sequence != ring->tail + ring->slots; sequence++) {
        uint32_t slot = slot_of(ring, sequence);
        if (ring->state[slot] != PACKET_SLOT_FREE) {
            dropped += ring->state[slot] == PACKET_SLOT_READY;
            ring->state[slot] = PACKET_SLOT_DROPPED;
            slot_mark(ring, slot, TP_STATUS_AVAILABLE);
        }
    }
    return dropped;
}

uint32_t packet_tx_up_begin(struct packet_tx_ring *ring) {
    // The kernel counts modulo the ring: whole rounds need no stepping.
    uint32_t skips = (uint32_t)(ring->kernel - ring->stalled) & (ring->slots - 1);
    ring->stalled = ring->kernel - skips;
    for (uint64_t sequence = ring->stalled; sequence != ring->kernel; sequence++) {
        slot_malform(ring, slot_of(ring, sequence));
    }
    return skips;
}

bool packet_tx_up_end(struct packet_tx_ring *ring) {
    while (ring->stalled != ring->kernel && (slot_status(ring, ring->stalled) & TP_STATUS_SEND_REQUEST) == 0) {
        ring->stalled++;
    }
    for (uint64_t sequence = ring->stalled; sequence != ring->kernel; sequence++) {
        slot_mark(ring, slot_of(ring, sequence), TP_STATUS_AVAILABLE);
    }
    ring->down = ring->stalled != ring->kernel;
    // Dropped slots behind one that the caller holds: the kernel has yet to come to them.
    for (uint64_t sequence = ring->kernel; !ring->down && sequence != ring->tail + ring->slots; sequence++) {
        uint32_t slot = slot_of(ring, sequence);
        if (ring->state[slot] == PACKET_SLOT_DROPPED) {
            ring->state[slot] = PACKET_SLOT_CANCELLED;
            slot_malform(ring, slot);
        }
    }
    return !ring->down;
}
