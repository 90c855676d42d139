// The queues of the drivers that hand their commands to io_uring: reads and writes of a file (uring.c), or NVMe commands
// (passthru.c). What differs is how a command is written down and what its completion says.
#ifndef DCN_DISK_URING_QUEUE_H
#define DCN_DISK_URING_QUEUE_H

#include <liburing.h>
#include <pthread.h>
#include <stdbool.h>

#include "disk/driver.h"

// io_uring takes no registered buffer above 1 GiB, so a longer region is registered in pieces.
#define URING_PIECE_SHIFT 30
#define URING_PIECE_BYTES (UINT64_C(1) << URING_PIECE_SHIFT)

struct uring_region {
    uint64_t address;
    uint64_t length_bytes;
    uint32_t first_piece;  // index of its first registered buffer
};

// Registered buffer that holds the command's memory, which lies in `region`; -1 when it lies across two pieces.
static inline int uring_piece_of(const struct uring_region *region, uint64_t address, uint32_t length_bytes) {
    uint64_t first = (address - region->address) >> URING_PIECE_SHIFT;
    uint64_t last = (address - region->address + length_bytes - 1) >> URING_PIECE_SHIFT;
    return first == last ? (int)(region->first_piece + first) : -1;
}

struct uring_queue;

// How a driver's commands look. Called by the queue's owner only.
struct uring_commands {
    // Whether the device may be given a read or a write whose opcode and memory are in order. NULL: always.
    bool (*is_valid)(const struct uring_queue *queue, const struct dcn_disk_op *op);
    // Writes down a command that is valid; file 0 of the ring is the device. `piece` is the registered buffer that holds its
    // memory, or -1. Flags that concern the file are set afterwards.
    void (*prepare)(struct uring_queue *queue, struct io_uring_sqe *sqe, const struct dcn_disk_op *op, int piece);
    struct dcn_disk_done (*complete)(struct uring_queue *queue, const struct io_uring_cqe *cqe);
};

// A driver's queue begins with it, is allocated with calloc, and is freed by uring_queue_close.
struct uring_queue {
    struct dcn_disk_queue queue;
    const struct uring_commands *commands;
    struct io_uring ring;
    int event_fd;  // -1: nothing announces a completion, the device is polled when the queue is reaped
    bool enabled;
    pthread_t owner;  // set when enabled
    uint32_t depth;
    uint32_t in_flight;  // taken by submit, not yet reaped; written by the owner thread
    uint32_t region_count;
    struct uring_region regions[DCN_DISK_REGIONS_MAX];
};

// Finds the flags that the kernel takes in addition to `extra`, so that a kernel without io_uring is refused when the disk
// is opened and not at its first read. Sets `out->mode`. Returns 0; or -errno, `out->message` set.
int uring_ring_choose(unsigned extra, unsigned *flags, struct dcn_disk_opened *out);

// Makes the ring of `self`, whose first two fields are set, for commands to `fd`. With IORING_SETUP_IOPOLL in `flags` the
// queue is polled. Returns 0; or -errno with `out->message` set, and `self` freed.
int uring_queue_make(struct uring_queue *self, int fd, unsigned flags, uint32_t depth,
                     const struct dcn_disk_region *regions, uint32_t count, struct dcn_disk_queue_opened *out);

// For driver tables.
int uring_queue_submit(struct dcn_disk_queue *queue, const struct dcn_disk_op *ops, uint32_t count);
int uring_queue_reap(struct dcn_disk_queue *queue, struct dcn_disk_done *dones, uint32_t max);
int uring_queue_close(struct dcn_disk_queue *queue);

#endif
