#include "net/netmap_memory.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096u
#define BUFFER_BYTES_MIN 64u

bool netmap_memory_open(struct netmap_memory *memory, void *base, uint64_t bytes, uint64_t offset) {
    *memory = (struct netmap_memory){.base = base, .bytes = bytes};
    if (offset > bytes || bytes - offset < sizeof(struct netmap_if)) {
        return false;
    }
    memory->port = (struct netmap_if *)(void *)(memory->base + offset);
    return true;
}

struct netmap_ring *netmap_memory_ring(const struct netmap_memory *memory, enum netmap_ring_kind kind, uint32_t index) {
    const struct netmap_if *port = memory->port;
    const uint32_t counts[] = {port->tx_rings, port->host_tx_rings, port->rx_rings, port->host_rx_rings};
    uint64_t place = index;
    for (int i = 0; i < (int)kind; i++) {
        place += counts[i];
    }
    uint64_t from = (uint64_t)((const uint8_t *)port - memory->base);
    if (index >= counts[kind] || (memory->bytes - from - sizeof *port) / sizeof port->ring_offset[0] <= place) {
        return NULL;
    }
    uint64_t at = from + (uint64_t)port->ring_offset[place];
    if (at > memory->bytes || memory->bytes - at < sizeof(struct netmap_ring)) {
        return NULL;
    }
    struct netmap_ring *ring = (struct netmap_ring *)(void *)(memory->base + at);
    uint64_t room = (memory->bytes - at - sizeof *ring) / sizeof(struct netmap_slot);
    bool sane = ring->slots >= 2 && ring->slots <= room && ring->buffer_bytes >= BUFFER_BYTES_MIN &&
                ring->head < ring->slots && ring->tail < ring->slots &&
                at + (uint64_t)ring->buffers_offset < memory->bytes;
    return sane ? ring : NULL;
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static uint32_t linked(const struct netmap_ring *ring, uint32_t buffer) {
    uint32_t next;
    memcpy(&next, netmap_buffer(ring, buffer), sizeof next);
    return next;
}

// The list as an array; no longer than the mapping has buffers. NULL without memory.
static uint32_t *list(const struct netmap_memory *memory, const struct netmap_ring *ring, uint32_t *count) {
    uint32_t most = 0;
    uint64_t bound = memory->bytes / ring->buffer_bytes;
    for (uint32_t at = memory->port->extra_head; netmap_memory_holds(memory, ring, at) && most < bound;
         at = linked(ring, at)) {
        most++;
    }
    uint32_t *buffers = calloc(most + 1, sizeof *buffers);
    uint32_t at = memory->port->extra_head;
    for (*count = 0; buffers != NULL && *count < most; (*count)++) {
        buffers[*count] = at;
        at = linked(ring, at);
    }
    return buffers;
}

static bool page_aligned(const struct netmap_memory *memory, const struct netmap_ring *ring, uint32_t buffer) {
    return (uint64_t)(netmap_buffer(ring, buffer) - memory->base) % PAGE_BYTES == 0;
}

uint32_t netmap_memory_take(struct netmap_memory *memory, const struct netmap_ring *ring, uint32_t wanted,
                            uint32_t *first) {
    uint32_t count = 0;
    uint32_t *buffers = list(memory, ring, &count);
    if (buffers == NULL) {
        return 0;
    }
    qsort(buffers, count, sizeof *buffers, compare);
    uint32_t best = 0, best_length = 0;
    for (uint32_t start = 0; start < count && best_length < wanted;) {
        uint32_t end = start + 1;
        while (end < count && buffers[end] == buffers[end - 1] + 1 && end - start < wanted) {
            end++;
        }
        if (!page_aligned(memory, ring, buffers[start])) {
            start++;
            continue;
        }
        if (end - start > best_length) {
            best = start;
            best_length = end - start;
        }
        start = end;
    }
    *first = buffers[best];
    memory->port->extra_head = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i < best || i >= best + best_length) {
            netmap_memory_give(memory, ring, buffers[i], 1);
        }
    }
    free(buffers);
    return best_length;
}

void netmap_memory_give(struct netmap_memory *memory, const struct netmap_ring *ring, uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t buffer = first + i;
        memcpy(netmap_buffer(ring, buffer), &memory->port->extra_head, sizeof memory->port->extra_head);
        memory->port->extra_head = buffer;
    }
}
