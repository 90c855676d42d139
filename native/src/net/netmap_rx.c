#include "net/netmap_rx.h"

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <string.h>

#include "net/segment.h"

void netmap_rx_release(struct netmap_rx *rx) {
    // No barrier: the kernel writes into them in a system call of this thread's.
    rx->ring->head = rx->ring->cur = rx->next;
    rx->long_used = 0;
}

static void swap(struct netmap_slot *a, struct netmap_slot *b) {
    uint32_t buffer = a->buffer;
    a->buffer = b->buffer;
    b->buffer = buffer;
    a->flags = b->flags = NETMAP_SLOT_BUFFER_CHANGED;
    b->bytes = a->bytes;
}

static uint32_t bounded(const struct netmap_ring *ring, const struct netmap_slot *slot) {
    return slot->bytes < ring->buffer_bytes ? slot->bytes : ring->buffer_bytes;
}

// Slots of the packet at `next`, 0 when not all of it is there.
static uint32_t packet_slots(const struct netmap_rx *rx) {
    uint32_t left = netmap_space(rx->ring, rx->next);
    uint32_t at = rx->next;
    for (uint32_t count = 1; count <= left; count++) {
        if ((rx->ring->slot[at].flags & NETMAP_SLOT_MORE) == 0) {
            return count;
        }
        at = netmap_next(rx->ring, at);
    }
    return 0;
}

// Puts the packet's pieces one behind the other. Returns its length, with DCN_RX_TRUNCATED in *flags when it is longer.
static uint32_t put_together(struct netmap_rx *rx, uint8_t *place, uint32_t slots, uint32_t *flags) {
    uint32_t bytes = 0;
    uint32_t at = rx->next;
    for (uint32_t i = 0; i < slots; i++) {
        const struct netmap_slot *slot = &rx->ring->slot[at];
        uint32_t piece = netmap_memory_holds(rx->memory, rx->ring, slot->buffer) ? bounded(rx->ring, slot) : 0;
        if (piece > NETMAP_LONG_BYTES - bytes) {
            piece = NETMAP_LONG_BYTES - bytes;
            *flags |= DCN_RX_TRUNCATED;
        }
        memcpy(place + bytes, netmap_buffer(rx->ring, slot->buffer), piece);
        bytes += piece;
        at = netmap_next(rx->ring, at);
    }
    return bytes;
}

// Whether the packet at `next` goes to the kernel's ring; `shared` when we look at it as well.
static bool pass_up(struct netmap_rx *rx, uint32_t slots, bool shared) {
    struct netmap_ring *to = rx->to_kernel;
    if (to == NULL || slots != 1 || netmap_space(to, to->head) == 0) {
        return false;
    }
    struct netmap_slot *from = &rx->ring->slot[rx->next];
    struct netmap_slot *slot = &to->slot[to->head];
    if (shared) {
        slot->bytes = (uint16_t)bounded(rx->ring, from);
        slot->flags = slot->flags & NETMAP_SLOT_BUFFER_CHANGED;
        memcpy(netmap_buffer(to, slot->buffer), netmap_buffer(rx->ring, from->buffer), slot->bytes);
    } else {
        from->bytes = (uint16_t)bounded(rx->ring, from);
        swap(from, slot);
    }
    to->head = to->cur = netmap_next(to, to->head);
    return true;
}

static uint32_t checksum_flag(const struct netmap_rx *rx, const uint8_t *packet, const uint8_t *frame, uint32_t bytes) {
    struct virtio_net_hdr header = {0};
    if (rx->port_header_bytes != 0) {
        memcpy(&header, packet, sizeof header);
    }
    // What came to the switch without such a header, from an interface of this machine, has an empty one.
    return (header.flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID)) != 0 || segment_partial(frame, bytes)
               ? DCN_RX_CHECKSUM_GOOD
               : 0;
}

// Looks at the packet at `next`. Returns whether it is handed out as *frame; the caller steps over it either way.
static bool take_one(struct netmap_rx *rx, uint32_t slots, struct dcn_rx_frame *frame) {
    uint32_t flags = 0;
    const struct netmap_slot *slot = &rx->ring->slot[rx->next];
    if (!netmap_memory_holds(rx->memory, rx->ring, slot->buffer)) {
        return false;
    }
    uint8_t *packet = netmap_buffer(rx->ring, slot->buffer);
    uint32_t bytes = bounded(rx->ring, slot);
    if (slots > 1) {
        packet = rx->long_frames + (size_t)rx->long_used * NETMAP_LONG_BYTES;
        bytes = put_together(rx, packet, slots, &flags);
    }
    if (bytes < rx->port_header_bytes) {
        return false;
    }
    const uint8_t *ethernet = packet + rx->port_header_bytes;
    bytes -= rx->port_header_bytes;
    uint32_t whose = netmap_steer(rx->station, ethernet, bytes);
    bool ours = (whose & NETMAP_OURS) != 0;
    if ((whose & NETMAP_KERNELS) != 0) {
        bool passed = pass_up(rx, slots, ours);
        rx->passed += passed;
        rx->not_passed += !passed;
    }
    if (!ours) {
        return false;
    }
    rx->long_used += slots > 1;
    *frame = (struct dcn_rx_frame){.offset = (uint32_t)(ethernet - rx->memory->base), .bytes = bytes,
                                   .flags = flags | checksum_flag(rx, packet, ethernet, bytes)};
    return true;
}

uint32_t netmap_rx_take(struct netmap_rx *rx, struct dcn_rx_frame *frames, uint32_t max) {
    uint32_t count = 0;
    uint32_t slots;
    while (count < max && rx->long_used < NETMAP_LONG_FRAMES && (slots = packet_slots(rx)) != 0) {
        count += take_one(rx, slots, &frames[count]);
        for (; slots > 0; slots--) {
            rx->next = netmap_next(rx->ring, rx->next);
        }
    }
    return count;
}

uint32_t netmap_pass(struct netmap_ring *from, struct netmap_ring *to) {
    uint32_t count = 0;
    for (; netmap_space(from, from->head) > 0 && netmap_space(to, to->head) > 0; count++) {
        struct netmap_slot *slot = &from->slot[from->head];
        slot->bytes = (uint16_t)bounded(from, slot);
        swap(slot, &to->slot[to->head]);
        from->head = from->cur = netmap_next(from, from->head);
        to->head = to->cur = netmap_next(to, to->head);
    }
    return count;
}
