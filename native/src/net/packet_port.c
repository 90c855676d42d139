#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dcn/pages.h"
#include "net/address_map.h"
#include "net/netdev.h"
#include "net/packet.h"

#define PAGE_BYTES 4096u

// A ring's block is an allocation of 2^n pages.
#define RING_SLOT_BYTES (128u * 1024u)
// Longest IP packet, and Ethernet header: a frame of a ring has 17 fragments of a page at most (MAX_SKB_FRAGS).
#define RING_FRAME_BYTES 65535u
// What the kernel copies lies in up to 17 fragments of 32 KiB; headers and one fragment are left to spare.
#define COPIED_FRAME_BYTES (16u * 32u * 1024u - 1)
#define DATA_MEMORY_BYTES (32u * 1024u * 1024u)
#define DATA_SLOTS 128u
#define DATA_SLOTS_MIN 8u
#define DATA_SLOTS_MAX 8192u
#define CONTROL_SLOT_BYTES 2048u
#define CONTROL_SLOTS 1024u
// Room for the ring's own headers, Ethernet, IPv6 and the longest TCP header in front of a payload.
#define CONTROL_PAYLOAD_OFFSET 256u
#define RX_RING_BYTES (4u * 1024u * 1024u)
#define RX_SLOT_BYTES 2048u
#define NEIGHBOUR_SLOTS 64u
#define BLOCK_BYTES (64u * 1024u)

// What TPACKET_V2 puts in front of a received frame: header, address, alignment, virtio-net header, VLAN tag.
#define RX_OVERHEAD_BYTES 96u

// Options of the URI that are left to the driver when they are not given: -1.
struct choices {
    int bypass;
    int copy;
    uint32_t syns;    // a second and queue; 0 for no limit
    uint64_t memory;  // bytes; 0 when not given
};

static int parse_options(struct packet_port *port, char *options, struct choices *choices, char *message) {
    char *rest = NULL;
    for (char *option = strtok_r(options, "&", &rest); option != NULL; option = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(option, '=');
        char *end = NULL;
        unsigned long number = value != NULL ? strtoul(value + 1, &end, 10) : 0;
        bool valid = end != NULL && end != value + 1 && *end == '\0';
        if (valid && strncmp(option, "slots=", 6) == 0 && number >= DATA_SLOTS_MIN && number <= DATA_SLOTS_MAX &&
            (number & (number - 1)) == 0) {
            port->data_slots = (uint32_t)number;
        } else if (valid && strncmp(option, "memory=", 7) == 0 && number > 0) {
            choices->memory = number;
        } else if (valid && strncmp(option, "bypass=", 7) == 0 && number <= 1) {
            choices->bypass = (int)number;
        } else if (valid && strncmp(option, "copy=", 5) == 0 && number <= 1) {
            choices->copy = (int)number;
        } else if (valid && strncmp(option, "syns=", 5) == 0 && number <= SYN_LIMIT_MAX) {
            choices->syns = (uint32_t)number;
        } else if (valid && strncmp(option, "huge=", 5) == 0 && number <= 1) {
            port->huge_pages = number != 0;
        } else {
            return dcn_port_fail(message, EINVAL,
                                 "option=%.64s: want slots=N (a power of two, %u to %u), memory=BYTES, huge=0|1, "
                                 "bypass=0|1, copy=0|1 or syns=N (0 to %u)",
                                 option, DATA_SLOTS_MIN, DATA_SLOTS_MAX, SYN_LIMIT_MAX);
        }
    }
    return 0;
}

static int parse_name(struct packet_port *port, const char *name, struct choices *choices, char *message) {
    char copy[128];
    if (snprintf(copy, sizeof copy, "%s", name) >= (int)sizeof copy) {
        return dcn_port_fail(message, EINVAL, "packet:%.32s...: too long", name);
    }
    char *options = strchr(copy, '?');
    if (options != NULL) {
        *options++ = '\0';
    }
    if (copy[0] == '\0' || strlen(copy) >= IFNAMSIZ) {
        return dcn_port_fail(message, EINVAL, "interface=%.64s: want a name of 1 to %d characters", copy, IFNAMSIZ - 1);
    }
    memcpy(port->name, copy, strlen(copy) + 1);
    return options != NULL ? parse_options(port, options, choices, message) : 0;
}

static uint32_t power_of_two_below(uint64_t number) {
    uint32_t power = 1;
    while (power < DATA_SLOTS_MAX && power * 2ul <= number) {
        power *= 2;
    }
    return power;
}

// Slots that take the longest frame, as many as were asked for by number or by memory.
static void shape_data_ring(struct packet_port *port, struct dcn_port_facts *facts, const struct choices *choices) {
    uint32_t most = port->copies ? COPIED_FRAME_BYTES : RING_FRAME_BYTES;
    facts->max_frame_bytes = facts->max_frame_bytes < most ? facts->max_frame_bytes : most;
    facts->frame_limit_bytes = facts->frame_limit_bytes < most ? facts->frame_limit_bytes : most;
    // The payload begins on the second page, and the disk writes whole pages.
    uint32_t copied = (PAGE_BYTES + facts->max_frame_bytes + PAGE_BYTES) & ~(PAGE_BYTES - 1);
    port->data_slot_bytes = copied > RING_SLOT_BYTES ? copied : RING_SLOT_BYTES;
    if (port->data_slots != 0) {
        return;
    }
    uint64_t memory = choices->memory != 0 ? choices->memory : DATA_MEMORY_BYTES;
    uint32_t slots = power_of_two_below(memory / port->data_slot_bytes);
    uint32_t wanted = choices->memory == 0 && slots > DATA_SLOTS ? DATA_SLOTS : slots;
    port->data_slots = wanted > DATA_SLOTS_MIN ? wanted : DATA_SLOTS_MIN;
}

static struct packet_geometry rx_geometry(const struct packet_port *port) {
    struct packet_geometry geometry = {.slot_bytes = RX_SLOT_BYTES, .block_bytes = BLOCK_BYTES};
    while (geometry.slot_bytes < port->mtu + RX_OVERHEAD_BYTES && geometry.slot_bytes < BLOCK_BYTES) {
        geometry.slot_bytes *= 2;
    }
    geometry.slots = RX_RING_BYTES / geometry.slot_bytes;
    return geometry;
}

// What needs the kernel's BPF machine, and makes floods and ACKs cheaper. Without it all works; the facts tell.
static void open_programs(struct packet_port *port, uint32_t syns, struct dcn_port_facts *facts) {
    if (packet_ingress_open(&port->ingress, port->index) == 0) {
        facts->flags |= DCN_PORT_SPARES_KERNEL;
    }
    if (syns != 0 && syn_limit_open(&port->syns, syns, rx_geometry(port).slots) == 0) {
        facts->flags |= DCN_PORT_SYN_LIMIT;
    }
}

static int open_port(struct packet_port *port, const char *name, struct dcn_port_facts *facts, char *message) {
    struct choices choices = {-1, -1, SYN_LIMIT_DEFAULT, 0};
    int rc = parse_name(port, name, &choices, message);
    if (rc < 0) {
        return rc;
    }
    port->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (port->fd < 0) {
        return dcn_port_fail(message, errno, "interface=%s: socket: %s", port->name, strerror(errno));
    }
    rc = netdev_facts(port->fd, port->name, facts, message);
    if (rc < 0) {
        return rc;
    }
    port->index = netdev_index(port->fd, port->name);
    port->mtu = facts->mtu;
    // Without a queueing discipline the kernel drops a frame that it would have to cut itself (__dev_direct_xmit).
    uint32_t both = DCN_PORT_DEVICE_TSO_IPV4 | DCN_PORT_DEVICE_TSO_IPV6;
    bool device_cuts = (facts->flags & both) == both;
    if (choices.bypass == 1 && !device_cuts) {
        return dcn_port_fail(message, EOPNOTSUPP,
                             "interface=%s bypass=1: the device does not segment TCP over IPv4 and IPv6; "
                             "`ethtool -K %s tso on sg on tx on`, or leave bypass out",
                             port->name, port->name);
    }
    port->bypass = choices.bypass < 0 ? device_cuts : choices.bypass != 0;
    port->copies = choices.copy < 0 ? (facts->flags & DCN_PORT_ZERO_COPY) == 0 : choices.copy != 0;
    if (port->copies) {
        facts->flags = (facts->flags & ~DCN_PORT_ZERO_COPY) | DCN_PORT_COPIES;
    }
    facts->flags |= port->copies ? 0 : DCN_PORT_KERNEL_MEMORY;
    facts->flags |= port->bypass ? DCN_PORT_QDISC_BYPASS : 0;
    shape_data_ring(port, facts, &choices);
    open_programs(port, choices.syns, facts);
    return 0;
}

static void packet_close(struct dcn_port *base) {
    struct packet_port *port = (struct packet_port *)base;
    packet_ingress_close(&port->ingress);
    syn_limit_close(&port->syns);
    if (port->fd >= 0) {
        close(port->fd);
    }
    free(port);
}

static int packet_open(const char *name, struct dcn_port **opened, struct dcn_port_facts *facts, char *message) {
    struct packet_port *port = calloc(1, sizeof *port);
    if (port == NULL) {
        return dcn_port_fail(message, ENOMEM, "packet:%.64s: out of memory", name);
    }
    port->base.driver = &dcn_packet_driver;
    port->fd = -1;
    port->fanout = -1;
    port->ingress = (struct packet_ingress){-1, -1};
    int rc = open_port(port, name, facts, message);
    if (rc < 0) {
        packet_close(&port->base);
        return rc;
    }
    *opened = &port->base;
    return 0;
}

static int packet_address_add(struct dcn_port *base, const uint8_t *address, uint32_t bytes) {
    const struct packet_ingress *ingress = &((struct packet_port *)base)->ingress;
    return packet_ingress_is_open(ingress) ? address_map_add(ingress->addresses, address, bytes) : 0;
}

static size_t geometry_bytes(const struct packet_geometry *geometry) {
    return (size_t)geometry->slots * geometry->slot_bytes;
}

// Maps the socket's ring; at `place` when that is not NULL.
static int map_ring(int fd, size_t bytes, void *place, uint8_t **base) {
    void *address = mmap(place, bytes, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_POPULATE | (place != NULL ? MAP_FIXED : 0), fd, 0);
    if (address == MAP_FAILED) {
        return -errno;
    }
    *base = address;
    return 0;
}

static int open_rx_ring(struct packet_queue *queue, int which, const struct packet_geometry *geometry, uint64_t offset,
                        bool shared, const char **what) {
    struct packet_rx_ring *ring = &queue->rx[which];
    bool neighbours = which == PACKET_RX_NEIGHBOURS;
    ring->fd = packet_rx_socket(queue, geometry, !neighbours, neighbours || !shared, what);
    if (ring->fd < 0) {
        return ring->fd;
    }
    ring->slots = geometry->slots;
    ring->slot_bytes = geometry->slot_bytes;
    ring->area_offset = offset;
    queue->rx_rings = (uint32_t)which + 1;
    *what = "mmap of the receive ring";
    int rc = map_ring(ring->fd, geometry_bytes(geometry), queue->area + offset, &ring->base);
    if (rc == 0 && shared && !neighbours) {
        rc = packet_fanout_join(queue->port, ring->fd, what);
    }
    return rc;
}

// With several workers a second ring, outside the fanout, sees to it that each learns every neighbour.
static int open_receive(struct packet_queue *queue, bool shared, const char **what) {
    struct packet_geometry flows = rx_geometry(queue->port);
    struct packet_geometry neighbours = {NEIGHBOUR_SLOTS, RX_SLOT_BYTES, BLOCK_BYTES};
    size_t rings = geometry_bytes(&flows) + (shared ? geometry_bytes(&neighbours) : 0);
    queue->area_bytes = rings + (size_t)PACKET_LONG_FRAMES * PACKET_LONG_BYTES;
    *what = "mmap of the receive memory";
    void *area = mmap(NULL, queue->area_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) {
        return -errno;
    }
    queue->area = area;
    queue->state->receive_address = (uint64_t)(uintptr_t)area;
    queue->state->receive_bytes = queue->area_bytes;
    int rc = open_rx_ring(queue, PACKET_RX_FLOWS, &flows, 0, shared, what);
    if (rc == 0 && shared) {
        rc = open_rx_ring(queue, PACKET_RX_NEIGHBOURS, &neighbours, geometry_bytes(&flows), shared, what);
    }
    return rc;
}

// Slots that are copied from lie in memory of ours; a disk reads into those for data.
static int map_slots(const struct packet_queue *queue, int which, size_t bytes, uint8_t **base, const char **what) {
    bool huge = which == DCN_RING_DATA && queue->port->huge_pages;
    *what = huge ? "taking its share of the pool of huge pages (HugePages_Free in /proc/meminfo; raise vm.nr_hugepages)"
                 : "mmap of transmit slots";
    uint64_t address = 0;
    int rc = dcn_pages_map(bytes, huge, &address);
    *base = (uint8_t *)(uintptr_t)address;
    return rc;
}

static void unmap_slots(const struct packet_queue *queue, int which) {
    const struct packet_tx_ring *ring = &queue->tx[which];
    size_t bytes = (size_t)ring->slots * ring->slot_bytes;
    if (queue->port->copies) {
        bool huge = which == DCN_RING_DATA && queue->port->huge_pages;
        (void)dcn_pages_unmap((uint64_t)(uintptr_t)ring->base, bytes, huge);
    } else {
        munmap(ring->base, bytes);
    }
}

static int open_transmit(struct packet_queue *queue, int which, const struct packet_geometry *geometry,
                         uint32_t payload_offset, const char **what) {
    struct packet_tx_ring *ring = &queue->tx[which];
    bool copies = queue->port->copies;
    if (!copies) {
        queue->tx_fd[which] = packet_tx_socket(queue->port, geometry, what);
        if (queue->tx_fd[which] < 0) {
            return queue->tx_fd[which];
        }
    }
    *what = "mmap of a transmit ring";
    int rc = copies ? map_slots(queue, which, geometry_bytes(geometry), &ring->base, what)
                    : map_ring(queue->tx_fd[which], geometry_bytes(geometry), NULL, &ring->base);
    ring->slots = geometry->slots;
    ring->slot_bytes = geometry->slot_bytes;
    ring->state = calloc(geometry->slots, 1);
    if (rc == 0 && ring->state == NULL) {
        rc = -ENOMEM;
    }
    queue->state->ring[which] = (struct dcn_ring_layout){
        .address = (uint64_t)(uintptr_t)ring->base,
        .slots = geometry->slots,
        .slot_bytes = geometry->slot_bytes,
        .payload_offset = payload_offset,
    };
    return rc;
}

static void close_fd(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

static void packet_queue_close(struct dcn_port_queue *base) {
    struct packet_queue *queue = (struct packet_queue *)base;
    for (int i = 0; i < DCN_RINGS; i++) {
        if (queue->tx[i].base != NULL) {
            unmap_slots(queue, i);
        }
        close_fd(queue->tx_fd[i]);
        free(queue->tx[i].state);
    }
    if (queue->area != NULL) {
        munmap(queue->area, queue->area_bytes);
    }
    for (int i = 0; i < PACKET_RX_RINGS; i++) {
        close_fd(queue->rx[i].fd);
    }
    packet_copy_close(queue);
    close_fd(queue->epoll);
    close_fd(queue->link);
    close_fd(queue->timer);
    free(queue->state);
    free(queue);
}

static int open_queue(struct packet_queue *queue, bool shared, const char **what) {
    uint32_t slot_bytes = queue->port->data_slot_bytes;
    struct packet_geometry data = {queue->port->data_slots, slot_bytes, slot_bytes};
    struct packet_geometry control = {CONTROL_SLOTS, CONTROL_SLOT_BYTES, BLOCK_BYTES};
    // Sending first: nothing is received, and so lost, before all is there.
    int rc = queue->port->copies ? packet_copy_open(queue, what) : 0;
    if (rc == 0) {
        rc = open_transmit(queue, DCN_RING_DATA, &data, PAGE_BYTES, what);
    }
    if (rc == 0) {
        rc = open_transmit(queue, DCN_RING_CONTROL, &control, CONTROL_PAYLOAD_OFFSET, what);
    }
    if (rc == 0) {
        rc = open_receive(queue, shared, what);
    }
    if (rc == 0) {
        *what = "epoll, timerfd or rtnetlink";
        rc = packet_wait_open(queue);
    }
    return rc;
}

static int packet_queue_open(struct dcn_port *base, uint32_t worker, uint32_t workers, struct dcn_port_queue **opened,
                             struct dcn_queue_state **state, char *message) {
    struct packet_port *port = (struct packet_port *)base;
    if (!netdev_up(port->fd, port->name, port->index)) {
        return dcn_port_fail(message, ENETDOWN, "interface=%s is down; `ip link set %s up`", port->name, port->name);
    }
    struct packet_queue *queue = calloc(1, sizeof *queue);
    struct dcn_queue_state *shared = calloc(1, sizeof *shared);
    if (queue == NULL || shared == NULL) {
        free(queue);
        free(shared);
        return dcn_port_fail(message, ENOMEM, "interface=%s worker=%u: out of memory", port->name, worker);
    }
    queue->base.driver = &dcn_packet_driver;
    queue->port = port;
    queue->state = shared;
    queue->worker = worker;
    queue->shed_before = syn_limit_shed(&port->syns, worker);
    syn_limit_take(&port->syns, worker, syn_limit_passed(&port->syns, worker));
    queue->epoll = queue->link = queue->timer = -1;
    queue->tx_fd[0] = queue->tx_fd[1] = queue->rx[0].fd = queue->rx[1].fd = -1;
    const char *what = "";
    int rc = open_queue(queue, workers > 1, &what);
    if (rc < 0) {
        packet_queue_close(&queue->base);
        return dcn_port_fail(message, -rc, "interface=%s worker=%u: %s failed: %s", port->name, worker, what,
                             strerror(-rc));
    }
    packet_wait_link(queue);
    *opened = &queue->base;
    *state = shared;
    return 0;
}

const struct dcn_port_driver dcn_packet_driver = {
    .scheme = "packet",
    .usage = "INTERFACE",
    .open = packet_open,
    .close = packet_close,
    .address_add = packet_address_add,
    .queue_open = packet_queue_open,
    .queue_close = packet_queue_close,
    .rx = packet_rx,
    .tx = packet_tx,
};
