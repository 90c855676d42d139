#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "net/packet.h"

// How long a device that is up may take nothing before what waits is dropped, and the senders told by loss.
#define REFUSED_LIMIT_MS 100

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// The kernel walks the ring until a slot that is not marked or that the device refuses. Why it stopped is told by the
// slots, and by the link's state; the error adds nothing (ENOBUFS: no carrier or device full; ENETDOWN; EAGAIN).
static void kick(const struct packet_queue *queue, int ring) {
    ssize_t rc;
    do {
        rc = sendto(queue->tx_fd[ring], NULL, 0, MSG_DONTWAIT, NULL, 0);
    } while (rc < 0 && errno == EINTR);
}

// Brings rings that were down in step with the kernel again.
static void resume(struct packet_queue *queue) {
    for (int i = 0; i < DCN_RINGS; i++) {
        if (queue->tx[i].down) {
            if (packet_tx_up_begin(&queue->tx[i]) != 0) {
                kick(queue, i);
            }
            packet_tx_up_end(&queue->tx[i]);
        }
    }
}

static void drop_all(struct packet_queue *queue, uint64_t *counter) {
    for (int i = 0; i < DCN_RINGS; i++) {
        if (!queue->tx[i].down) {
            *counter += packet_tx_down(&queue->tx[i]);
        }
    }
}

// The device did not take everything: it is full for the moment, stuck, or the link is down.
static void refused(struct packet_queue *queue) {
    queue->state->retries++;
    packet_wait_link(queue);
    if (queue->state->link_up == 0) {
        drop_all(queue, &queue->state->dropped_link_down);
        return;
    }
    uint64_t now = now_ms();
    if (queue->refused_since_ms == 0) {
        queue->refused_since_ms = now;
    } else if (now - queue->refused_since_ms > REFUSED_LIMIT_MS) {
        drop_all(queue, &queue->state->dropped_refused);
        resume(queue);
        queue->refused_since_ms = 0;
        return;
    }
    packet_wait_retry(queue);
}

static void put_all(struct packet_queue *queue, const struct dcn_tx_frame *frames, uint32_t count) {
    struct dcn_queue_state *state = queue->state;
    for (uint32_t i = 0; i < count; i++) {
        const struct dcn_tx_frame *frame = &frames[i];
        if (frame->ring >= DCN_RINGS || !packet_tx_put(&queue->tx[frame->ring], frame)) {
            state->dropped_invalid++;
        } else if (queue->tx[frame->ring].down && (frame->flags & DCN_TX_CANCEL) == 0) {
            state->dropped_link_down++;
        }
    }
}

int packet_tx(struct dcn_port_queue *base, const struct dcn_tx_frame *frames, uint32_t count) {
    struct packet_queue *queue = (struct packet_queue *)base;
    packet_rx_release(queue);
    if (queue->port->copies) {
        return packet_copy_tx(queue, frames, count);
    }
    if (queue->tx[DCN_RING_DATA].down || queue->tx[DCN_RING_CONTROL].down) {
        packet_wait_link(queue);
        if (queue->state->link_up != 0) {
            resume(queue);
        }
    }
    put_all(queue, frames, count);
    uint32_t taken = 0;
    bool left = false;
    for (int i = DCN_RINGS; i-- > 0;) {  // control first
        struct packet_tx_ring *ring = &queue->tx[i];
        if (packet_tx_waiting(ring)) {
            kick(queue, i);
        }
        uint32_t now = packet_tx_advance(ring);
        taken += now;
        left |= packet_tx_waiting(ring);
    }
    if (taken != 0) {
        queue->refused_since_ms = 0;
    }
    if (left) {
        refused(queue);
    }
    for (int i = 0; i < DCN_RINGS; i++) {
        packet_tx_advance(&queue->tx[i]);
        queue->state->tail[i] = queue->tx[i].tail;
    }
    return (int)taken;
}
