#include "dcn/pages.h"

#include <errno.h>
#include <string.h>

#include "support/test.h"

#define BYTES 5000000u

static long free_huge_pages(void) {
    FILE *file = fopen("/proc/meminfo", "r");
    CHECK(file != NULL);
    char line[128];
    long pages = -1;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "HugePages_Free:", 15) == 0) {
            pages = strtol(line + 15, NULL, 10);
        }
    }
    (void)fclose(file);
    return pages;
}

static void maps_memory_that_is_zeroed(uint32_t huge) {
    uint64_t address = 0;
    CHECK_EQUAL(0, dcn_pages_map(BYTES, huge, &address));
    uint8_t *memory = (uint8_t *)(uintptr_t)address;
    for (uint32_t i = 0; i < BYTES; i += 1000) {
        CHECK_EQUAL(0, memory[i]);
        memory[i] = 1;
    }
    CHECK_EQUAL(0, address % (huge ? DCN_HUGE_PAGE_BYTES : 4096));
    CHECK_EQUAL(0, dcn_pages_unmap(address, BYTES, huge));
}

static void takes_whole_huge_pages_at_once_and_gives_them_back(void) {
    long before = free_huge_pages();
    uint64_t address = 0;
    CHECK_EQUAL(0, dcn_pages_map(BYTES, 1, &address));
    CHECK_EQUAL(before - 3, free_huge_pages());
    CHECK_EQUAL(0, dcn_pages_unmap(address, BYTES, 1));
    CHECK_EQUAL(before, free_huge_pages());
}

static void refuses_more_huge_pages_than_there_are(void) {
    uint64_t bytes = (uint64_t)(free_huge_pages() + 1) * DCN_HUGE_PAGE_BYTES;
    uint64_t address = 0;
    CHECK_EQUAL(-ENOMEM, dcn_pages_map(bytes, 1, &address));
    CHECK_EQUAL(0, address);
}

int main(void) {
    maps_memory_that_is_zeroed(0);
    refuses_more_huge_pages_than_there_are();
    if (free_huge_pages() < 3) {
        return DCN_TEST_SKIPPED;
    }
    maps_memory_that_is_zeroed(1);
    takes_whole_huge_pages_at_once_and_gives_them_back();
    return 0;
}
