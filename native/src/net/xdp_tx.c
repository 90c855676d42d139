#include <errno.h>
#include <linux/if_ether.h>
#include <sys/socket.h>
#include <time.h>

#include "net/segment.h"
#include "net/xdp.h"

// How long a device that is up may take nothing before what waits is dropped, and the senders told by loss.
#define REFUSED_LIMIT_MS 100

#define VLAN_TAG_BYTES 4u
#define TCP_BYTES 20u

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// Whether the descriptor names a frame inside its slot, of packets that the link carries. The kernel looks at neither.
static bool valid(const struct xdp_queue *queue, const struct dcn_tx_frame *frame) {
    const struct xdp_slots *slots = &queue->slots[frame->ring];
    uint64_t start = (uint64_t)frame->slot * slots->slot_bytes;
    uint32_t longest = queue->port->facts.mtu + ETH_HLEN + VLAN_TAG_BYTES;
    if (frame->foreign_bytes != 0 || frame->frame_bytes < ETH_HLEN ||
        frame->frame_offset < start + XDP_METADATA_BYTES ||
        frame->frame_offset + (uint64_t)frame->frame_bytes > start + slots->slot_bytes ||
        (frame->checksum_start != 0 && frame->checksum_start + TCP_BYTES > frame->frame_bytes)) {
        return false;
    }
    if (frame->segment_bytes == 0) {
        return frame->frame_bytes <= longest;
    }
    struct segment_template template;
    return frame->header_bytes < frame->frame_bytes && frame->header_bytes + frame->segment_bytes <= longest &&
           segment_begin(&template, queue->memory + slots->offset + frame->frame_offset, frame->header_bytes,
                         frame->checksum_start, frame->frame_bytes - frame->header_bytes, frame->segment_bytes);
}

// Takes over a slot that the caller names.
static void name(struct xdp_queue *queue, const struct dcn_tx_frame *frame) {
    struct dcn_queue_state *state = queue->state;
    if (frame->ring >= DCN_RINGS || frame->slot >= queue->slots[frame->ring].slots ||
        queue->slots[frame->ring].slot[frame->slot].state != XDP_SLOT_FREE) {
        state->dropped_invalid++;
        return;
    }
    struct xdp_slots *slots = &queue->slots[frame->ring];
    struct xdp_slot *slot = &slots->slot[frame->slot];
    *slot = (struct xdp_slot){.state = XDP_SLOT_DONE};
    if ((frame->flags & DCN_TX_CANCEL) != 0) {
        return;
    }
    if (!valid(queue, frame)) {
        state->dropped_invalid++;
    } else if (state->link_up == 0) {
        state->dropped_link_down++;
    } else {
        slot->state = XDP_SLOT_WAITING;
        slots->waiting[slots->next++ & (slots->slots - 1)] = *frame;
    }
}

// Puts what waits as far as there is room. Returns frames put to their end.
static uint32_t put_waiting(struct xdp_queue *queue) {
    uint32_t frames = 0;
    for (int i = DCN_RINGS; i-- > 0;) {  // control first
        struct xdp_slots *slots = &queue->slots[i];
        // A frame that was begun is ended first: a slot of the other ring could otherwise wait for it for ever.
        for (; slots->first != slots->next; slots->first++, slots->started = 0, frames++) {
            const struct dcn_tx_frame *frame = &slots->waiting[slots->first & (slots->slots - 1)];
            if (!xdp_put(queue, frame, &slots->started)) {
                break;
            }
            struct xdp_slot *slot = &slots->slot[frame->slot];
            slot->state = slot->outstanding == 0 ? XDP_SLOT_DONE : XDP_SLOT_SENT;
        }
    }
    // Release: descriptors, headers and payload are visible before the kernel may see that they are there.
    __atomic_store_n(queue->tx.producer, queue->tx_produced, __ATOMIC_RELEASE);
    return frames;
}

static uint32_t left(const struct xdp_queue *queue) {
    return queue->tx_produced - __atomic_load_n(queue->tx.consumer, __ATOMIC_ACQUIRE);
}

// Has the kernel send. In copy mode it does so here, as much as it can. Returns 1 when it lost a frame because the link
// is down, else 0.
static uint32_t kick(struct xdp_queue *queue) {
    if (queue->port->zero_copy && (*queue->tx.flags & XDP_RING_NEED_WAKEUP) == 0) {
        return 0;
    }
    uint32_t before;
    do {
        before = left(queue);
        ssize_t rc = sendto(queue->fd, NULL, 0, MSG_DONTWAIT, NULL, 0);
        if (rc < 0 && (errno == EBUSY || errno == ENETDOWN || errno == ENXIO)) {
            bool lost = errno == EBUSY && left(queue) != before;
            xdp_wait_link(queue);
            if (queue->state->link_up == 0) {
                return lost;
            }
        }
    } while (!queue->port->zero_copy && left(queue) != 0 && left(queue) != before);
    return 0;
}

// Drops what the device has not begun with, and what waits for room. A device that reads the ring itself has begun with
// all that is in it.
static uint32_t drop_all(struct xdp_queue *queue) {
    uint32_t frames = 0;
    for (int i = 0; i < DCN_RINGS; i++) {
        struct xdp_slots *slots = &queue->slots[i];
        for (; slots->first != slots->next; slots->first++, slots->started = 0) {
            struct xdp_slot *slot = &slots->slot[slots->waiting[slots->first & (slots->slots - 1)].slot];
            slot->dropped = true;
            slot->state = slot->outstanding == 0 ? XDP_SLOT_DONE : XDP_SLOT_SENT;
            frames++;
        }
    }
    return queue->port->zero_copy ? frames : frames + xdp_rewind(queue);
}

static bool waits(const struct xdp_queue *queue) {
    return queue->slots[DCN_RING_DATA].first != queue->slots[DCN_RING_DATA].next ||
           queue->slots[DCN_RING_CONTROL].first != queue->slots[DCN_RING_CONTROL].next;
}

// The device did not take everything. Returns frames that were given up.
static uint32_t refused(struct xdp_queue *queue) {
    queue->state->retries++;
    xdp_wait_link(queue);
    uint32_t frames = 0;
    uint64_t now = now_ms();
    if (queue->state->link_up == 0) {
        frames = drop_all(queue);
        queue->state->dropped_link_down += frames;
    } else if (queue->refused_since_ms == 0) {
        queue->refused_since_ms = now;
    } else if (now - queue->refused_since_ms > REFUSED_LIMIT_MS) {
        frames = drop_all(queue);
        queue->state->dropped_refused += frames;
        queue->refused_since_ms = 0;
    }
    xdp_wait_retry(queue);
    return frames;
}

static void advance_tails(struct xdp_queue *queue) {
    for (int i = 0; i < DCN_RINGS; i++) {
        struct xdp_slots *slots = &queue->slots[i];
        struct xdp_slot *slot;
        while ((slot = &slots->slot[slots->tail & (slots->slots - 1)])->state == XDP_SLOT_DONE) {
            slot->state = XDP_SLOT_FREE;
            slots->tail++;
        }
        queue->state->tail[i] = slots->tail;
    }
}

int xdp_tx(struct dcn_port_queue *base, const struct dcn_tx_frame *frames, uint32_t count) {
    struct xdp_queue *queue = (struct xdp_queue *)base;
    xdp_rx_release(queue);
    if (queue->state->link_up == 0) {
        xdp_wait_link(queue);
    }
    for (uint32_t i = 0; i < count; i++) {
        name(queue, &frames[i]);
    }
    uint32_t taken = 0;
    uint32_t lost = 0;
    bool moved;
    do {
        xdp_reap(queue);
        uint32_t before = queue->tx_produced;
        taken += put_waiting(queue);
        moved = queue->tx_produced != before;
        if (left(queue) != 0) {
            lost += kick(queue);
        }
    } while (moved && waits(queue) && queue->state->link_up != 0);
    queue->state->dropped_link_down += lost;
    bool stuck = waits(queue) || (!queue->port->zero_copy && left(queue) != 0);
    if (moved || !stuck) {
        queue->refused_since_ms = 0;
    }
    if (stuck) {
        lost += refused(queue);
    }
    xdp_reap(queue);
    advance_tails(queue);
    return (int)(taken > lost ? taken - lost : 0);
}
