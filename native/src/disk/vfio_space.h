// Where a device finds our memory: the addresses (IOVA) that it may use, and what is mapped at them. They are our own and not
// the processor's, since an IOMMU may have fewer address bits than the processor has.
#ifndef DCN_DISK_VFIO_SPACE_H
#define DCN_DISK_VFIO_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#define VFIO_SPACE_RANGES_MAX 32u
#define VFIO_SPACE_PAGE UINT64_C(4096)

// Inclusive, as the kernel tells them.
struct vfio_range {
    uint64_t first;
    uint64_t last;
};

// Whole pages.
struct vfio_mapping {
    uint64_t iova;
    uint64_t address;
    uint64_t length_bytes;
};

struct vfio_space {
    struct vfio_range ranges[VFIO_SPACE_RANGES_MAX];  // ascending
    uint32_t range_count;
    struct vfio_mapping *mappings;  // ascending by iova
    uint32_t count;
    uint32_t capacity;
};

// Finds room for whole pages at `address`, as low as possible but not at 0. Memory of 2 MiB and more lies in both spaces the
// same way to pages of 2 MiB, that of 1 GiB and more to those of 1 GiB, so that the IOMMU can use such pages.
// Returns 0 when there is none.
uint64_t vfio_space_find(const struct vfio_space *space, uint64_t address, uint64_t length_bytes);

// Remembers, and forgets, a mapping. False without memory.
bool vfio_space_add(struct vfio_space *space, struct vfio_mapping mapping);
void vfio_space_remove(struct vfio_space *space, uint64_t iova);

#endif
