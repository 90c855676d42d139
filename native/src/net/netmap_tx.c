#include "net/netmap_tx.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>

#include "net/segment.h"

#define TCP_FLAGS_OFFSET 13u  // RFC 9293 3.1
#define TCP_CHECKSUM_OFFSET 16u
#define TCP_FLAG_CWR 0x80u
#define FRAME_BYTES_MAX 65535u

int netmap_slots_open(struct netmap_slots *ring, uint8_t *base, uint32_t slots, uint32_t slot_bytes) {
    ring->base = base;
    ring->slots = slots;
    ring->slot_bytes = slot_bytes;
    ring->state = calloc(slots, 1);
    ring->frames = calloc(slots, sizeof *ring->frames);
    return ring->state == NULL || ring->frames == NULL ? -ENOMEM : 0;
}

void netmap_slots_close(struct netmap_slots *ring) {
    free(ring->state);
    free(ring->frames);
}

int netmap_tx_open(struct netmap_tx *tx, struct netmap_ring *ring) {
    tx->ring = ring;
    tx->reclaimed = netmap_next(ring, ring->tail);
    tx->lent = calloc(ring->slots, sizeof *tx->lent);
    return tx->lent == NULL ? -ENOMEM : 0;
}

static void put_back(struct netmap_tx *tx, uint32_t index) {
    struct netmap_lent *lent = &tx->lent[index];
    if (lent->own_buffer != 0) {
        tx->ring->slot[index].buffer = lent->own_buffer;
        tx->ring->slot[index].flags = NETMAP_SLOT_BUFFER_CHANGED;
        lent->own_buffer = 0;
    }
    if (lent->data_slot != 0) {
        tx->rings[DCN_RING_DATA].state[lent->data_slot - 1] = NETMAP_SLOT_DONE;
        lent->data_slot = 0;
    }
}

void netmap_tx_close(struct netmap_tx *tx) {
    for (uint32_t i = 0; tx->lent != NULL && i < tx->ring->slots; i++) {
        put_back(tx, i);
    }
    free(tx->lent);
    tx->lent = NULL;
}

static uint32_t slot_of(const struct netmap_slots *ring, uint64_t sequence) {
    return (uint32_t)sequence & (ring->slots - 1);
}

// Bytes at the frame's beginning that are headers for certain.
static uint32_t header_bytes(const struct dcn_tx_frame *frame) {
    if (frame->segment_bytes != 0) {
        return frame->header_bytes;
    }
    return frame->checksum_start == 0 ? ETH_HLEN : frame->checksum_start + TCP_CHECKSUM_OFFSET + 2u;
}

// Whether the frame is one packet on the wire.
static bool is_packet(const struct dcn_tx_frame *frame) {
    return frame->segment_bytes == 0 || frame->frame_bytes <= (uint32_t)frame->header_bytes + frame->segment_bytes;
}

// How a frame is spread over netmap slots in one piece: `copied` bytes into their own buffers, the rest lent.
struct spread {
    uint32_t copied;
    uint32_t copied_slots;
    uint32_t lent_slots;
    uint32_t first_lent;  // buffer
};

static struct spread spread_of(const struct netmap_tx *tx, const struct netmap_slots *ring,
                               const struct dcn_tx_frame *frame) {
    uint32_t buffer_bytes = tx->ring->buffer_bytes;
    struct spread spread = {.copied = frame->frame_bytes};
    // An interface in emulated mode behind the switch sends each slot as a packet: one that fits a slot has one. The others are
    // cut on the way there, which puts them together.
    bool fits = is_packet(frame) && tx->port_header_bytes + frame->frame_bytes <= buffer_bytes;
    if (ring->first_buffer != 0 && !fits) {
        uint32_t start = frame->frame_offset - frame->slot * ring->slot_bytes;
        // A packet's slots begin where their buffers do.
        uint32_t boundary = (start + header_bytes(frame) + buffer_bytes - 1) / buffer_bytes * buffer_bytes;
        if (boundary < start + frame->frame_bytes) {
            spread.copied = boundary - start;
            spread.lent_slots = (frame->frame_bytes - spread.copied + buffer_bytes - 1) / buffer_bytes;
            spread.first_lent = ring->first_buffer + (frame->slot * ring->slot_bytes + boundary) / buffer_bytes;
        }
    }
    spread.copied_slots = (tx->port_header_bytes + spread.copied + buffer_bytes - 1) / buffer_bytes;
    return spread;
}

static bool inside_slot(const struct netmap_slots *ring, const struct dcn_tx_frame *frame) {
    uint64_t start = (uint64_t)frame->slot * ring->slot_bytes;
    return frame->foreign_bytes == 0 && frame->frame_bytes >= ETH_HLEN && frame->frame_bytes <= FRAME_BYTES_MAX &&
           frame->frame_offset >= start && frame->frame_offset + (uint64_t)frame->frame_bytes <= start + ring->slot_bytes;
}

static bool cut_begin(struct segment_template *template, const struct netmap_slots *ring,
                      const struct dcn_tx_frame *frame) {
    return segment_begin(template, ring->base + frame->frame_offset, frame->header_bytes, frame->checksum_start,
                         frame->frame_bytes - frame->header_bytes, frame->segment_bytes);
}

static bool frame_valid(const struct netmap_tx *tx, const struct netmap_slots *ring, const struct dcn_tx_frame *frame) {
    if (!inside_slot(ring, frame) || header_bytes(frame) > frame->frame_bytes ||
        (frame->segment_bytes != 0 && frame->checksum_start == 0)) {
        return false;
    }
    struct segment_template template;
    if (is_packet(frame) ? frame->frame_bytes > tx->packet_bytes
                         : (uint32_t)frame->header_bytes + frame->segment_bytes > tx->packet_bytes ||
                               !cut_begin(&template, ring, frame)) {
        return false;
    }
    struct spread spread = spread_of(tx, ring, frame);
    return tx->port_header_bytes == 0 || spread.copied_slots + spread.lent_slots <= NETMAP_PACKET_SLOTS_MAX;
}

bool netmap_tx_put(struct netmap_tx *tx, const struct dcn_tx_frame *frame) {
    if (frame->ring >= DCN_RINGS) {
        return false;
    }
    struct netmap_slots *ring = &tx->rings[frame->ring];
    if (frame->slot >= ring->slots || ring->state[frame->slot] != NETMAP_SLOT_FREE) {
        return false;
    }
    bool cancel = (frame->flags & DCN_TX_CANCEL) != 0;
    bool valid = cancel || frame_valid(tx, ring, frame);
    ring->state[frame->slot] = valid && !cancel ? NETMAP_SLOT_READY : NETMAP_SLOT_CANCELLED;
    ring->frames[frame->slot] = *frame;
    return valid;
}

// Virtio 1.3, 5.1.6; the field num_buffers of a header of 12 bytes stays 0.
static void write_port_header(const struct netmap_tx *tx, const uint8_t *ethernet, const struct dcn_tx_frame *frame,
                              uint8_t *out) {
    struct virtio_net_hdr header = {0};
    if (frame->checksum_start != 0) {
        header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header.csum_start = frame->checksum_start;
        header.csum_offset = TCP_CHECKSUM_OFFSET;
    }
    if (!is_packet(frame)) {
        const uint8_t *ip = ethernet + ETH_HLEN + (ethernet[12] == 0x81 && ethernet[13] == 0 ? 4 : 0);  // IEEE 802.1Q
        header.gso_type = ip[0] >> 4 == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
        if ((ethernet[frame->checksum_start + TCP_FLAGS_OFFSET] & TCP_FLAG_CWR) != 0) {
            header.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        }
        header.gso_size = frame->segment_bytes;
        header.hdr_len = frame->header_bytes;
    }
    memset(out, 0, tx->port_header_bytes);
    memcpy(out, &header, sizeof header);
}

static void write_slot(struct netmap_ring *ring, uint32_t index, uint32_t bytes, bool more) {
    struct netmap_slot *slot = &ring->slot[index];
    slot->bytes = (uint16_t)bytes;
    // A buffer that has changed since the kernel saw the slot last is told of once.
    slot->flags = (uint16_t)((slot->flags & NETMAP_SLOT_BUFFER_CHANGED) | (more ? NETMAP_SLOT_MORE : 0));
    slot->pointer = 0;
}

// Copies what has to be into the slots' own buffers, port header first. Returns the slot behind.
static uint32_t copy_beginning(struct netmap_tx *tx, uint32_t at, const uint8_t *ethernet,
                               const struct dcn_tx_frame *frame, const struct spread *spread) {
    uint32_t done = 0;
    for (uint32_t i = 0; i < spread->copied_slots; i++) {
        uint8_t *buffer = netmap_buffer(tx->ring, tx->ring->slot[at].buffer);
        uint32_t used = i == 0 ? tx->port_header_bytes : 0;
        if (used != 0) {
            write_port_header(tx, ethernet, frame, buffer);
        }
        uint32_t room = tx->ring->buffer_bytes - used;
        uint32_t bytes = spread->copied - done < room ? spread->copied - done : room;
        memcpy(buffer + used, ethernet + done, bytes);
        done += bytes;
        write_slot(tx->ring, at, used + bytes, i + 1 < spread->copied_slots || spread->lent_slots != 0);
        at = netmap_next(tx->ring, at);
    }
    return at;
}

static uint32_t lend_rest(struct netmap_tx *tx, uint32_t at, const struct dcn_tx_frame *frame,
                          const struct spread *spread) {
    uint32_t left = frame->frame_bytes - spread->copied;
    for (uint32_t i = 0; i < spread->lent_slots; i++) {
        struct netmap_slot *slot = &tx->ring->slot[at];
        bool last = i + 1 == spread->lent_slots;
        uint32_t bytes = last ? left : tx->ring->buffer_bytes;
        tx->lent[at] = (struct netmap_lent){slot->buffer, last ? frame->slot + 1 : 0};
        slot->buffer = spread->first_lent + i;
        slot->flags = NETMAP_SLOT_BUFFER_CHANGED;
        write_slot(tx->ring, at, bytes, !last);
        left -= bytes;
        at = netmap_next(tx->ring, at);
    }
    return at;
}

// The frame `next` as one packet. False when there is no room for all of it.
static bool put_whole(struct netmap_tx *tx, struct netmap_slots *ring, uint32_t slot, uint32_t *at) {
    const struct dcn_tx_frame *frame = &ring->frames[slot];
    struct spread spread = spread_of(tx, ring, frame);
    if (netmap_space(tx->ring, *at) < spread.copied_slots + spread.lent_slots) {
        return false;
    }
    *at = copy_beginning(tx, *at, ring->base + frame->frame_offset, frame, &spread);
    *at = lend_rest(tx, *at, frame, &spread);
    ring->state[slot] = spread.lent_slots != 0 ? NETMAP_SLOT_LENT : NETMAP_SLOT_DONE;
    return true;
}

// Copies one packet into a netmap slot's own buffer: its payload is summed while it is in the cache. Returns where the
// payload of the next one begins within the frame's, 0 behind the last.
static uint32_t put_packet(struct netmap_tx *tx, const uint8_t *ethernet, const struct dcn_tx_frame *frame,
                           const struct segment_template *template, uint32_t offset, uint32_t at) {
    uint8_t *buffer = netmap_buffer(tx->ring, tx->ring->slot[at].buffer);
    if (template == NULL) {
        memcpy(buffer, ethernet, frame->frame_bytes);
        if (frame->checksum_start != 0) {
            segment_complete(buffer, frame->frame_bytes, frame->checksum_start);
        }
        write_slot(tx->ring, at, frame->frame_bytes, false);
        return 0;
    }
    uint32_t left = template->payload_bytes - offset;
    uint32_t bytes = left < template->segment_bytes ? left : template->segment_bytes;
    uint8_t *payload = buffer + template->header_bytes;
    memcpy(payload, ethernet + template->header_bytes + offset, bytes);
    segment_write_complete(template, offset, payload, buffer);
    write_slot(tx->ring, at, template->header_bytes + bytes, false);
    return left == bytes ? 0 : offset + bytes;
}

// The frame `next` in packets of one netmap slot, from where the call before left off. False when room ran out.
static bool put_cut(struct netmap_tx *tx, struct netmap_slots *ring, uint32_t slot, uint32_t *at) {
    const struct dcn_tx_frame *frame = &ring->frames[slot];
    const uint8_t *ethernet = ring->base + frame->frame_offset;
    struct segment_template template;
    bool cut = !is_packet(frame) && cut_begin(&template, ring, frame);
    do {
        if (netmap_space(tx->ring, *at) == 0) {
            return false;
        }
        ring->offset = put_packet(tx, ethernet, frame, cut ? &template : NULL, ring->offset, *at);
        *at = netmap_next(tx->ring, *at);
    } while (ring->offset != 0);
    ring->state[slot] = NETMAP_SLOT_DONE;
    return true;
}

static uint32_t fill_from(struct netmap_tx *tx, struct netmap_slots *ring, uint32_t *at) {
    uint32_t frames = 0;
    for (; ring->next != ring->tail + ring->slots; ring->next++) {
        uint32_t slot = slot_of(ring, ring->next);
        if (ring->state[slot] == NETMAP_SLOT_CANCELLED) {
            ring->state[slot] = NETMAP_SLOT_DONE;
        } else if (ring->state[slot] != NETMAP_SLOT_READY) {
            break;
        } else if (tx->port_header_bytes != 0 ? put_whole(tx, ring, slot, at) : put_cut(tx, ring, slot, at)) {
            frames++;
        } else {
            break;
        }
    }
    return frames;
}

uint32_t netmap_tx_fill(struct netmap_tx *tx) {
    uint32_t at = tx->ring->head;
    uint32_t frames = 0;
    for (int i = DCN_RINGS; i-- > 0;) {
        frames += fill_from(tx, &tx->rings[i], &at);
    }
    // No barrier: the kernel reads slots in a system call of this thread's.
    tx->ring->head = tx->ring->cur = at;
    return frames;
}

void netmap_tx_reclaim(struct netmap_tx *tx) {
    // The slot at tail is kept by the kernel but is done with: tail stands in front of the oldest that is not.
    uint32_t end = netmap_next(tx->ring, tx->ring->tail);
    for (; tx->reclaimed != end && end < tx->ring->slots; tx->reclaimed = netmap_next(tx->ring, tx->reclaimed)) {
        put_back(tx, tx->reclaimed);
    }
    for (int i = 0; i < DCN_RINGS; i++) {
        struct netmap_slots *ring = &tx->rings[i];
        for (; ring->tail != ring->next && ring->state[slot_of(ring, ring->tail)] == NETMAP_SLOT_DONE; ring->tail++) {
            ring->state[slot_of(ring, ring->tail)] = NETMAP_SLOT_FREE;
        }
    }
}

bool netmap_tx_waiting(const struct netmap_tx *tx) {
    for (int i = 0; i < DCN_RINGS; i++) {
        const struct netmap_slots *ring = &tx->rings[i];
        if (ring->next != ring->tail + ring->slots && ring->state[slot_of(ring, ring->next)] == NETMAP_SLOT_READY) {
            return true;
        }
    }
    return false;
}

uint32_t netmap_tx_drop(struct netmap_tx *tx) {
    uint32_t frames = 0;
    for (int i = 0; i < DCN_RINGS; i++) {
        struct netmap_slots *ring = &tx->rings[i];
        for (uint64_t sequence = ring->next; sequence != ring->tail + ring->slots; sequence++) {
            uint32_t slot = slot_of(ring, sequence);
            if (ring->state[slot] == NETMAP_SLOT_READY) {
                ring->state[slot] = NETMAP_SLOT_CANCELLED;
                frames++;
            }
        }
        ring->offset = 0;
    }
    return frames;
}
