// The passthru driver: NVMe commands through the character device of a namespace and io_uring, without the kernel's block
// layer. passthru_device.c opens the device and learns its facts, passthru.c has its commands, uring_queue.c runs the
// queues.
#ifndef DCN_DISK_PASSTHRU_H
#define DCN_DISK_PASSTHRU_H

#include <stdbool.h>

#include "disk/driver.h"
#include "disk/nvme_data.h"
#include "disk/uring_queue.h"

struct passthru_disk {
    struct dcn_disk disk;
    int fd;
    int block_fd;  // the same namespace's block device, held so that nobody mounts it; -1 when opened for reading
    bool writable;
    uint32_t nsid;
    struct nvme_namespace namespace;
    uint32_t max_transfer_bytes;
    unsigned ring_flags;
};

// Opens the device behind `rest` ("/dev/ng0n1", with "?poll=0" or "?poll=1"), and fills in the facts but for the mode.
// `poll` is then 1 or 0 as asked for, -1 when nothing was.
int passthru_device_open(const char *rest, uint32_t flags, struct passthru_disk *disk, int *poll, bool *pollable,
                         struct dcn_disk_opened *out);

// A queue whose commands are waited for by number: the completion of an NVMe command does not say how much it moved.
struct passthru_queue {
    struct uring_queue base;
    uint32_t nsid;
    uint32_t block_shift;
    uint64_t blocks;
    uint32_t max_transfer_bytes;
    bool writable;
    uint32_t free;  // first free command, `depth` when there is none
    struct passthru_command {
        uint64_t token;
        uint32_t length_bytes;
        uint32_t next_free;
    } pending[];
};

extern const struct uring_commands passthru_commands;

// Makes all commands of a new queue free.
void passthru_queue_reset(struct passthru_queue *queue, uint32_t depth);

#endif
