#include "disk/vfio_space.h"

#include <stdlib.h>
#include <string.h>

// The first MiB is left alone: an address of 0, or near it, in a device's hands is a mistake that shall show.
#define LOWEST (UINT64_C(1) << 20)
#define MIB_2 (UINT64_C(1) << 21)
#define GIB (UINT64_C(1) << 30)

static uint64_t alignment(uint64_t length_bytes) {
    if (length_bytes >= GIB) {
        return GIB;
    }
    return length_bytes >= MIB_2 ? MIB_2 : VFIO_SPACE_PAGE;
}

uint64_t vfio_space_find(const struct vfio_space *space, uint64_t address, uint64_t length_bytes) {
    uint64_t mask = alignment(length_bytes) - 1;
    for (uint32_t i = 0; i < space->range_count; i++) {
        uint64_t at = space->ranges[i].first > LOWEST ? space->ranges[i].first : LOWEST;
        uint64_t last = space->ranges[i].last;
        at += (address - at) & mask;
        for (uint32_t k = 0; k < space->count; k++) {
            const struct vfio_mapping *taken = &space->mappings[k];
            if (at < taken->iova + taken->length_bytes && taken->iova < at + length_bytes) {
                at = taken->iova + taken->length_bytes;
                at += (address - at) & mask;
            }
        }
        if (at <= last && length_bytes - 1 <= last - at) {
            return at;
        }
    }
    return 0;
}

bool vfio_space_add(struct vfio_space *space, struct vfio_mapping mapping) {
    if (space->count == space->capacity) {
        uint32_t capacity = space->capacity == 0 ? 16 : 2 * space->capacity;
        struct vfio_mapping *grown = realloc(space->mappings, capacity * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        space->mappings = grown;
        space->capacity = capacity;
    }
    uint32_t at = space->count;
    while (at > 0 && space->mappings[at - 1].iova > mapping.iova) {
        space->mappings[at] = space->mappings[at - 1];
        at--;
    }
    space->mappings[at] = mapping;
    space->count++;
    return true;
}

void vfio_space_remove(struct vfio_space *space, uint64_t iova) {
    for (uint32_t i = 0; i < space->count; i++) {
        if (space->mappings[i].iova == iova) {
            space->count--;
            memmove(&space->mappings[i], &space->mappings[i + 1], (space->count - i) * sizeof space->mappings[0]);
            return;
        }
    }
}
