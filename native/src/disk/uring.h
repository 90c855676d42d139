// The io_uring driver: uring_device.c opens the device and learns its facts, uring.c has its commands, uring_queue.c runs
// the queues, uring_cache.c finds what need not be read.
#ifndef DCN_DISK_URING_H
#define DCN_DISK_URING_H

#include <stdbool.h>

#include "disk/driver.h"

struct uring_disk {
    struct dcn_disk disk;
    int fd;
    bool writable;
    unsigned ring_flags;  // the best that this kernel takes
    uint8_t *cache;       // the whole disk, mapped; NULL with direct I/O
    uint64_t cache_bytes;
    uint64_t page_bytes;
};

// Opens the file behind `rest` ("/path" or "/path?direct=0"), locks it, and fills in the facts.
int uring_device_open(const char *rest, uint32_t flags, struct uring_disk *disk, struct dcn_disk_opened *out);

// Maps an open disk of this capacity. False when it cannot be had, or when mincore(2) would not tell the truth of it.
bool uring_cache_open(struct uring_disk *disk, int64_t capacity_bytes);
void uring_cache_close(struct uring_disk *disk);
uint64_t uring_resident(struct dcn_disk *disk, int64_t offset, uint32_t length_bytes);

// Direct I/O alignment of a regular file by statx(2), in bytes; 0 when the kernel does not say.
void uring_direct_alignment(int fd, uint32_t *memory, uint32_t *offset);

#endif
