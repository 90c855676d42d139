#include "dcn/pages.h"

#include <errno.h>
#include <linux/mman.h>
#include <stddef.h>
#include <sys/mman.h>

static size_t mapped_bytes(uint64_t bytes, uint32_t huge) {
    uint64_t page = huge ? DCN_HUGE_PAGE_BYTES : 1;
    return (size_t)((bytes + page - 1) / page * page);
}

int dcn_pages_map(uint64_t bytes, uint32_t huge, uint64_t *address) {
    size_t size = mapped_bytes(bytes, huge);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge ? MAP_HUGETLB | MAP_HUGE_2MB : 0);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    if (!huge) {
        (void)madvise(memory, size, MADV_HUGEPAGE);
    } else if (madvise(memory, size, MADV_POPULATE_WRITE) < 0) {
        // A control group's share is only counted when a page is touched, and what is over it is a SIGBUS: here, EFAULT.
        int error = errno == EFAULT ? ENOMEM : errno;
        (void)munmap(memory, size);
        return -error;
    }
    *address = (uint64_t)(uintptr_t)memory;
    return 0;
}

int dcn_pages_unmap(uint64_t address, uint64_t bytes, uint32_t huge) {
    return munmap((void *)(uintptr_t)address, mapped_bytes(bytes, huge)) < 0 ? -errno : 0;
}
