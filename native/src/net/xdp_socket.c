#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/xdp.h"

#define SEND_BUFFER_BYTES (256 * 1024 * 1024)

// The kernel lets go of a queue some time after the socket before was closed, or its process was killed.
#define RELEASE_TRIES 300
#define RELEASE_WAIT_NS 10000000

static int set(int fd, int option, const void *value, socklen_t bytes) {
    return setsockopt(fd, SOL_XDP, option, value, bytes) < 0 ? -errno : 0;
}

// Room for metadata in front of packets is asked for where somebody reads it; a kernel before 6.8 does not know of it.
static int register_memory(struct xdp_queue *queue) {
    const struct xdp_port *port = queue->port;
    struct xdp_umem memory = {
        .address = (uint64_t)(uintptr_t)queue->memory,
        .bytes = queue->umem_bytes,
        .chunk_bytes = XDP_CHUNK_BYTES,
        .flags = XDP_UMEM_UNALIGNED_CHUNK_FLAG,
    };
    if (!port->software_checksum && (!port->zero_copy || port->device_checksum)) {
        memory.flags |= XDP_UMEM_TX_METADATA_LEN;
        memory.metadata_bytes = XDP_METADATA_BYTES;
        int rc = set(queue->fd, XDP_UMEM_REG, &memory, sizeof memory);
        queue->metadata = rc == 0;
        if (rc != -EINVAL) {
            return rc;
        }
        memory.flags = XDP_UMEM_UNALIGNED_CHUNK_FLAG;
        memory.metadata_bytes = 0;
    }
    return set(queue->fd, XDP_UMEM_REG, &memory, sizeof memory);
}

static int map_ring(const struct xdp_queue *queue, struct xdp_ring *ring, const struct xdp_ring_offset *offsets,
                    size_t entry_bytes, uint64_t place) {
    ring->area_bytes = offsets->desc + XDP_RING_ENTRIES * entry_bytes;
    void *area = mmap(NULL, ring->area_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, queue->fd,
                      (off_t)place);
    if (area == MAP_FAILED) {
        return -errno;
    }
    ring->area = area;
    uint8_t *base = area;
    ring->producer = (uint32_t *)(void *)(base + offsets->producer);
    ring->consumer = (uint32_t *)(void *)(base + offsets->consumer);
    ring->flags = (uint32_t *)(void *)(base + offsets->flags);
    ring->entries = base + offsets->desc;
    ring->mask = XDP_RING_ENTRIES - 1;
    return 0;
}

static int map_rings(struct xdp_queue *queue) {
    struct xdp_mmap_offsets offsets;
    socklen_t length = sizeof offsets;
    if (getsockopt(queue->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) < 0) {
        return -errno;
    }
    int rc = map_ring(queue, &queue->rx, &offsets.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING);
    if (rc == 0) {
        rc = map_ring(queue, &queue->tx, &offsets.tx, sizeof(struct xdp_desc), XDP_PGOFF_TX_RING);
    }
    if (rc == 0) {
        rc = map_ring(queue, &queue->fill, &offsets.fr, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING);
    }
    return rc == 0 ? map_ring(queue, &queue->completion, &offsets.cr, sizeof(uint64_t),
                              XDP_UMEM_PGOFF_COMPLETION_RING) : rc;
}

static void fill_all(struct xdp_queue *queue) {
    uint64_t *addresses = queue->fill.entries;
    for (uint32_t i = 0; i < XDP_RX_CHUNKS; i++) {
        addresses[i] = queue->chunks_at + (uint64_t)i * XDP_CHUNK_BYTES;
    }
    // Release: the entries are there before the kernel may see that they are.
    __atomic_store_n(queue->fill.producer, XDP_RX_CHUNKS, __ATOMIC_RELEASE);
}

static int bind_queue(const struct xdp_queue *queue) {
    uint16_t mode = queue->port->zero_copy ? XDP_ZEROCOPY : XDP_COPY;
    struct sockaddr_xdp address = {
        .sxdp_family = AF_XDP,
        .sxdp_flags = (uint16_t)(mode | XDP_USE_NEED_WAKEUP | XDP_USE_SG),
        .sxdp_ifindex = (uint32_t)queue->port->index,
        .sxdp_queue_id = queue->worker,
    };
    for (int tries = 0; bind(queue->fd, (struct sockaddr *)&address, sizeof address) < 0; tries++) {
        if (errno != EBUSY || tries == RELEASE_TRIES) {
            return -errno;
        }
        nanosleep(&(struct timespec){.tv_nsec = RELEASE_WAIT_NS}, NULL);
    }
    return 0;
}

int xdp_socket_open(struct xdp_queue *queue, const char **what) {
    static const int rings[] = {XDP_RX_RING, XDP_TX_RING, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING};
    *what = "socket(AF_XDP), which needs CONFIG_XDP_SOCKETS and root or CAP_NET_RAW,";
    queue->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (queue->fd < 0) {
        return -errno;
    }
    *what = "registering memory (see `ulimit -l`, and MemoryMax of its control group)";
    int rc = register_memory(queue);
    uint32_t entries = XDP_RING_ENTRIES;
    for (int i = 0; rc == 0 && i < 4; i++) {
        *what = "making rings";
        rc = set(queue->fd, rings[i], &entries, sizeof entries);
    }
    if (rc == 0) {
        rc = map_rings(queue);
    }
    if (rc < 0) {
        return rc;
    }
    // Both only make sending faster: the kernel does without.
    int bytes = SEND_BUFFER_BYTES;
    (void)setsockopt(queue->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    (void)set(queue->fd, XDP_MAX_TX_SKB_BUDGET, &entries, sizeof entries);
    fill_all(queue);
    *what = queue->port->zero_copy ? "bind in zero copy" : "bind (to several descriptors a packet: Linux 6.6 or newer)";
    rc = bind_queue(queue);
    if (rc == 0) {
        *what = "registering the socket with the XDP program";
        rc = xdp_program_socket(&queue->port->program, queue->worker, queue->fd);
    }
    return rc;
}

void xdp_socket_close(struct xdp_queue *queue) {
    const struct xdp_ring *rings[] = {&queue->rx, &queue->tx, &queue->fill, &queue->completion};
    for (int i = 0; i < 4; i++) {
        if (rings[i]->area != NULL) {
            munmap(rings[i]->area, rings[i]->area_bytes);
        }
    }
    if (queue->fd >= 0) {
        close(queue->fd);
    }
}
