// Memory for bytes on their way from a disk to the network.
#ifndef DCN_PAGES_H
#define DCN_PAGES_H

#include <stdint.h>

#include "dcn/error.h"

#define DCN_HUGE_PAGE_BYTES (2u * 1024u * 1024u)

// Maps zeroed memory. `huge` != 0: in pages of 2 MiB of the kernel's pool (kernel: Documentation/admin-guide/mm/
// hugetlbpage.rst), all of them taken now, `bytes` rounded up to whole ones; else ordinary pages, which the kernel may
// join. Returns 0 or -errno: -ENOMEM when the pool, or the control group's share of it, has too few.
DCN_API int dcn_pages_map(uint64_t bytes, uint32_t huge, uint64_t *address);

// Ends a mapping of dcn_pages_map, with the same arguments. Returns 0 or -errno.
DCN_API int dcn_pages_unmap(uint64_t address, uint64_t bytes, uint32_t huge);

#endif
