#include <errno.h>
#include <sys/mman.h>

#include "dcn/pages.h"
#include "net/xdp.h"

#define NEIGHBOUR_AREA_BYTES (16u * 1024u)

static int map_at(uint8_t *place, uint64_t bytes, int flags) {
    void *area = mmap(place, bytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return area == MAP_FAILED ? -errno : 0;
}

int xdp_memory_map(struct xdp_queue *queue, uint64_t control_bytes, const char **what) {
    const struct xdp_port *port = queue->port;
    uint64_t data_bytes = (uint64_t)port->data_slots * port->data_slot_bytes;
    uint64_t control_at = (data_bytes + DCN_HUGE_PAGE_BYTES - 1) & -(uint64_t)DCN_HUGE_PAGE_BYTES;
    queue->slots[DCN_RING_CONTROL].offset = control_at;
    queue->cells_at = control_at + control_bytes;
    queue->chunks_at = queue->cells_at + (uint64_t)XDP_CELLS * XDP_CELL_BYTES;
    queue->copied_at = queue->chunks_at + (uint64_t)XDP_RX_CHUNKS * XDP_CHUNK_BYTES;
    queue->umem_bytes = queue->copied_at;
    uint64_t bytes = queue->copied_at + (uint64_t)XDP_COPIED_FRAMES * XDP_COPIED_BYTES + NEIGHBOUR_AREA_BYTES;

    *what = "mmap of its memory";
    queue->reserved_bytes = bytes + DCN_HUGE_PAGE_BYTES;
    void *reserved = mmap(NULL, queue->reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) {
        return -errno;
    }
    queue->reserved = reserved;
    uint64_t past = (uint64_t)(uintptr_t)reserved & (DCN_HUGE_PAGE_BYTES - 1);
    queue->memory = queue->reserved + (past == 0 ? 0 : DCN_HUGE_PAGE_BYTES - past);
    queue->state->receive_address = (uint64_t)(uintptr_t)queue->memory + queue->chunks_at;
    queue->state->receive_bytes = bytes - queue->chunks_at;
    int rc = map_at(queue->memory + control_at, bytes - control_at, 0);
    if (rc == 0) {
        *what = port->huge_pages
                    ? "taking its share of the pool of huge pages (HugePages_Free in /proc/meminfo; raise vm.nr_hugepages)"
                    : "mmap of its slots";
        rc = map_at(queue->memory, control_at, port->huge_pages ? MAP_HUGETLB | MAP_POPULATE : 0);
    }
    if (!port->huge_pages) {
        (void)madvise(queue->memory, control_at, MADV_HUGEPAGE);
    }
    return rc;
}

void xdp_memory_unmap(struct xdp_queue *queue) {
    if (queue->reserved != NULL) {
        munmap(queue->reserved, queue->reserved_bytes);
    }
}
