// What the mapping holds, also when it holds nonsense.
#include "net/netmap_memory.h"

#include <stdbool.h>
#include <stdio.h>

#include "net/netmap_bed.h"

#define SLOTS 16u
#define BUFFER_BYTES 2048u

static uint32_t listed(const struct netmap_bed *bed) {
    uint32_t count = 0;
    for (uint32_t at = bed->memory.port->extra_head; at != 0; count++) {
        memcpy(&at, netmap_buffer(bed->ring[0], at), sizeof at);
    }
    return count;
}

static void should_take_the_longest_run_and_leave_the_rest_listed(void) {
    for (uint32_t gap = 0; gap < 40; gap++) {
        struct netmap_bed bed;
        netmap_bed_open(&bed, SLOTS, BUFFER_BYTES, 40);
        uint32_t first = 0;
        // Somebody has the buffer at `gap`: what is left of the list has a hole there.
        bed.memory.port->extra_head = 0;
        for (uint32_t i = 0; i < 40; i++) {
            uint32_t mixed = i * 7 % 40;
            if (mixed != gap) {
                netmap_memory_give(&bed.memory, bed.ring[0], bed.extra + mixed, 1);
            }
        }
        uint32_t before = gap, behind = 39 - gap - (gap + 1) % 2;  // the one behind begins on a page
        uint32_t longest = before >= behind ? before : behind;
        uint32_t taken = netmap_memory_take(&bed.memory, bed.ring[0], 100, &first);
        CHECK_EQUAL(longest, taken);
        CHECK_EQUAL(0, (netmap_buffer(bed.ring[0], first) - bed.memory.base) % 4096);
        CHECK_EQUAL(39 - taken, listed(&bed));
        netmap_bed_check_buffers(&bed, BED_RINGS * SLOTS + 39 - taken);
        netmap_memory_give(&bed.memory, bed.ring[0], first, taken);
        netmap_bed_check_buffers(&bed, BED_RINGS * SLOTS + 39);
        netmap_bed_close(&bed);
    }
}

static void should_take_no_more_than_wanted(void) {
    struct netmap_bed bed;
    netmap_bed_open(&bed, SLOTS, BUFFER_BYTES, 40);
    uint32_t first = 0;
    CHECK_EQUAL(10, netmap_memory_take(&bed.memory, bed.ring[0], 10, &first));
    CHECK_EQUAL(30, listed(&bed));
    bed.memory.port->extra_head = 0;
    CHECK_EQUAL(0, netmap_memory_take(&bed.memory, bed.ring[0], 10, &first));
    // A list that is none: it names itself, or a buffer that is not there.
    netmap_memory_give(&bed.memory, bed.ring[0], bed.extra, 1);
    memcpy(netmap_buffer(bed.ring[0], bed.extra), &bed.extra, sizeof bed.extra);
    CHECK(netmap_memory_take(&bed.memory, bed.ring[0], 1, &first) == 1 && first == bed.extra);
    bed.memory.port->extra_head = UINT32_MAX;
    CHECK_EQUAL(0, netmap_memory_take(&bed.memory, bed.ring[0], 10, &first));
    netmap_bed_close(&bed);
}

static void should_find_the_rings_and_believe_no_other(void) {
    struct netmap_bed bed;
    netmap_bed_open(&bed, SLOTS, BUFFER_BYTES, 0);
    struct netmap_memory *memory = &bed.memory;
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 1) == NULL);
    struct netmap_ring *ring = bed.ring[NETMAP_RING_RX], good = *ring;
    memory->port->ring_offset[NETMAP_RING_RX] += 1 << 30;
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 0) == NULL);
    memory->port->ring_offset[NETMAP_RING_RX] -= 1 << 30;
    ring->slots = 1u << 30;
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 0) == NULL);
    *ring = good;
    ring->tail = SLOTS;
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 0) == NULL);
    *ring = good;
    ring->buffer_bytes = 0;
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 0) == NULL);
    *ring = good;
    ring->buffers_offset = -(1 << 20);
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 0) == NULL);
    *ring = good;
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 0) == ring);
    CHECK(!netmap_memory_holds(memory, ring, 0) && !netmap_memory_holds(memory, ring, 1));
    CHECK(netmap_memory_holds(memory, ring, 2) && !netmap_memory_holds(memory, ring, bed.buffers + 2));
    memory->port->tx_rings = UINT32_MAX;
    CHECK(netmap_memory_ring(memory, NETMAP_RING_RX, 0) == NULL);
    struct netmap_memory none;
    CHECK(!netmap_memory_open(&none, memory->base, 4096, 4090));
    netmap_bed_close(&bed);
}

int main(void) {
    should_take_the_longest_run_and_leave_the_rest_listed();
    should_take_no_more_than_wanted();
    should_find_the_rings_and_believe_no_other();
    puts("ok");
    return 0;
}
