#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/socket.h>

#include "net/packet.h"

// Under load the wait descriptor is looked at once in so many calls.
#define DRAIN_CALLS 256

static struct tpacket2_hdr *rx_header(const struct packet_rx_ring *ring, uint32_t slot) {
    return (struct tpacket2_hdr *)(void *)(ring->base + (size_t)slot * ring->slot_bytes);
}

static void release(struct packet_rx_ring *ring) {
    for (; ring->held != 0; ring->held--) {
        uint32_t slot = (ring->next - ring->held) & (ring->slots - 1);
        // Release: our reads of the frame come before the kernel's next write to it.
        __atomic_store_n(&rx_header(ring, slot)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    }
}

void packet_rx_release(struct packet_queue *queue) {
    for (uint32_t i = 0; i < queue->rx_rings; i++) {
        release(&queue->rx[i]);
    }
    queue->long_used = 0;
}

static void count_dropped(struct packet_queue *queue, int fd) {
    struct tpacket_stats stats;
    socklen_t length = sizeof stats;
    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) == 0) {  // clears what it reads
        queue->state->receive_dropped += stats.tp_drops;
    }
}

static uint32_t checksum_flag(const struct virtio_net_hdr *vnet, uint32_t status) {
    // NEEDS_CSUM, CSUMNOTREADY: the sender is on this machine and left the checksum for a device that never came.
    return (vnet->flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID)) != 0 ||
                   (status & (TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY)) != 0
               ? DCN_RX_CHECKSUM_GOOD
               : 0;
}

// Reads the whole of a frame of which the slot holds the beginning. False when the socket has lost it.
static bool take_long(struct packet_queue *queue, const struct packet_rx_ring *ring, struct dcn_rx_frame *frame) {
    uint8_t *place = queue->area + queue->area_bytes - (size_t)(queue->long_used + 1) * PACKET_LONG_BYTES;
    ssize_t bytes = recv(ring->fd, place, PACKET_LONG_BYTES, MSG_DONTWAIT | MSG_TRUNC);
    ssize_t head = sizeof(struct virtio_net_hdr);
    if (bytes <= head) {
        return false;
    }
    queue->long_used++;
    frame->offset = (uint32_t)(place + head - queue->area);
    frame->flags &= ~DCN_RX_TRUNCATED;
    if (bytes > (ssize_t)PACKET_LONG_BYTES) {
        frame->flags |= DCN_RX_TRUNCATED;
        bytes = PACKET_LONG_BYTES;
    }
    frame->bytes = (uint32_t)(bytes - head);
    return true;
}

static uint32_t take(struct packet_queue *queue, struct packet_rx_ring *ring, struct dcn_rx_frame *frames,
                     uint32_t max) {
    uint32_t count = 0;
    bool losing = false;
    while (count < max && ring->held < ring->slots) {
        struct tpacket2_hdr *header = rx_header(ring, ring->next);
        // Acquire: the frame is read after the mark that it is there.
        uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
        if ((status & TP_STATUS_USER) == 0 ||
            ((status & TP_STATUS_COPY) != 0 && queue->long_used == PACKET_LONG_FRAMES)) {
            break;
        }
        struct virtio_net_hdr vnet;
        memcpy(&vnet, (uint8_t *)header + header->tp_mac - sizeof vnet, sizeof vnet);
        struct dcn_rx_frame *frame = &frames[count];
        frame->offset = (uint32_t)(ring->area_offset + (uint64_t)ring->next * ring->slot_bytes + header->tp_mac);
        frame->bytes = header->tp_snaplen;
        frame->flags = checksum_flag(&vnet, status) | (header->tp_snaplen < header->tp_len ? DCN_RX_TRUNCATED : 0);
        losing |= (status & TP_STATUS_LOSING) != 0;
        ring->next = (ring->next + 1) & (ring->slots - 1);
        ring->held++;
        if ((status & TP_STATUS_COPY) != 0) {
            take_long(queue, ring, frame);  // if it fails the beginning is handed out, marked truncated
        }
        count++;
    }
    if (losing) {
        count_dropped(queue, ring->fd);
    }
    return count;
}

int packet_rx(struct dcn_port_queue *base, struct dcn_rx_frame *frames, uint32_t max) {
    struct packet_queue *queue = (struct packet_queue *)base;
    packet_rx_release(queue);
    uint64_t passed = syn_limit_passed(&queue->port->syns, queue->worker);
    uint32_t count = 0;
    // Neighbours first: what is left of the batch is for flows, so neither starves.
    for (uint32_t i = queue->rx_rings; i-- > 0;) {
        uint32_t share = i == PACKET_RX_FLOWS ? max - count : (max + 1) / 2;
        count += take(queue, &queue->rx[i], frames + count, share);
    }
    if (count < max) {
        syn_limit_take(&queue->port->syns, queue->worker, passed);
    }
    queue->state->syns_shed = syn_limit_shed(&queue->port->syns, queue->worker) - queue->shed_before;
    if (count == 0 || ++queue->rx_calls % DRAIN_CALLS == 0) {
        packet_wait_starved(queue);
        packet_wait_drain(queue);
    }
    return (int)count;
}
