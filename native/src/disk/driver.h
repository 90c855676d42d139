// What a disk driver is to disk.c: a table, and two structs that its own begin with.
#ifndef DCN_DISK_DRIVER_H
#define DCN_DISK_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "dcn/disk.h"

struct dcn_disk_driver {
    const char *scheme;
    // `rest` is the URI behind "scheme:". The contracts are those of the functions of the same name in dcn/disk.h.
    int (*open)(const char *rest, uint32_t flags, struct dcn_disk_opened *out);
    int (*close)(struct dcn_disk *disk);
    uint64_t (*resident)(struct dcn_disk *disk, int64_t offset, uint32_t length_bytes);
    int (*health)(struct dcn_disk *disk, struct dcn_disk_health *out);
    int (*queue_open)(struct dcn_disk *disk, uint32_t depth, const struct dcn_disk_region *regions, uint32_t count,
                      struct dcn_disk_queue_opened *out);
    int (*queue_submit)(struct dcn_disk_queue *queue, const struct dcn_disk_op *ops, uint32_t count);
    int (*queue_reap)(struct dcn_disk_queue *queue, struct dcn_disk_done *dones, uint32_t max);
    int (*queue_close)(struct dcn_disk_queue *queue);
};

struct dcn_disk {
    const struct dcn_disk_driver *driver;
};

struct dcn_disk_queue {
    const struct dcn_disk_driver *driver;
};

static inline bool dcn_disk_op_writes(const struct dcn_disk_op *op) {
    return op->opcode == DCN_DISK_WRITE || op->opcode == DCN_DISK_WRITE_THROUGH;
}

extern const struct dcn_disk_driver dcn_disk_uring;
extern const struct dcn_disk_driver dcn_disk_vfio;
extern const struct dcn_disk_driver dcn_disk_passthru;

// Writes a message for a person and returns `code`.
__attribute__((format(printf, 3, 4))) int dcn_disk_refuse(char message[DCN_DISK_MESSAGE], int code, const char *format,
                                                          ...);

#endif
