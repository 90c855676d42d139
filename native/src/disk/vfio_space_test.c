#include "disk/vfio_space.h"

#include <stdlib.h>

#include "support/test.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static uint64_t map(struct vfio_space *space, uint64_t address, uint64_t length) {
    uint64_t iova = vfio_space_find(space, address, length);
    if (iova != 0) {
        CHECK(vfio_space_add(space, (struct vfio_mapping){iova, address, length}));
    }
    return iova;
}

static void should_lie_to_large_pages_as_the_memory_does(void) {
    struct vfio_space space = {.ranges = {{0, (UINT64_C(1) << 39) - 1}}, .range_count = 1};
    CHECK_EQUAL(MIB, map(&space, 0x7f0000001000, 0x1000));
    uint64_t huge = map(&space, 0x7f0000200000, 4 * MIB);
    CHECK_EQUAL(2 * MIB, huge);
    uint64_t inside = map(&space, 0x7f0000345000, 4 * MIB);
    CHECK_EQUAL(0x145000, inside % (2 * MIB));
    CHECK_EQUAL(0, map(&space, 0x7f0040000000, 2 * GIB) % GIB);
    free(space.mappings);
}

static void should_keep_to_the_ranges_and_out_of_each_other(void) {
    struct vfio_space space = {.ranges = {{0, 0xfedfffff}, {0xfef00000, 0x1ffffffff}}, .range_count = 2};
    srand(3);
    for (int round = 0; round < 2000; round++) {
        if (space.count > 20 && rand() % 2 == 0) {
            vfio_space_remove(&space, space.mappings[(uint32_t)rand() % space.count].iova);
        } else {
            uint64_t length = (uint64_t)(1 + rand() % (rand() % 4 == 0 ? 60000 : 100)) * VFIO_SPACE_PAGE;
            (void)map(&space, (uint64_t)rand() % 1000000 * VFIO_SPACE_PAGE, length);
        }
        for (uint32_t i = 0; i < space.count; i++) {
            const struct vfio_mapping *one = &space.mappings[i];
            uint64_t last = one->iova + one->length_bytes - 1;
            CHECK(one->iova >= MIB && one->iova % VFIO_SPACE_PAGE == 0);
            CHECK(last <= 0xfedfffff || (one->iova >= 0xfef00000 && last <= 0x1ffffffff));
            CHECK(i == 0 || space.mappings[i - 1].iova + space.mappings[i - 1].length_bytes <= one->iova);
        }
    }
    CHECK(space.count > 10);
    free(space.mappings);
}

static void should_find_no_room_where_there_is_none(void) {
    struct vfio_space space = {.ranges = {{0, 2 * MIB - 1}}, .range_count = 1};
    CHECK_EQUAL(0, map(&space, 0x1000, MIB + VFIO_SPACE_PAGE));
    CHECK_EQUAL(MIB, map(&space, 0x1000, MIB));
    CHECK_EQUAL(0, map(&space, 0x1000, VFIO_SPACE_PAGE));
    vfio_space_remove(&space, MIB);
    CHECK_EQUAL(MIB, map(&space, 0x1000, VFIO_SPACE_PAGE));
    free(space.mappings);
}

int main(void) {
    should_lie_to_large_pages_as_the_memory_does();
    should_keep_to_the_ranges_and_out_of_each_other();
    should_find_no_room_where_there_is_none();
    return 0;
}
