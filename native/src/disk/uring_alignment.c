// A file of its own: the kernel's struct statx, which knows of direct I/O, and the C library's do not go together.
#include <fcntl.h>
#include <linux/stat.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "disk/uring.h"

void uring_direct_alignment(int fd, uint32_t *memory, uint32_t *offset) {
    *memory = 0;
    *offset = 0;
#ifdef STATX_DIOALIGN
    struct statx found;
    memset(&found, 0, sizeof found);
    if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &found) == 0 && (found.stx_mask & STATX_DIOALIGN)) {
        *memory = found.stx_dio_mem_align;
        *offset = found.stx_dio_offset_align;
    }
#endif
}
