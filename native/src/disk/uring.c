// Disks through io_uring: reads and writes of a block device or a regular file.
#include "disk/uring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "disk/device.h"
#include "disk/uring_queue.h"

// Behind the mode of a disk whose page cache is mapped.
#define MODE_MAPPED " mapped"

static struct uring_disk *uring_of(struct dcn_disk *disk) {
    return (struct uring_disk *)disk;
}

static int uring_open(const char *rest, uint32_t flags, struct dcn_disk_opened *out) {
    struct uring_disk *disk = calloc(1, sizeof *disk);
    if (disk == NULL) {
        return -ENOMEM;
    }
    disk->disk.driver = &dcn_disk_uring;
    int error = uring_ring_choose(0, &disk->ring_flags, out);
    if (error == 0) {
        error = uring_device_open(rest, flags, disk, out);
    }
    if (error < 0) {
        free(disk);
        return error;
    }
    if (out->direct == 0 && uring_cache_open(disk, out->capacity_bytes)) {
        (void)strcat(out->mode, MODE_MAPPED);
    }
    out->disk = &disk->disk;
    return 0;
}

static int uring_close(struct dcn_disk *disk) {
    struct uring_disk *self = uring_of(disk);
    uring_cache_close(self);
    (void)flock(self->fd, LOCK_UN);
    int error = close(self->fd) < 0 ? -errno : 0;
    free(self);
    return error;
}

static int uring_health(struct dcn_disk *disk, struct dcn_disk_health *out) {
    return device_health(uring_of(disk)->fd, out);
}

static void prepare(struct uring_queue *self, struct io_uring_sqe *sqe, const struct dcn_disk_op *op, int piece) {
    (void)self;
    void *memory = (void *)(uintptr_t)op->address;
    uint64_t offset = (uint64_t)op->offset;
    bool read = op->opcode == DCN_DISK_READ;
    if (op->opcode == DCN_DISK_FLUSH) {
        io_uring_prep_fsync(sqe, 0, IORING_FSYNC_DATASYNC);
    } else if (piece >= 0 && read) {
        io_uring_prep_read_fixed(sqe, 0, memory, op->length_bytes, offset, piece);
    } else if (piece >= 0) {
        io_uring_prep_write_fixed(sqe, 0, memory, op->length_bytes, offset, piece);
    } else if (read) {
        io_uring_prep_read(sqe, 0, memory, op->length_bytes, offset);
    } else {
        io_uring_prep_write(sqe, 0, memory, op->length_bytes, offset);
    }
    if (op->opcode == DCN_DISK_WRITE_THROUGH) {
        sqe->rw_flags = RWF_DSYNC;
    }
    io_uring_sqe_set_data64(sqe, op->token);
}

static struct dcn_disk_done complete(struct uring_queue *self, const struct io_uring_cqe *cqe) {
    (void)self;
    return (struct dcn_disk_done){.token = cqe->user_data, .result = cqe->res};
}

static const struct uring_commands file_commands = {.prepare = prepare, .complete = complete};

static int uring_queue_open(struct dcn_disk *disk, uint32_t depth, const struct dcn_disk_region *regions,
                            uint32_t count, struct dcn_disk_queue_opened *out) {
    struct uring_disk *parent = uring_of(disk);
    struct uring_queue *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return -ENOMEM;
    }
    self->queue.driver = &dcn_disk_uring;
    self->commands = &file_commands;
    return uring_queue_make(self, parent->fd, parent->ring_flags, depth, regions, count, out);
}

const struct dcn_disk_driver dcn_disk_uring = {
    .scheme = "uring",
    .open = uring_open,
    .close = uring_close,
    .resident = uring_resident,
    .health = uring_health,
    .queue_open = uring_queue_open,
    .queue_submit = uring_queue_submit,
    .queue_reap = uring_queue_reap,
    .queue_close = uring_queue_close,
};
