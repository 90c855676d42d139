// NVMe commands in the entries of an io_uring (IORING_OP_URING_CMD with NVME_URING_CMD_IO, Linux 5.19; with registered
// buffers and polled since 6.1).
#include "disk/passthru.h"

#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/device.h"

// NVMe commands take an entry of 128 bytes, and the kernel insists on completions of 32.
#define RING_FLAGS (IORING_SETUP_SQE128 | IORING_SETUP_CQE32)
#define ENTRY_BYTES (2 * sizeof(struct io_uring_sqe))

_Static_assert(sizeof(struct nvme_uring_cmd) <= 80, "the command's part of an entry has 80 bytes");

static struct passthru_disk *passthru_of(struct dcn_disk *disk) {
    return (struct passthru_disk *)disk;
}

static struct passthru_queue *queue_of(struct uring_queue *queue) {
    return (struct passthru_queue *)queue;
}

// What the kernel's block layer would check: the device moves as many blocks as the command says, into memory that the
// kernel has mapped for its length in bytes.
static bool is_valid(const struct uring_queue *base, const struct dcn_disk_op *op) {
    const struct passthru_queue *queue = (const struct passthru_queue *)base;
    uint32_t mask = (1u << queue->block_shift) - 1;
    uint64_t first = (uint64_t)op->offset >> queue->block_shift;
    uint64_t count = op->length_bytes >> queue->block_shift;
    return ((uint64_t)op->offset & mask) == 0 && (op->length_bytes & mask) == 0 && op->offset >= 0 &&
           op->length_bytes <= queue->max_transfer_bytes && first < queue->blocks && count <= queue->blocks - first &&
           (op->opcode == DCN_DISK_READ || queue->writable);
}

static void prepare(struct uring_queue *base, struct io_uring_sqe *sqe, const struct dcn_disk_op *op, int piece) {
    struct passthru_queue *queue = queue_of(base);
    uint32_t number = queue->free;
    struct passthru_command *pending = &queue->pending[number];
    queue->free = pending->next_free;
    bool flush = op->opcode == DCN_DISK_FLUSH;
    *pending = (struct passthru_command){.token = op->token, .length_bytes = flush ? 0 : op->length_bytes};

    memset(sqe, 0, ENTRY_BYTES);
    sqe->opcode = IORING_OP_URING_CMD;
    sqe->cmd_op = NVME_URING_CMD_IO;
    sqe->user_data = number;
    struct nvme_uring_cmd *command = (struct nvme_uring_cmd *)sqe->cmd;
    command->nsid = queue->nsid;
    if (flush) {
        command->opcode = NVME_IO_FLUSH;
        return;
    }
    if (piece >= 0) {
        sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
        sqe->buf_index = (uint16_t)piece;
    }
    uint64_t first = (uint64_t)op->offset >> queue->block_shift;
    command->opcode = op->opcode == DCN_DISK_READ ? NVME_IO_READ : NVME_IO_WRITE;
    command->addr = op->address;
    command->data_len = op->length_bytes;
    command->cdw10 = (uint32_t)first;
    command->cdw11 = (uint32_t)(first >> 32);
    command->cdw12 = ((op->length_bytes >> queue->block_shift) - 1)  // NLB, 0's based
                     | (op->opcode == DCN_DISK_WRITE_THROUGH ? NVME_WRITE_FUA : 0);
}

// The kernel gives the command's NVMe status when that is not zero; -EINTR for one that it cancelled, as when it resets the
// controller; and -errno for one that did not get to the device.
static int32_t result_of(int32_t result, uint32_t length_bytes) {
    if (result > 0) {
        return nvme_errno((uint16_t)result);
    }
    if (result < 0) {
        return result == -EINTR ? -EIO : result;
    }
    return (int32_t)length_bytes;
}

static struct dcn_disk_done complete(struct uring_queue *base, const struct io_uring_cqe *cqe) {
    struct passthru_queue *queue = queue_of(base);
    uint32_t number = (uint32_t)cqe->user_data;
    struct passthru_command *pending = &queue->pending[number];
    struct dcn_disk_done done = {.token = pending->token, .result = result_of(cqe->res, pending->length_bytes)};
    pending->next_free = queue->free;
    queue->free = number;
    return done;
}

const struct uring_commands passthru_commands = {.is_valid = is_valid, .prepare = prepare, .complete = complete};

void passthru_queue_reset(struct passthru_queue *queue, uint32_t depth) {
    for (uint32_t i = 0; i < depth; i++) {
        queue->pending[i].next_free = i + 1;
    }
    queue->free = 0;
}

static int choose_ring(struct passthru_disk *disk, int poll, bool pollable, struct dcn_disk_opened *out) {
    const char *how = " interrupts: ?poll=0";
    if (poll != 0) {
        how = " interrupts: poll_queues=0";
        if (pollable && uring_ring_choose(RING_FLAGS | IORING_SETUP_IOPOLL, &disk->ring_flags, out) == 0) {
            (void)strcat(out->mode, " polled");
            return 0;
        }
        if (pollable) {
            how = " interrupts: no IOPOLL here";
        }
        if (poll == 1) {
            return dcn_disk_refuse(out->message, -EOPNOTSUPP,
                                   "poll=1 is asked for, and %s; load the module nvme with poll_queues=N, or leave "
                                   "the option out",
                                   pollable ? "this kernel's io_uring does not poll" : "the device has no polled queues");
        }
    }
    int error = uring_ring_choose(RING_FLAGS, &disk->ring_flags, out);
    if (error == 0) {
        (void)strcat(out->mode, how);
    }
    return error;
}

static int passthru_open(const char *rest, uint32_t flags, struct dcn_disk_opened *out) {
    struct passthru_disk *disk = calloc(1, sizeof *disk);
    if (disk == NULL) {
        return -ENOMEM;
    }
    disk->disk.driver = &dcn_disk_passthru;
    int poll;
    bool pollable;
    int error = passthru_device_open(rest, flags, disk, &poll, &pollable, out);
    if (error < 0) {
        free(disk);
        return error;
    }
    error = choose_ring(disk, poll, pollable, out);
    if (error < 0) {
        (void)disk->disk.driver->close(&disk->disk);
        return error;
    }
    out->disk = &disk->disk;
    return 0;
}

static int passthru_close(struct dcn_disk *disk) {
    struct passthru_disk *self = passthru_of(disk);
    int error = close(self->fd) < 0 ? -errno : 0;
    if (self->block_fd >= 0) {
        (void)close(self->block_fd);
    }
    free(self);
    return error;
}

// Past the page cache there is nothing in memory.
static uint64_t passthru_resident(struct dcn_disk *disk, int64_t offset, uint32_t length_bytes) {
    (void)disk;
    (void)offset;
    (void)length_bytes;
    return 0;
}

static int passthru_health(struct dcn_disk *disk, struct dcn_disk_health *out) {
    return device_health(passthru_of(disk)->fd, out);
}

static int passthru_queue_open(struct dcn_disk *disk, uint32_t depth, const struct dcn_disk_region *regions,
                               uint32_t count, struct dcn_disk_queue_opened *out) {
    struct passthru_disk *parent = passthru_of(disk);
    struct passthru_queue *self = calloc(1, sizeof *self + depth * sizeof self->pending[0]);
    if (self == NULL) {
        return -ENOMEM;
    }
    self->base.queue.driver = &dcn_disk_passthru;
    self->base.commands = &passthru_commands;
    self->nsid = parent->nsid;
    self->block_shift = parent->namespace.block_shift;
    self->blocks = parent->namespace.blocks;
    self->max_transfer_bytes = parent->max_transfer_bytes;
    self->writable = parent->writable;
    passthru_queue_reset(self, depth);
    return uring_queue_make(&self->base, parent->fd, parent->ring_flags, depth, regions, count, out);
}

const struct dcn_disk_driver dcn_disk_passthru = {
    .scheme = "passthru",
    .open = passthru_open,
    .close = passthru_close,
    .resident = passthru_resident,
    .health = passthru_health,
    .queue_open = passthru_queue_open,
    .queue_submit = uring_queue_submit,
    .queue_reap = uring_queue_reap,
    .queue_close = uring_queue_close,
};
