// The io_uring driver: uring_device.c opens the device and learns its facts, uring.c runs the queues.
#ifndef DCN_DISK_URING_H
#define DCN_DISK_URING_H

#include <liburing.h>
#include <stdbool.h>

#include "disk/driver.h"

struct uring_disk {
    struct dcn_disk disk;
    int fd;
    bool writable;
    unsigned ring_flags;  // the best that this kernel takes
};

// Opens the file behind `rest` ("/path" or "/path?direct=0"), locks it, and fills in the facts.
int uring_device_open(const char *rest, uint32_t flags, struct uring_disk *disk, struct dcn_disk_opened *out);

// Direct I/O alignment of a regular file by statx(2), in bytes; 0 when the kernel does not say.
void uring_direct_alignment(int fd, uint32_t *memory, uint32_t *offset);

#endif
