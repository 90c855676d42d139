#include <string.h>
#include <sys/socket.h>

#include "net/segment.h"
#include "net/xdp.h"

// Under load the wait descriptor is looked at once in so many calls.
#define DRAIN_CALLS 64

#define NEIGHBOUR_FRAMES 8u
#define NEIGHBOUR_BYTES 2048u

static uint64_t chunk_of(uint64_t offset) {
    return offset & ~(uint64_t)(XDP_CHUNK_BYTES - 1);
}

void xdp_rx_release(struct xdp_queue *queue) {
    struct xdp_ring *fill = &queue->fill;
    uint32_t producer = *fill->producer;
    uint64_t *addresses = fill->entries;
    for (uint32_t i = 0; i < queue->held_count; i++) {
        addresses[producer++ & fill->mask] = queue->held[i];
    }
    if (queue->held_count != 0) {
        // Release: our reads of the chunks come before the kernel's next write to them.
        __atomic_store_n(fill->producer, producer, __ATOMIC_RELEASE);
        queue->held_count = 0;
        if (*fill->flags & XDP_RING_NEED_WAKEUP) {
            (void)recv(queue->fd, NULL, 0, MSG_DONTWAIT);
        }
    }
    queue->copied_used = 0;
}

// Where a descriptor's bytes are in the memory (kernel: unaligned mode keeps the offset in the upper bits).
static uint64_t place(const struct xdp_desc *desc) {
    return (desc->addr & XSK_UNALIGNED_BUF_ADDR_MASK) + (desc->addr >> XSK_UNALIGNED_BUF_OFFSET_SHIFT);
}

static void hold(struct xdp_queue *queue, uint64_t offset) {
    queue->held[queue->held_count++] = chunk_of(offset);
}

// A frame of many chunks in one piece; what does not fit is cut off. Returns descriptors used, 0 when not all are there.
static uint32_t join(struct xdp_queue *queue, uint32_t at, uint32_t available, struct dcn_rx_frame *frame) {
    const struct xdp_desc *descs = queue->rx.entries;
    uint32_t used = 1;
    while (descs[(at + used - 1) & queue->rx.mask].options & XDP_PKT_CONTD) {
        if (used++ == available) {
            return 0;
        }
    }
    uint64_t to = queue->copied_at + (uint64_t)queue->copied_used++ * XDP_COPIED_BYTES;
    *frame = (struct dcn_rx_frame){.offset = (uint32_t)(to - queue->chunks_at)};
    for (uint32_t i = 0; i < used; i++) {
        const struct xdp_desc *desc = &descs[(at + i) & queue->rx.mask];
        uint32_t room = XDP_COPIED_BYTES - frame->bytes;
        uint32_t bytes = desc->len < room ? desc->len : room;
        frame->flags |= bytes < desc->len ? DCN_RX_TRUNCATED : 0;
        memcpy(queue->memory + to + frame->bytes, queue->memory + place(desc), bytes);
        frame->bytes += bytes;
        hold(queue, place(desc));
    }
    return used;
}

static uint32_t take(struct xdp_queue *queue, struct dcn_rx_frame *frames, uint32_t max) {
    struct xdp_ring *rx = &queue->rx;
    const struct xdp_desc *descs = rx->entries;
    uint32_t consumer = *rx->consumer;
    // Acquire: descriptors and frames are read after the mark that they are there.
    uint32_t available = __atomic_load_n(rx->producer, __ATOMIC_ACQUIRE) - consumer;
    uint32_t count = 0;
    while (count < max && available != 0) {
        const struct xdp_desc *desc = &descs[consumer & rx->mask];
        struct dcn_rx_frame *frame = &frames[count];
        uint32_t used = 1;
        if (desc->options & XDP_PKT_CONTD) {
            used = queue->copied_used < XDP_COPIED_FRAMES ? join(queue, consumer, available, frame) : 0;
            if (used == 0) {
                break;
            }
        } else {
            uint64_t offset = place(desc);
            *frame = (struct dcn_rx_frame){.offset = (uint32_t)(offset - queue->chunks_at), .bytes = desc->len};
            hold(queue, offset);
        }
        if (queue->port->virtual &&
            segment_partial(queue->memory + queue->chunks_at + frame->offset, frame->bytes)) {
            frame->flags |= DCN_RX_CHECKSUM_GOOD;
        }
        consumer += used;
        available -= used;
        count++;
    }
    // Release: the descriptors are read before the kernel may write them again.
    __atomic_store_n(rx->consumer, consumer, __ATOMIC_RELEASE);
    return count;
}

// ARP and neighbour discovery, seen by each worker.
static uint32_t take_neighbours(struct xdp_queue *queue, struct dcn_rx_frame *frames, uint32_t max) {
    uint64_t at = queue->copied_at + (uint64_t)XDP_COPIED_FRAMES * XDP_COPIED_BYTES;
    uint32_t most = max < NEIGHBOUR_FRAMES ? max : NEIGHBOUR_FRAMES;
    uint32_t count = 0;
    queue->neighbours_ready = false;
    for (; count < most; count++, at += NEIGHBOUR_BYTES) {
        ssize_t bytes = recv(queue->neighbours, queue->memory + at, NEIGHBOUR_BYTES, MSG_DONTWAIT);
        if (bytes <= 0) {
            break;
        }
        frames[count] = (struct dcn_rx_frame){.offset = (uint32_t)(at - queue->chunks_at), .bytes = (uint32_t)bytes};
    }
    return count;
}

static uint32_t receive(struct xdp_queue *queue, struct dcn_rx_frame *frames, uint32_t max) {
    if (queue->neighbours_ready && max != 0) {
        // A share: neither starves.
        uint32_t share = (max + 1) / 2;
        uint32_t neighbours = take_neighbours(queue, frames, share);
        return neighbours + take(queue, frames + neighbours, max - neighbours);
    }
    uint32_t count = take(queue, frames, max);
    if (count == 0 || ++queue->rx_calls % DRAIN_CALLS == 0) {
        bool starved = queue->state->starved[DCN_RING_DATA] != 0 || queue->state->starved[DCN_RING_CONTROL] != 0;
        if (starved) {
            xdp_wait_retry(queue);
        }
        xdp_wait_drain(queue);
        if (count == 0 && queue->neighbours_ready) {
            count = take_neighbours(queue, frames, max);
        }
    }
    return count;
}

int xdp_rx(struct dcn_port_queue *base, struct dcn_rx_frame *frames, uint32_t max) {
    struct xdp_queue *queue = (struct xdp_queue *)base;
    const struct syn_limit *limit = &queue->port->syns;
    xdp_rx_release(queue);
    uint64_t passed = syn_limit_passed(limit, queue->worker);
    uint32_t count = receive(queue, frames, max);
    if (count < max) {
        syn_limit_take(limit, queue->worker, passed);
    }
    queue->state->syns_shed = syn_limit_shed(limit, queue->worker) - queue->shed_before;
    return (int)count;
}
