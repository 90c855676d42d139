// Sending by copy: for interfaces that would copy anyway. A virtual device hands a frame on to the kernel itself, which
// must not keep a user's pages: from a ring it would copy them page by page into fresh ones (skb_copy_ubufs). One copy
// from a slot that is still in the cache into large pages costs a third less, and slots leave in any order. As the kernel
// copies from wherever it is told, a frame's payload need not be in its slot.
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/packet.h"
#include "net/packet_split.h"

#define BATCH 64

struct packet_copy_batch {
    bool bypass;  // skip the queueing discipline
    struct iovec pieces[BATCH][2];  // of each frame: what lies in its slot, and foreign bytes
    struct mmsghdr messages[BATCH];
    const struct dcn_tx_frame *frames[BATCH];
};

int packet_copy_open(struct packet_queue *queue, const char **what) {
    queue->copy = calloc(1, sizeof *queue->copy);
    if (queue->copy == NULL) {
        *what = "memory for a batch";
        return -ENOMEM;
    }
    for (int i = 0; i < BATCH; i++) {
        queue->copy->messages[i].msg_hdr = (struct msghdr){.msg_iov = queue->copy->pieces[i]};
    }
    int fd = packet_copy_socket(queue->port, what);
    if (fd < 0) {
        return fd;
    }
    queue->tx_fd[DCN_RING_DATA] = fd;
    queue->copy->bypass = queue->port->bypass;
    return 0;
}

void packet_copy_close(struct packet_queue *queue) {
    free(queue->copy);
}

static void fill(struct packet_queue *queue, uint32_t index, const struct dcn_tx_frame *frame) {
    struct iovec *pieces = queue->copy->pieces[index];
    queue->copy->frames[index] = frame;
    pieces[0] = (struct iovec){
        .iov_base = packet_write_vnet(&queue->tx[frame->ring], frame),
        .iov_len = frame->frame_bytes - frame->foreign_bytes + sizeof(struct virtio_net_hdr),
    };
    pieces[1] = (struct iovec){
        .iov_base = (void *)(uintptr_t)frame->foreign_address,
        .iov_len = frame->foreign_bytes,
    };
    queue->copy->messages[index].msg_hdr.msg_iovlen = frame->foreign_bytes == 0 ? 1 : 2;
}

// A frame that the kernel did not take is lost: senders are told by loss, as from a device that is full.
static void count_lost(struct packet_queue *queue, uint32_t frames) {
    packet_wait_link(queue);
    if (queue->state->link_up == 0) {
        queue->state->dropped_link_down += frames;
    } else {
        queue->state->dropped_refused += frames;
    }
}

// Past the queueing discipline the kernel drops a frame that it would have to cut itself, which is every large one once
// somebody has turned the device's segmentation off (`ethtool -K`). Whether to try again, through the discipline.
static bool leave_bypass(struct packet_queue *queue) {
    int off = 0;
    packet_wait_link(queue);
    if (!queue->copy->bypass || queue->state->link_up == 0 ||
        setsockopt(queue->tx_fd[DCN_RING_DATA], SOL_PACKET, PACKET_QDISC_BYPASS, &off, sizeof off) < 0) {
        return false;
    }
    queue->copy->bypass = false;
    queue->state->retries++;
    return true;
}

// Sends a long frame in parts, when it was refused as a whole: memory for it is too scattered (ENOBUFS, EMSGSIZE: not
// enough blocks of 32 KiB), or somebody has lowered gso_ipv4_max_size since. Whether all of it was taken.
static bool send_parts(struct packet_queue *queue, const struct dcn_tx_frame *frame) {
    struct packet_part part;
    struct msghdr message = {.msg_iov = part.pieces};
    queue->state->retries++;
    uint32_t offset = 0;
    do {
        offset = packet_split(&queue->tx[frame->ring], frame, offset, &part);
        message.msg_iovlen = part.pieces_used;
        ssize_t sent;
        do {
            sent = sendmsg(queue->tx_fd[DCN_RING_DATA], &message, MSG_DONTWAIT);
        } while (sent < 0 && (errno == EINTR || (errno == ENOBUFS && leave_bypass(queue))));
        if (sent < 0) {
            return false;
        }
    } while (offset != 0);
    return true;
}

// A frame was refused with `error`. Returns false when it is to be tried again as it is.
static bool send_refused(struct packet_queue *queue, const struct dcn_tx_frame *frame, int error, uint32_t *taken) {
    if ((error == ENOBUFS || error == EMSGSIZE) && packet_split_applies(&queue->tx[frame->ring], frame)) {
        if (send_parts(queue, frame)) {
            *taken += 1;
            return true;
        }
    } else if (error == EINTR || (error == ENOBUFS && leave_bypass(queue))) {
        return false;
    }
    count_lost(queue, 1);
    return true;
}

static uint32_t send_batch(struct packet_queue *queue, uint32_t count) {
    uint32_t taken = 0;
    for (uint32_t done = 0; done < count;) {
        int sent = sendmmsg(queue->tx_fd[DCN_RING_DATA], &queue->copy->messages[done], count - done, MSG_DONTWAIT);
        if (sent > 0) {
            taken += (uint32_t)sent;
            done += (uint32_t)sent;
        } else if (errno == ENETDOWN || errno == ENXIO) {
            count_lost(queue, count - done);
            break;
        } else if (send_refused(queue, queue->copy->frames[done], errno, &taken)) {
            done++;
        }
    }
    return taken;
}

int packet_copy_tx(struct packet_queue *queue, const struct dcn_tx_frame *frames, uint32_t count) {
    uint32_t taken = 0;
    uint32_t filled = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct dcn_tx_frame *frame = &frames[i];
        if ((frame->flags & DCN_TX_CANCEL) != 0) {
            continue;
        }
        if (frame->ring >= DCN_RINGS || frame->slot >= queue->tx[frame->ring].slots ||
            !packet_frame_valid(&queue->tx[frame->ring], frame)) {
            queue->state->dropped_invalid++;
            continue;
        }
        fill(queue, filled++, frame);
        if (filled == BATCH) {
            taken += send_batch(queue, filled);
            filled = 0;
        }
    }
    return (int)(taken + send_batch(queue, filled));
}
