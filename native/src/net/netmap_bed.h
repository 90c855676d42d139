// For tests: memory laid out as netmap's mapping is, and a kernel that plays the other end of its rings.
#ifndef DCN_SRC_NET_NETMAP_BED_H
#define DCN_SRC_NET_NETMAP_BED_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/netmap_memory.h"
#include "support/test.h"

#define BED_RINGS 4u  // one of each kind
#define BED_IF_AT 64u
#define BED_PACKET_BYTES 70000u

struct netmap_bed {
    struct netmap_memory memory;
    struct netmap_ring *ring[BED_RINGS];
    uint32_t position[BED_RINGS];  // the kernel's: next slot that it looks at
    uint32_t buffers;              // in all
    uint32_t extra;                // the first of the extra buffers
    uint8_t *seen;                 // by each check that counts buffers
};

static inline void netmap_bed_open(struct netmap_bed *bed, uint32_t slots, uint32_t buffer_bytes, uint32_t extra) {
    uint64_t ring_bytes = sizeof(struct netmap_ring) + slots * sizeof(struct netmap_slot);
    uint64_t buffers_at = (4096 + BED_RINGS * ring_bytes + 4095) / 4096 * 4096;
    bed->buffers = 2 + BED_RINGS * slots + extra + (BED_RINGS * slots) % 2;
    uint64_t bytes = buffers_at + (uint64_t)bed->buffers * buffer_bytes;
    bytes = (bytes + 4095) / 4096 * 4096;
    uint8_t *base = aligned_alloc(4096, bytes);
    memset(base, 0, bytes);
    CHECK(netmap_memory_open(&bed->memory, base, bytes, BED_IF_AT));
    bed->seen = malloc(bed->buffers);
    struct netmap_if *port = bed->memory.port;
    port->tx_rings = port->rx_rings = port->host_tx_rings = port->host_rx_rings = 1;
    uint32_t buffer = 2;
    for (uint32_t i = 0; i < BED_RINGS; i++) {
        uint64_t at = 4096 + i * ring_bytes;
        port->ring_offset[i] = (int64_t)(at - BED_IF_AT);
        struct netmap_ring *ring = (struct netmap_ring *)(void *)(base + at);
        ring->buffers_offset = (int64_t)(buffers_at - at);
        ring->slots = slots;
        ring->buffer_bytes = buffer_bytes;
        ring->direction = i >= 2;
        ring->tail = i < 2 ? slots - 1 : 0;
        for (uint32_t slot = 0; slot < slots; slot++) {
            ring->slot[slot].buffer = buffer++;
        }
        bed->ring[i] = ring;
        bed->position[i] = 0;
        CHECK(netmap_memory_ring(&bed->memory, (enum netmap_ring_kind)i, 0) == ring);
    }
    bed->extra = buffer + buffer % 2;  // page aligned with buffers of half a page
    for (uint32_t i = 0; i < extra; i++) {
        netmap_memory_give(&bed->memory, bed->ring[0], bed->extra + i, 1);
    }
}

static inline void netmap_bed_close(struct netmap_bed *bed) {
    free(bed->memory.base);
    free(bed->seen);
}

// Every buffer of rings and extra list is there once, but for `missing` that somebody holds.
static inline void netmap_bed_check_buffers(struct netmap_bed *bed, uint32_t expected) {
    uint32_t count = 0;
    memset(bed->seen, 0, bed->buffers);
    for (uint32_t i = 0; i < BED_RINGS; i++) {
        for (uint32_t slot = 0; slot < bed->ring[i]->slots; slot++) {
            uint32_t buffer = bed->ring[i]->slot[slot].buffer;
            CHECK(buffer > 1 && buffer < bed->buffers && bed->seen[buffer]++ == 0);
            count++;
        }
    }
    for (uint32_t at = bed->memory.port->extra_head; at != 0; count++) {
        CHECK(at > 1 && at < bed->buffers && bed->seen[at]++ == 0);
        memcpy(&at, netmap_buffer(bed->ring[0], at), sizeof at);
    }
    CHECK_EQUAL(expected, count);
}

// A sync of a transmit ring: takes the next packet that lies in front of head, put together in `packet`. Returns its
// length, 0 when there is none. Slots that the program must not have touched are its fault.
static inline uint32_t netmap_bed_sent(struct netmap_bed *bed, int which, uint8_t *packet) {
    struct netmap_ring *ring = bed->ring[which];
    uint32_t bytes = 0;
    while (bed->position[which] != ring->head) {
        struct netmap_slot *slot = &ring->slot[bed->position[which]];
        CHECK(slot->bytes <= ring->buffer_bytes && slot->buffer > 1 && slot->buffer < bed->buffers);
        CHECK(bytes + slot->bytes <= BED_PACKET_BYTES);
        memcpy(packet + bytes, netmap_buffer(ring, slot->buffer), slot->bytes);
        bytes += slot->bytes;
        slot->flags &= (uint16_t)~NETMAP_SLOT_BUFFER_CHANGED;
        bed->position[which] = netmap_next(ring, bed->position[which]);
        if ((slot->flags & NETMAP_SLOT_MORE) == 0) {
            return bytes;
        }
        CHECK(bed->position[which] != ring->head);  // a packet is published whole
    }
    return 0;
}

// The device is done with `slots` slots more, of those that were taken.
static inline void netmap_bed_complete(struct netmap_bed *bed, int which, uint32_t slots) {
    struct netmap_ring *ring = bed->ring[which];
    for (; slots > 0 && netmap_next(ring, ring->tail) != bed->position[which]; slots--) {
        ring->tail = netmap_next(ring, ring->tail);
    }
}

// A packet arrives in a receive ring, in pieces of at most `piece` bytes. Returns false when there is no room.
static inline int netmap_bed_arrive(struct netmap_bed *bed, int which, const uint8_t *packet, uint32_t bytes,
                                    uint32_t piece) {
    struct netmap_ring *ring = bed->ring[which];
    uint32_t pieces = bytes == 0 ? 1 : (bytes + piece - 1) / piece;
    uint32_t used = (ring->tail + ring->slots - ring->head) % ring->slots;
    if (pieces > ring->slots - 1 - used) {
        return 0;
    }
    for (uint32_t i = 0, done = 0; i < pieces; i++) {
        struct netmap_slot *slot = &ring->slot[ring->tail];
        uint32_t part = bytes - done < piece ? bytes - done : piece;
        memcpy(netmap_buffer(ring, slot->buffer), packet + done, part);
        slot->bytes = (uint16_t)part;
        slot->flags = i + 1 < pieces ? NETMAP_SLOT_MORE : 0;
        done += part;
        ring->tail = netmap_next(ring, ring->tail);
    }
    return 1;
}

#endif
