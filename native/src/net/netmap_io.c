#include <sys/ioctl.h>
#include <time.h>

#include "net/netmap.h"

// Under load the wait descriptor, and the kernel's own traffic, are looked at once in so many calls.
#define DRAIN_CALLS 256
#define PASS_CALLS 16
// How often a call hands the kernel more while it takes all of it at once.
#define FILLS_MAX 8
// How long a device that is up may take nothing before what waits is dropped, and the senders told by loss.
#define REFUSED_LIMIT_MS 100

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// What came of it is in the rings. An error means that the interface is gone, which the link tells.
static void sync_ring(int fd, unsigned long what) {
    (void)ioctl(fd, what, NULL);
}

// The kernel's traffic: what is for it goes in, what it sends goes out.
static void pass_kernels(struct netmap_queue *queue, bool also_out) {
    struct netmap_ring *in = queue->rx.to_kernel;
    if (in != NULL && netmap_next(in, in->tail) != in->head) {
        sync_ring(queue->host.fd, NETMAP_TX_SYNC);
    }
    if (queue->from_kernel != NULL && also_out) {
        sync_ring(queue->host.fd, NETMAP_RX_SYNC);
        if (netmap_pass(queue->from_kernel, queue->tx.ring) != 0) {
            sync_ring(queue->device.fd, NETMAP_TX_SYNC);
            netmap_tx_reclaim(&queue->tx);
        }
    }
}

static uint32_t read_board(struct netmap_queue *queue, struct dcn_rx_frame *frames, uint32_t max) {
    uint32_t count = 0;
    for (; count < max && count < NETMAP_BOARD_FRAMES; count++) {
        uint8_t *place = queue->board_frames + (size_t)count * NETMAP_BOARD_BYTES;
        uint32_t bytes = netmap_board_read(queue->port->board, queue->worker, &queue->board_read, place);
        if (bytes == 0) {
            break;
        }
        frames[count] = (struct dcn_rx_frame){.offset = (uint32_t)(place - queue->area), .bytes = bytes};
    }
    return count;
}

static void post_to_board(struct netmap_queue *queue, const struct dcn_rx_frame *frames, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *frame = queue->area + frames[i].offset;
        if (netmap_board_wants(frame, frames[i].bytes)) {
            netmap_board_post(queue->port->board, queue->worker, frame, frames[i].bytes);
        }
    }
}

int netmap_queue_rx(struct dcn_port_queue *base, struct dcn_rx_frame *frames, uint32_t max) {
    struct netmap_queue *queue = (struct netmap_queue *)base;
    netmap_rx_release(&queue->rx);
    uint32_t posted = queue->alone ? 0 : read_board(queue, frames, (max + 1) / 2);
    bool ready = netmap_wait_ready(queue);
    if (ready && netmap_space(queue->rx.ring, queue->rx.next) < max) {
        sync_ring(queue->device.fd, NETMAP_RX_SYNC);
    }
    uint32_t count = netmap_rx_take(&queue->rx, frames + posted, max - posted);
    if (!queue->alone) {
        post_to_board(queue, frames + posted, count);
    }
    count += posted;
    queue->rx_calls++;
    if (ready) {
        pass_kernels(queue, count == 0 || queue->rx_calls % PASS_CALLS == 0);
    }
    if (count == 0 || queue->rx_calls % DRAIN_CALLS == 0) {
        netmap_wait_drain(queue);
    }
    return (int)count;
}

static void put_all(struct netmap_queue *queue, const struct dcn_tx_frame *frames, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        queue->state->dropped_invalid += !netmap_tx_put(&queue->tx, &frames[i]);
    }
}

static void give_back(struct netmap_queue *queue) {
    netmap_tx_reclaim(&queue->tx);
    for (int i = 0; i < DCN_RINGS; i++) {
        queue->state->tail[i] = queue->tx.rings[i].tail;
    }
}

static void drop_all(struct netmap_queue *queue, uint64_t *counter) {
    *counter += netmap_tx_drop(&queue->tx);
    netmap_tx_fill(&queue->tx);  // steps over what was dropped
}

// The ring is full. Either it has room soon, or the device is stuck.
static void wait_for_room(struct netmap_queue *queue, bool moved) {
    queue->state->retries++;
    uint64_t now = now_ms();
    if (moved || queue->waiting_since_ms == 0) {
        queue->waiting_since_ms = now;
    } else if (now - queue->waiting_since_ms > REFUSED_LIMIT_MS) {
        drop_all(queue, &queue->state->dropped_refused);
        queue->waiting_since_ms = 0;
    }
}

// Gives the kernel what is ready, again while it takes all of it at once. Returns the frames that it has now.
static uint32_t send_ready(struct netmap_queue *queue) {
    struct netmap_tx *tx = &queue->tx;
    uint32_t taken = 0, tail;
    bool moved = false;
    uint32_t fills = 0;
    do {
        uint32_t head = tx->ring->head;
        tail = tx->ring->tail;
        taken += netmap_tx_fill(tx);
        // Without anything new a sync still tells which slots are done.
        sync_ring(queue->device.fd, NETMAP_TX_SYNC);
        netmap_tx_reclaim(tx);
        moved |= head != tx->ring->head || tail != tx->ring->tail;
    } while (netmap_tx_waiting(tx) && tail != tx->ring->tail && ++fills < FILLS_MAX);
    if (netmap_tx_waiting(tx)) {
        wait_for_room(queue, moved);
    } else {
        queue->waiting_since_ms = 0;
    }
    return taken;
}

int netmap_queue_tx(struct dcn_port_queue *base, const struct dcn_tx_frame *frames, uint32_t count) {
    struct netmap_queue *queue = (struct netmap_queue *)base;
    netmap_rx_release(&queue->rx);
    put_all(queue, frames, count);
    uint32_t taken = 0;
    // A kernel that emulates takes frames without a carrier and says nothing, so it is asked before each batch.
    if (netmap_wait_ready(queue)) {
        taken = send_ready(queue);
    } else {
        drop_all(queue, &queue->state->dropped_link_down);
    }
    give_back(queue);
    bool starved = queue->state->starved[DCN_RING_DATA] != 0 || queue->state->starved[DCN_RING_CONTROL] != 0;
    netmap_wait_room(queue, starved || netmap_tx_waiting(&queue->tx));
    return (int)taken;
}
