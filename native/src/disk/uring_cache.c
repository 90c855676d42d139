// A disk that is read through the page cache, mapped: what lies in memory already can be used where it lies.
//
// The mapping is the page cache itself, so it shows what was written through this disk at once. Nothing in it is asked
// for by madvise: MADV_RANDOM would make the kernel ignore in its reclaim that a page was used through the mapping.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/uring.h"

// Pages that one mincore call tells of: 1 MiB, as long as a command gets.
#define PAGES 256u

// mincore(2) calls every page resident when the caller neither owns the file nor may write it (Linux 5.2: mm/mincore.c,
// can_do_mincore).
static bool may_ask(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && (status.st_uid == geteuid() || faccessat(fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH) == 0);
}

bool uring_cache_open(struct uring_disk *disk, int64_t capacity_bytes) {
    disk->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    disk->cache_bytes = (uint64_t)capacity_bytes;
    if (capacity_bytes == 0 || !may_ask(disk->fd)) {
        return false;
    }
    void *address = mmap(NULL, disk->cache_bytes, PROT_READ, MAP_SHARED, disk->fd, 0);
    if (address == MAP_FAILED) {
        return false;
    }
    disk->cache = address;
    return true;
}

void uring_cache_close(struct uring_disk *disk) {
    if (disk->cache != NULL) {
        (void)munmap(disk->cache, disk->cache_bytes);
    }
}

uint64_t uring_resident(struct dcn_disk *base, int64_t offset, uint32_t length_bytes) {
    const struct uring_disk *disk = (struct uring_disk *)base;
    if (disk->cache == NULL || offset < 0 || length_bytes == 0 || length_bytes > disk->cache_bytes ||
        (uint64_t)offset > disk->cache_bytes - length_bytes) {
        return 0;
    }
    uint64_t end = (uint64_t)offset + length_bytes;
    for (uint64_t at = (uint64_t)offset & ~(disk->page_bytes - 1); at < end;) {
        unsigned char resident[PAGES];
        uint64_t pages = (end - at + disk->page_bytes - 1) / disk->page_bytes;
        pages = pages < PAGES ? pages : PAGES;
        if (mincore(disk->cache + at, pages * disk->page_bytes, resident) != 0) {
            return 0;
        }
        unsigned all = 1;
        for (uint64_t page = 0; page < pages; page++) {
            all &= resident[page];
        }
        if ((all & 1) == 0) {
            return 0;
        }
        at += pages * disk->page_bytes;
    }
    return (uint64_t)(uintptr_t)disk->cache + (uint64_t)offset;
}
