// What netmap's mapping holds: the rings, looked at before they are believed, and the extra buffers.
#ifndef DCN_SRC_NET_NETMAP_MEMORY_H
#define DCN_SRC_NET_NETMAP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "net/netmap_abi.h"

struct netmap_memory {
    uint8_t *base;
    uint64_t bytes;
    struct netmap_if *port;
};

enum netmap_ring_kind { NETMAP_RING_TX, NETMAP_RING_HOST_TX, NETMAP_RING_RX, NETMAP_RING_HOST_RX };

// Sets *memory. Returns false when no netmap_if fits at `offset`.
bool netmap_memory_open(struct netmap_memory *memory, void *base, uint64_t bytes, uint64_t offset);

// The ring of a kind, or NULL when there is none or what is there is no ring that lies within the mapping.
struct netmap_ring *netmap_memory_ring(const struct netmap_memory *memory, enum netmap_ring_kind kind, uint32_t index);

// Whether a buffer lies within the mapping and is somebody's.
static inline bool netmap_memory_holds(const struct netmap_memory *memory, const struct netmap_ring *ring,
                                       uint32_t buffer) {
    uint64_t end = (uint64_t)(netmap_buffer(ring, buffer) - memory->base) + ring->buffer_bytes;
    return buffer > 1 && end <= memory->bytes;
}

// Takes as many as possible, at most `wanted`, of the port's extra buffers that follow each other in memory, the first one
// page aligned. Their list is then without them: a killed process leaves no list that runs through its data. Returns
// how many, and the first in *first; the others stay listed.
uint32_t netmap_memory_take(struct netmap_memory *memory, const struct netmap_ring *ring, uint32_t wanted,
                            uint32_t *first);

// Lists them again, for the kernel to free.
void netmap_memory_give(struct netmap_memory *memory, const struct netmap_ring *ring, uint32_t first, uint32_t count);

#endif
