#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/netdev.h"
#include "net/netmap.h"

#define FRAME_BYTES_MAX 65535u  // of an IP packet whose length its header can tell
#define DATA_SLOTS 128u
#define DATA_SLOTS_MIN 8u
#define DATA_SLOTS_MAX 4096u
#define SLOT_BYTES (17u * 4096u)  // what fits FRAME_BYTES_MAX behind a page for headers; memory= counts with this
#define VALE_PREFIX "vale"
#define VALE_MTU 1500u
#define VALE_MTU_MAX 9000u
// Of virtio 1: with num_buffers.
#define VALE_HEADER_BYTES 12u

static uint32_t slots_within(uint64_t bytes) {
    uint32_t slots = DATA_SLOTS_MIN;
    while (slots < DATA_SLOTS_MAX && (uint64_t)slots * 2 * SLOT_BYTES <= bytes) {
        slots *= 2;
    }
    return slots;
}

static bool set_option(struct netmap_port *port, const char *option, unsigned long number) {
    if (strncmp(option, "slots=", 6) == 0 && number >= DATA_SLOTS_MIN && number <= DATA_SLOTS_MAX &&
        (number & (number - 1)) == 0) {
        port->data_slots = (uint32_t)number;
    } else if (strncmp(option, "memory=", 7) == 0 && number > 0) {
        port->data_slots = slots_within(number);
    } else if (strncmp(option, "huge=", 5) == 0 && number <= 1) {
        port->huge_pages = number != 0;
    } else if (port->vale && strncmp(option, "mtu=", 4) == 0 && number >= 576 && number <= VALE_MTU_MAX) {
        port->mtu = (uint32_t)number;
    } else if (port->vale && strncmp(option, "header=", 7) == 0 && number <= 1) {
        port->port_header_bytes = number != 0 ? VALE_HEADER_BYTES : 0;
    } else {
        return false;
    }
    return true;
}

static int parse_options(struct netmap_port *port, char *options, char *message) {
    char *rest = NULL;
    for (char *option = strtok_r(options, "&", &rest); option != NULL; option = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(option, '=');
        char *end = NULL;
        unsigned long number = value != NULL ? strtoul(value + 1, &end, 10) : 0;
        bool valid = end != NULL && end != value + 1 && *end == '\0';
        if (!valid || !set_option(port, option, number)) {
            return dcn_port_fail(message, EINVAL,
                                 "option=%.64s: want slots=N (a power of two, %u to %u), memory=BYTES or huge=0|1; on a port "
                                 "of a VALE switch also mtu=N or header=0|1", option, DATA_SLOTS_MIN, DATA_SLOTS_MAX);
        }
    }
    return 0;
}

static int parse_name(struct netmap_port *port, const char *name, char *message) {
    char copy[128];
    if (snprintf(copy, sizeof copy, "%s", name) >= (int)sizeof copy) {
        return dcn_port_fail(message, EINVAL, "netmap:%.32s...: too long", name);
    }
    char *options = strchr(copy, '?');
    if (options != NULL) {
        *options++ = '\0';
    }
    port->vale = strncmp(copy, VALE_PREFIX, strlen(VALE_PREFIX)) == 0 && strchr(copy, ':') != NULL;
    if (copy[0] == '\0' || strlen(copy) >= IFNAMSIZ) {
        return dcn_port_fail(message, EINVAL, "interface=%.64s: want a name of 1 to %d characters, or valeSWITCH:PORT", copy,
                             IFNAMSIZ - 1);
    }
    memcpy(port->name, copy, strlen(copy) + 1);
    port->port_header_bytes = port->vale ? VALE_HEADER_BYTES : 0;
    port->mtu = VALE_MTU;
    return options != NULL ? parse_options(port, options, message) : 0;
}

// A VALE port has no address of its own: one that its name gives, so that it is the same tomorrow (FNV-1a).
static void make_address(const char *name, uint8_t *mac) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char *at = name; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * 0x100000001b3;
    }
    memcpy(mac, &hash, 6);
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02);  // locally administered, one station's
}

static void vale_facts(struct netmap_port *port, struct dcn_port_facts *facts) {
    make_address(port->name, facts->mac);
    facts->mtu = port->mtu;
    facts->numa_node = -1;
    memcpy(facts->interface_name, port->name, sizeof facts->interface_name - 1);
    strcpy(facts->kernel_driver, "vale");
    facts->flags = DCN_PORT_QDISC_BYPASS;
    if (port->port_header_bytes != 0) {
        // The switch reads our slots, and whoever takes a large frame off it cuts it where that is wanted.
        facts->flags |= DCN_PORT_ZERO_COPY | DCN_PORT_DEVICE_TSO_IPV4 | DCN_PORT_DEVICE_TSO_IPV6;
    }
    port->station.whole = true;
}

static int interface_facts(struct netmap_port *port, struct dcn_port_facts *facts, char *message) {
    int rc = netdev_facts(port->fd, port->name, facts, message);
    if (rc < 0) {
        return rc;
    }
    port->index = netdev_index(port->fd, port->name);
    port->mtu = facts->mtu;
    // What the device does for the kernel it does not do for netmap.
    facts->flags &= DCN_PORT_HAS_ADDRESS | DCN_PORT_DEFAULT_ROUTE;
    facts->flags |= DCN_PORT_PASSES_OTHERS;
    return 0;
}

static void netmap_close(struct dcn_port *base) {
    struct netmap_port *port = (struct netmap_port *)base;
    if (port->fd >= 0) {
        close(port->fd);
    }
    free(port->board);
    free(port);
}

static int open_port(struct netmap_port *port, const char *name, struct dcn_port_facts *facts, char *message) {
    int rc = parse_name(port, name, message);
    if (rc < 0) {
        return rc;
    }
    port->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (port->fd < 0) {
        return dcn_port_fail(message, errno, "interface=%s: socket: %s", port->name, strerror(errno));
    }
    if (port->vale) {
        vale_facts(port, facts);
    } else {
        rc = interface_facts(port, facts, message);
    }
    facts->flags |= DCN_PORT_SEGMENTATION_IPV4 | DCN_PORT_SEGMENTATION_IPV6 | DCN_PORT_CHECKSUM;
    facts->flags |= port->port_header_bytes == 0 ? DCN_PORT_SEGMENTS_ITSELF : 0;
    facts->max_frame_bytes = facts->frame_limit_bytes = FRAME_BYTES_MAX;
    memcpy(port->station.mac, facts->mac, sizeof port->station.mac);
    return rc;
}

static int netmap_open(const char *name, struct dcn_port **opened, struct dcn_port_facts *facts, char *message) {
    struct netmap_port *port = calloc(1, sizeof *port);
    struct netmap_board *board = netmap_board_new();
    if (port == NULL || board == NULL) {
        free(port);
        free(board);
        return dcn_port_fail(message, ENOMEM, "netmap:%.64s: out of memory", name);
    }
    port->base.driver = &dcn_netmap_driver;
    port->board = board;
    port->fd = -1;
    port->data_slots = DATA_SLOTS;
    int rc = open_port(port, name, facts, message);
    if (rc < 0) {
        netmap_close(&port->base);
        return rc;
    }
    *opened = &port->base;
    return 0;
}

static int netmap_address_add(struct dcn_port *base, const uint8_t *address, uint32_t bytes) {
    return netmap_station_add(&((struct netmap_port *)base)->station, address, bytes);
}

const struct dcn_port_driver dcn_netmap_driver = {
    .scheme = "netmap",
    .usage = "INTERFACE",
    .open = netmap_open,
    .close = netmap_close,
    .address_add = netmap_address_add,
    .queue_open = netmap_queue_open,
    .queue_close = netmap_queue_close,
    .rx = netmap_queue_rx,
    .tx = netmap_queue_tx,
};
