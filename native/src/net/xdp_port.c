#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/netdev.h"
#include "net/xdp.h"

#define PAGE_BYTES 4096u
#define FRAME_BYTES 65535u  // Ethernet header included
#define DATA_MEMORY_BYTES (32u * 1024u * 1024u)
#define DATA_SLOTS 128u
#define DATA_SLOTS_MIN 8u
#define DATA_SLOTS_MAX 8192u
// The payload begins on the second page, and the disk writes whole pages.
#define DATA_SLOT_BYTES (PAGE_BYTES + 64u * 1024u + PAGE_BYTES)
#define CONTROL_SLOTS 1024u
#define CONTROL_SLOT_BYTES 2048u
#define CONTROL_PAYLOAD_OFFSET 256u

static int parse_options(struct xdp_port *port, char *options, char *message) {
    char *rest = NULL;
    uint64_t memory = DATA_MEMORY_BYTES;
    uint32_t most = DATA_SLOTS;
    for (char *option = strtok_r(options, "&", &rest); option != NULL; option = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(option, '=');
        char *end = NULL;
        unsigned long number = value != NULL ? strtoul(value + 1, &end, 10) : 0;
        bool valid = end != NULL && end != value + 1 && *end == '\0';
        if (valid && strncmp(option, "slots=", 6) == 0 && number >= DATA_SLOTS_MIN && number <= DATA_SLOTS_MAX &&
            (number & (number - 1)) == 0) {
            port->data_slots = (uint32_t)number;
        } else if (valid && strncmp(option, "memory=", 7) == 0 && number > 0) {
            memory = number;
            most = DATA_SLOTS_MAX;
        } else if (valid && strncmp(option, "syns=", 5) == 0 && number <= SYN_LIMIT_MAX) {
            port->syn_rate = (uint32_t)number;
        } else if (valid && strncmp(option, "huge=", 5) == 0 && number <= 1) {
            port->huge_pages = number != 0;
        } else if (strcmp(option, "zerocopy=prefer") == 0) {
            port->copies_allowed = true;
        } else if (strcmp(option, "checksum=software") == 0) {
            port->software_checksum = true;
        } else if (strcmp(option, "zerocopy=require") != 0 && strcmp(option, "checksum=device") != 0) {
            return dcn_port_fail(message, EINVAL,
                                 "option=%.64s: want slots=N (a power of two, %u to %u), memory=BYTES, huge=0|1, "
                                 "syns=N (0 to %u), zerocopy=require|prefer or checksum=device|software",
                                 option, DATA_SLOTS_MIN, DATA_SLOTS_MAX, SYN_LIMIT_MAX);
        }
    }
    if (port->data_slots == 0) {
        port->data_slots = DATA_SLOTS_MIN;
        while (port->data_slots < most && port->data_slots * 2ul * DATA_SLOT_BYTES <= memory) {
            port->data_slots *= 2;
        }
    }
    return 0;
}

static int parse_name(struct xdp_port *port, const char *name, char *message) {
    char copy[128];
    char none[1] = "";
    if (snprintf(copy, sizeof copy, "%s", name) >= (int)sizeof copy) {
        return dcn_port_fail(message, EINVAL, "xdp:%.32s...: too long", name);
    }
    char *options = strchr(copy, '?');
    if (options != NULL) {
        *options++ = '\0';
    }
    if (copy[0] == '\0' || strlen(copy) >= IFNAMSIZ) {
        return dcn_port_fail(message, EINVAL, "interface=%.64s: want a name of 1 to %d characters", copy, IFNAMSIZ - 1);
    }
    memcpy(port->name, copy, strlen(copy) + 1);
    return parse_options(port, options != NULL ? options : none, message);
}

// Zero copy where the driver has it, for packets of as many descriptors as we need; or copies, where they are allowed.
static int choose_mode(struct xdp_port *port, char *message) {
    struct xdp_device device;
    int rc = xdp_device_get(port->index, &device);
    if (rc < 0) {
        return dcn_port_fail(message, EOPNOTSUPP, "interface=%s: the kernel does not tell what its drivers offer to AF_XDP "
                             "(%s); xdp needs Linux 6.6 or newer, or use packet:%s",
                             port->name, strerror(-rc), port->name);
    }
    uint32_t segments = 3 + port->facts.mtu / PAGE_BYTES;
    port->zero_copy = (device.xdp_features & NETDEV_XDP_ZEROCOPY) != 0 && device.zero_copy_segments >= segments;
    // Metadata in front of a page's first byte lies in the page before, which only huge pages keep beside it.
    port->device_checksum = (device.socket_features & NETDEV_XSK_CHECKSUM) != 0 && port->huge_pages;
    if (!port->zero_copy && !port->copies_allowed) {
        return dcn_port_fail(message, EOPNOTSUPP, "interface=%s (driver %.31s) has no zero copy for AF_XDP with %u "
                             "descriptors a packet; allow copies with zerocopy=prefer, or use packet:%s",
                             port->name, port->facts.kernel_driver, segments, port->name);
    }
    return 0;
}

static int open_port(struct xdp_port *port, const char *name, char *message) {
    int rc = parse_name(port, name, message);
    if (rc < 0) {
        return rc;
    }
    port->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (port->fd < 0) {
        return dcn_port_fail(message, errno, "interface=%s: socket: %s", port->name, strerror(errno));
    }
    rc = netdev_facts(port->fd, port->name, &port->facts, message);
    if (rc < 0) {
        return rc;
    }
    port->index = netdev_index(port->fd, port->name);
    port->virtual = (port->facts.flags & DCN_PORT_ZERO_COPY) == 0 && port->facts.numa_node < 0;
    rc = choose_mode(port, message);
    if (rc < 0) {
        return rc;
    }
    uint32_t kept = port->facts.flags & (DCN_PORT_HAS_ADDRESS | DCN_PORT_DEFAULT_ROUTE);
    port->facts.flags = kept | DCN_PORT_SEGMENTATION_IPV4 | DCN_PORT_SEGMENTATION_IPV6 | DCN_PORT_CHECKSUM |
                        DCN_PORT_PASSES_OTHERS | DCN_PORT_SEGMENTS_ITSELF | DCN_PORT_QDISC_BYPASS |
                        DCN_PORT_SPARES_KERNEL | (port->syn_rate != 0 ? DCN_PORT_SYN_LIMIT : 0) |
                        (port->zero_copy ? DCN_PORT_ZERO_COPY : DCN_PORT_COPY_MODE);
    port->facts.max_frame_bytes = port->facts.frame_limit_bytes = FRAME_BYTES;
    return xdp_program_open(port, message);
}

static void xdp_close(struct dcn_port *base) {
    struct xdp_port *port = (struct xdp_port *)base;
    xdp_program_close(&port->program);
    syn_limit_close(&port->syns);
    if (port->fd >= 0) {
        close(port->fd);
    }
    free(port);
}

static int xdp_open(const char *name, struct dcn_port **opened, struct dcn_port_facts *facts, char *message) {
    struct xdp_port *port = calloc(1, sizeof *port);
    if (port == NULL) {
        return dcn_port_fail(message, ENOMEM, "xdp:%.64s: out of memory", name);
    }
    port->base.driver = &dcn_xdp_driver;
    port->fd = -1;
    port->program = (struct xdp_program){-1, -1, -1, -1};
    port->facts = *facts;
    port->data_slot_bytes = DATA_SLOT_BYTES;
    port->syn_rate = SYN_LIMIT_DEFAULT;
    int rc = open_port(port, name, message);
    if (rc < 0) {
        xdp_close(&port->base);
        return rc;
    }
    *facts = port->facts;
    *opened = &port->base;
    return 0;
}

static int xdp_address_add(struct dcn_port *base, const uint8_t *address, uint32_t bytes) {
    return xdp_program_address(&((struct xdp_port *)base)->program, address, bytes);
}

static int shape_slots(struct xdp_queue *queue, int ring, uint32_t slots, uint32_t slot_bytes, uint32_t payload_offset) {
    struct xdp_slots *shape = &queue->slots[ring];
    shape->slots = slots;
    shape->slot_bytes = slot_bytes;
    shape->slot = calloc(slots, sizeof *shape->slot);
    shape->waiting = calloc(slots, sizeof *shape->waiting);
    queue->state->ring[ring] = (struct dcn_ring_layout){
        .address = (uint64_t)(uintptr_t)queue->memory + shape->offset,
        .slots = slots,
        .slot_bytes = slot_bytes,
        .payload_offset = payload_offset,
    };
    return shape->slot != NULL && shape->waiting != NULL ? 0 : -ENOMEM;
}

static int open_queue(struct xdp_queue *queue, const char **what) {
    const struct xdp_port *port = queue->port;
    int rc = xdp_memory_map(queue, (uint64_t)CONTROL_SLOTS * CONTROL_SLOT_BYTES, what);
    if (rc < 0) {
        return rc;
    }
    *what = "memory for slots";
    queue->free_cells = calloc(XDP_CELLS, sizeof *queue->free_cells);
    queue->held = calloc(XDP_RX_CHUNKS, sizeof *queue->held);
    if (queue->free_cells == NULL || queue->held == NULL ||
        shape_slots(queue, DCN_RING_DATA, port->data_slots, port->data_slot_bytes, PAGE_BYTES) < 0 ||
        shape_slots(queue, DCN_RING_CONTROL, CONTROL_SLOTS, CONTROL_SLOT_BYTES, CONTROL_PAYLOAD_OFFSET) < 0) {
        return -ENOMEM;
    }
    while (queue->free_cell_count < XDP_CELLS) {
        queue->free_cells[queue->free_cell_count] = queue->free_cell_count;
        queue->free_cell_count++;
    }
    rc = xdp_socket_open(queue, what);
    return rc == 0 ? xdp_wait_open(queue, what) : rc;
}

static void xdp_queue_close(struct dcn_port_queue *base) {
    struct xdp_queue *queue = (struct xdp_queue *)base;
    xdp_wait_close(queue);
    xdp_socket_close(queue);
    xdp_memory_unmap(queue);
    for (int i = 0; i < DCN_RINGS; i++) {
        free(queue->slots[i].slot);
        free(queue->slots[i].waiting);
    }
    free(queue->free_cells);
    free(queue->held);
    free(queue->state);
    free(queue);
}

// A queue of the interface shows what it receives to one worker: each must have one, and none be left over.
static int check_queues(const struct xdp_port *port, uint32_t workers, char *message) {
    struct netdev_queues queues;
    int rc = netdev_queues(port->fd, port->name, &queues);
    if (rc < 0) {
        return dcn_port_fail(message, -rc, "interface=%s tells no number of queues: %s", port->name, strerror(-rc));
    }
    if (queues.receive == workers) {
        return 0;
    }
    char remedy[96];
    const char *name = port->name;
    queues.combined ? snprintf(remedy, sizeof remedy, "ethtool -L %s combined %u", name, workers)
                    : snprintf(remedy, sizeof remedy, "ethtool -L %s rx %u tx %u", name, workers, workers);
    return dcn_port_fail(message, EOPNOTSUPP, "interface=%s spreads what it receives over %u queues, and there are %u workers; "
                         "run `%s`, or set as many workers", name, queues.receive, workers, remedy);
}

static int xdp_queue_open(struct dcn_port *base, uint32_t worker, uint32_t workers, struct dcn_port_queue **opened,
                          struct dcn_queue_state **state, char *message) {
    struct xdp_port *port = (struct xdp_port *)base;
    if (!netdev_up(port->fd, port->name, port->index)) {
        return dcn_port_fail(message, ENETDOWN, "interface=%s is down; `ip link set %s up`", port->name, port->name);
    }
    int rc = check_queues(port, workers, message);
    if (rc < 0) {
        return rc;
    }
    struct xdp_queue *queue = calloc(1, sizeof *queue);
    struct dcn_queue_state *shared = calloc(1, sizeof *shared);
    if (queue == NULL || shared == NULL) {
        free(queue);
        free(shared);
        return dcn_port_fail(message, ENOMEM, "interface=%s worker=%u: out of memory", port->name, worker);
    }
    queue->base.driver = &dcn_xdp_driver;
    queue->port = port;
    queue->state = shared;
    queue->worker = worker;
    queue->shed_before = syn_limit_shed(&port->syns, worker);
    syn_limit_take(&port->syns, worker, syn_limit_passed(&port->syns, worker));
    queue->fd = queue->epoll = queue->link = queue->timer = queue->neighbours = -1;
    const char *what = "";
    rc = open_queue(queue, &what);
    if (rc < 0) {
        xdp_queue_close(&queue->base);
        return dcn_port_fail(message, -rc, "interface=%s worker=%u: %s failed: %s", port->name, worker, what,
                             strerror(-rc));
    }
    xdp_wait_link(queue);
    *opened = &queue->base;
    *state = shared;
    return 0;
}

const struct dcn_port_driver dcn_xdp_driver = {
    .scheme = "xdp",
    .usage = "INTERFACE",
    .open = xdp_open,
    .close = xdp_close,
    .address_add = xdp_address_add,
    .queue_open = xdp_queue_open,
    .queue_close = xdp_queue_close,
    .rx = xdp_rx,
    .tx = xdp_tx,
};
