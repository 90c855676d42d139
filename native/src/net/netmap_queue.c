#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dcn/pages.h"
#include "net/netdev.h"
#include "net/netmap.h"

#define PAGE_BYTES 4096u
// Headers' page, and the longest frame.
#define DATA_SLOT_BYTES (17u * PAGE_BYTES)
#define CONTROL_SLOT_BYTES 2048u
#define CONTROL_SLOTS 1024u
#define CONTROL_PAYLOAD_OFFSET 256u
#define LONG_BYTES ((uint64_t)NETMAP_LONG_FRAMES * NETMAP_LONG_BYTES)
#define BOARD_BYTES ((uint64_t)NETMAP_BOARD_FRAMES * NETMAP_BOARD_BYTES)
#define AREA_BYTES_MAX (2047ull << 20)  // what the agent can address in one piece
#define VLAN_TAG_BYTES 4u

static int fail(const struct netmap_queue *queue, int errnum, const char *what, char *message) {
    return dcn_port_fail(message, errnum, "interface=%s worker=%u: %s failed: %s", queue->port->name, queue->worker, what,
                         strerror(errnum));
}

// Maps netmap's memory, and behind it what is put together from it: frames of both are offsets from one address.
static int map_area(struct netmap_queue *queue, char *message) {
    uint64_t memory_bytes = queue->device.granted.memory_size;
    uint64_t mapped = (memory_bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    queue->area_bytes = mapped + LONG_BYTES + BOARD_BYTES;
    if (queue->area_bytes > AREA_BYTES_MAX) {
        return dcn_port_fail(message, EFBIG,
                             "port=%s: netmap's memory of %llu bytes is more than can be addressed; lower the module's buf_num",
                             queue->port->name, (unsigned long long)memory_bytes);
    }
    void *area = mmap(NULL, queue->area_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) {
        return fail(queue, errno, "mmap of the receive memory", message);
    }
    queue->area = area;
    if (mmap(area, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, queue->device.fd, 0) == MAP_FAILED) {
        return fail(queue, errno, "mmap of netmap's memory", message);
    }
    if (!netmap_memory_open(&queue->memory, area, mapped, queue->device.granted.offset)) {
        return fail(queue, EPROTO, "reading netmap's memory", message);
    }
    queue->rx.long_frames = queue->area + mapped;
    queue->board_frames = queue->area + mapped + LONG_BYTES;
    queue->state->receive_address = (uint64_t)(uintptr_t)area;
    queue->state->receive_bytes = queue->area_bytes;
    return 0;
}

static int register_rings(struct netmap_queue *queue, uint32_t workers, char *message) {
    const struct netmap_port *port = queue->port;
    struct netmap_register wanted = {
        .mode = NETMAP_MODE_ONE_RING,
        .ring_id = (uint16_t)queue->worker,
        .flags = NETMAP_FLAG_EXCLUSIVE | NETMAP_FLAG_ACCEPT_HEADER,
    };
    if (port->vale) {
        wanted.tx_rings = wanted.rx_rings = (uint16_t)workers;
    }
    if (port->port_header_bytes != 0) {
        wanted.extra_buffers = port->data_slots * (DATA_SLOT_BYTES / 2048) + 1;  // with buffers as they are by default
    }
    int rc = netmap_device_open(&queue->device, port->name, &wanted, message);
    if (rc < 0) {
        return rc;
    }
    const struct netmap_register *granted = &queue->device.granted;
    if (granted->tx_rings != workers || granted->rx_rings != workers) {
        return dcn_port_fail(message, EINVAL,
                             "interface=%s has %u transmit and %u receive rings in netmap, and there are %u workers: `ethtool "
                             "-L %s combined %u`, or as many workers", port->name, granted->tx_rings, granted->rx_rings,
                             workers, port->name, workers);
    }
    return 0;
}

// The kernel's side of an interface, which the first worker relays.
static int register_host(struct netmap_queue *queue, char *message) {
    if (queue->port->vale || queue->worker != 0) {
        return 0;
    }
    struct netmap_register wanted = {.mode = NETMAP_MODE_HOST, .flags = NETMAP_FLAG_EXCLUSIVE};
    int rc = netmap_device_open(&queue->host, queue->port->name, &wanted, message);
    if (rc < 0) {
        return rc;
    }
    struct netmap_memory host;
    if (queue->host.granted.memory_id != queue->device.granted.memory_id ||
        !netmap_memory_open(&host, queue->memory.base, queue->memory.bytes, queue->host.granted.offset)) {
        return fail(queue, EPROTO, "finding the host rings in the interface's memory", message);
    }
    queue->rx.to_kernel = netmap_memory_ring(&host, NETMAP_RING_HOST_TX, 0);
    queue->from_kernel = netmap_memory_ring(&host, NETMAP_RING_HOST_RX, 0);
    if (queue->rx.to_kernel == NULL || queue->from_kernel == NULL) {
        return fail(queue, EPROTO, "finding the host rings", message);
    }
    return 0;
}

static int find_rings(struct netmap_queue *queue, char *message) {
    struct netmap_ring *receive = netmap_memory_ring(&queue->memory, NETMAP_RING_RX, queue->worker);
    struct netmap_ring *transmit = netmap_memory_ring(&queue->memory, NETMAP_RING_TX, queue->worker);
    if (receive == NULL || transmit == NULL) {
        return fail(queue, EPROTO, "finding the rings", message);
    }
    uint32_t packet_bytes = queue->port->mtu + ETH_HLEN + VLAN_TAG_BYTES;
    if (queue->tx.port_header_bytes == 0 && packet_bytes > transmit->buffer_bytes) {
        return dcn_port_fail(message, EMSGSIZE,
                             "interface=%s mtu=%u: netmap's buffers hold %u bytes; lower the MTU, or load the module with "
                             "buf_size=%u and a lower buf_num", queue->port->name, queue->port->mtu, transmit->buffer_bytes,
                             packet_bytes <= 4096 ? 4096 : 16384);
    }
    queue->rx.memory = &queue->memory;
    queue->rx.ring = receive;
    queue->rx.next = receive->head;
    queue->rx.station = &queue->port->station;
    queue->rx.port_header_bytes = queue->tx.port_header_bytes;
    queue->tx.packet_bytes = packet_bytes;
    return netmap_tx_open(&queue->tx, transmit) < 0 ? fail(queue, ENOMEM, "memory for the ring", message) : 0;
}

static int open_header(struct netmap_queue *queue, char *message) {
    uint32_t wanted = queue->port->port_header_bytes;
    if (!queue->port->vale) {
        return 0;
    }
    int rc = netmap_device_header(&queue->device, queue->port->name, wanted);
    if (rc < 0 || (uint32_t)rc != wanted) {
        return dcn_port_fail(message, rc < 0 ? -rc : EPROTO,
                             "port=%s: the switch gives it no virtio-net header of %u bytes; use ?header=0", queue->port->name,
                             wanted);
    }
    queue->tx.port_header_bytes = wanted;
    return 0;
}

// Data slots in the port's extra buffers, which the switch reads where they lie.
static int lend_slots(struct netmap_queue *queue, uint8_t **base, uint32_t *slots, char *message) {
    const struct netmap_ring *ring = queue->tx.ring;
    uint32_t buffers_each = DATA_SLOT_BYTES / ring->buffer_bytes;
    if (PAGE_BYTES % ring->buffer_bytes != 0) {
        return dcn_port_fail(message, EOPNOTSUPP, "port=%s: buffers of %u bytes do not fill a page; load netmap with "
                             "priv_buf_size=2048", queue->port->name, ring->buffer_bytes);
    }
    uint32_t wanted = queue->port->data_slots * buffers_each;
    queue->lent_count = netmap_memory_take(&queue->memory, ring, wanted, &queue->lent_first);
    if (queue->lent_count < wanted) {
        return dcn_port_fail(message, ENOMEM,
                             "port=%s slots=%u: netmap has %u extra buffers in one piece of the %u wanted; ask for fewer slots, "
                             "or raise the module's priv_buf_num", queue->port->name, queue->port->data_slots,
                             queue->lent_count, wanted);
    }
    *base = netmap_buffer(ring, queue->lent_first);
    *slots = queue->port->data_slots;
    queue->tx.rings[DCN_RING_DATA].first_buffer = queue->lent_first;
    return 0;
}

static int open_slots(struct netmap_queue *queue, int which, uint32_t slots, uint32_t slot_bytes, uint32_t payload_offset,
                      char *message) {
    uint8_t *base = NULL;
    if (which == DCN_RING_DATA && queue->tx.port_header_bytes != 0) {
        int rc = lend_slots(queue, &base, &slots, message);
        if (rc < 0) {
            return rc;
        }
    } else {
        bool huge = which == DCN_RING_DATA && queue->port->huge_pages;
        uint64_t address = 0;
        int rc = dcn_pages_map((uint64_t)slots * slot_bytes, huge, &address);
        if (rc < 0) {
            return fail(queue, -rc, huge ? "taking slots from the pool of huge pages (HugePages_Free in /proc/meminfo; raise "
                                           "vm.nr_hugepages)" : "mmap of transmit slots", message);
        }
        base = queue->slots[which] = (uint8_t *)(uintptr_t)address;
    }
    queue->state->ring[which] = (struct dcn_ring_layout){.address = (uint64_t)(uintptr_t)base, .slots = slots,
                                                         .slot_bytes = slot_bytes, .payload_offset = payload_offset};
    return netmap_slots_open(&queue->tx.rings[which], base, slots, slot_bytes) < 0
               ? fail(queue, ENOMEM, "memory for slots", message) : 0;
}

static int open_all(struct netmap_queue *queue, uint32_t workers, char *message) {
    int rc = register_rings(queue, workers, message);
    rc = rc < 0 ? rc : map_area(queue, message);
    rc = rc < 0 ? rc : open_header(queue, message);
    rc = rc < 0 ? rc : find_rings(queue, message);
    rc = rc < 0 ? rc : register_host(queue, message);
    rc = rc < 0 ? rc : open_slots(queue, DCN_RING_DATA, queue->port->data_slots, DATA_SLOT_BYTES, PAGE_BYTES, message);
    rc = rc < 0 ? rc : open_slots(queue, DCN_RING_CONTROL, CONTROL_SLOTS, CONTROL_SLOT_BYTES, CONTROL_PAYLOAD_OFFSET, message);
    if (rc < 0) {
        return rc;
    }
    rc = netmap_wait_open(queue);
    return rc < 0 ? fail(queue, -rc, "epoll, eventfd, timerfd or rtnetlink", message) : 0;
}

static void unmap_slots(struct netmap_queue *queue, int which) {
    const struct netmap_slots *ring = &queue->tx.rings[which];
    if (queue->slots[which] != NULL) {
        bool huge = which == DCN_RING_DATA && queue->port->huge_pages;
        (void)dcn_pages_unmap((uint64_t)(uintptr_t)queue->slots[which],
                              (uint64_t)queue->state->ring[which].slots * queue->state->ring[which].slot_bytes, huge);
    }
    netmap_slots_close((struct netmap_slots *)ring);
}

void netmap_queue_close(struct dcn_port_queue *base) {
    struct netmap_queue *queue = (struct netmap_queue *)base;
    netmap_wait_close(queue);
    if (queue->tx.ring != NULL) {
        netmap_tx_close(&queue->tx);
        netmap_memory_give(&queue->memory, queue->tx.ring, queue->lent_first, queue->lent_count);
    }
    for (int i = 0; i < DCN_RINGS; i++) {
        unmap_slots(queue, i);
    }
    if (queue->area != NULL) {
        munmap(queue->area, queue->area_bytes);
    }
    netmap_device_close(&queue->host);
    netmap_device_close(&queue->device);
    free(queue->state);
    free(queue);
}

int netmap_queue_open(struct dcn_port *base, uint32_t worker, uint32_t workers, struct dcn_port_queue **opened,
                      struct dcn_queue_state **state, char *message) {
    struct netmap_port *port = (struct netmap_port *)base;
    if (!port->vale && !netdev_up(port->fd, port->name, port->index)) {
        return dcn_port_fail(message, ENETDOWN, "interface=%s is down; `ip link set %s up`", port->name, port->name);
    }
    struct netmap_queue *queue = calloc(1, sizeof *queue);
    struct dcn_queue_state *shared = calloc(1, sizeof *shared);
    if (queue == NULL || shared == NULL) {
        free(queue);
        free(shared);
        return dcn_port_fail(message, ENOMEM, "interface=%s worker=%u: out of memory", port->name, worker);
    }
    queue->base.driver = &dcn_netmap_driver;
    queue->port = port;
    queue->state = shared;
    queue->worker = worker;
    queue->alone = workers == 1;
    queue->device.fd = queue->host.fd = queue->epoll = queue->link = queue->timer = queue->board_event = -1;
    int rc = open_all(queue, workers, message);
    if (rc < 0) {
        netmap_queue_close(&queue->base);
        return rc;
    }
    netmap_wait_ready(queue);
    *opened = &queue->base;
    *state = shared;
    return 0;
}
