#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/packet.h"
#include "net/packet_filter.h"

// Frames in flight to the device and long frames that wait in the socket count against these.
#define SEND_BUFFER_BYTES (256 * 1024 * 1024)
#define RECEIVE_BUFFER_BYTES (4 * 1024 * 1024)

static int set(int fd, int option, int value) {
    return setsockopt(fd, SOL_PACKET, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int ring(int fd, int option, const struct packet_geometry *geometry) {
    struct tpacket_req request = {
        .tp_block_size = geometry->block_bytes,
        .tp_block_nr = (uint32_t)((uint64_t)geometry->slots * geometry->slot_bytes / geometry->block_bytes),
        .tp_frame_size = geometry->slot_bytes,
        .tp_frame_nr = geometry->slots,
    };
    return setsockopt(fd, SOL_PACKET, option, &request, sizeof request) < 0 ? -errno : 0;
}

static int bind_to(int fd, int index, uint16_t protocol) {
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = index};
    return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

static int packet_socket(const char **what) {
    *what = "socket(AF_PACKET), which needs root or CAP_NET_RAW,";
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

// Runs each step and stops at the first that fails.
#define STEP(call)           \
    do {                     \
        int rc_ = (call);    \
        if (rc_ < 0) {       \
            *what = #call;   \
            close(fd);       \
            return rc_;      \
        }                    \
    } while (0)

static int buffer_size(int fd, int option, int value) {
    return setsockopt(fd, SOL_SOCKET, option, &value, sizeof value) < 0 ? -errno : 0;
}

int packet_rx_socket(const struct packet_queue *queue, const struct packet_geometry *geometry, bool flows,
                     bool neighbours, const char **what) {
    const struct packet_port *port = queue->port;
    int fd = packet_socket(what);
    if (fd < 0) {
        return fd;
    }
    STEP(packet_filter_attach(fd, flows, neighbours));  // before bind: nothing slips in
    if (flows && port->syns.rate != 0) {
        STEP(packet_filter_attach_limited(fd, neighbours, &port->syns, queue->worker));
    }
    STEP(buffer_size(fd, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES));
    STEP(set(fd, PACKET_VERSION, TPACKET_V2));
    STEP(set(fd, PACKET_VNET_HDR, 1));
    STEP(set(fd, PACKET_IGNORE_OUTGOING, 1));
    STEP(set(fd, PACKET_COPY_THRESH, 1));
    STEP(ring(fd, PACKET_RX_RING, geometry));
    STEP(bind_to(fd, port->index, ETH_P_ALL));
    return fd;
}

int packet_tx_socket(const struct packet_port *port, const struct packet_geometry *geometry, const char **what) {
    int fd = packet_socket(what);
    if (fd < 0) {
        return fd;
    }
    STEP(buffer_size(fd, SO_SNDBUFFORCE, SEND_BUFFER_BYTES));
    STEP(set(fd, PACKET_VERSION, TPACKET_V2));
    STEP(set(fd, PACKET_VNET_HDR, 1));
    STEP(set(fd, PACKET_LOSS, 1));
    STEP(set(fd, PACKET_TX_HAS_OFF, 1));
    STEP(set(fd, PACKET_QDISC_BYPASS, port->bypass));
    STEP(ring(fd, PACKET_TX_RING, geometry));
    STEP(bind_to(fd, port->index, 0));  // protocol 0: sends only
    return fd;
}

int packet_copy_socket(const struct packet_port *port, const char **what) {
    int fd = packet_socket(what);
    if (fd < 0) {
        return fd;
    }
    STEP(buffer_size(fd, SO_SNDBUFFORCE, SEND_BUFFER_BYTES));
    STEP(set(fd, PACKET_VNET_HDR, 1));
    STEP(set(fd, PACKET_QDISC_BYPASS, port->bypass));
    STEP(bind_to(fd, port->index, 0));  // protocol 0: sends only
    return fd;
}

int packet_neighbour_socket(int index, const char **what) {
    int fd = packet_socket(what);
    if (fd < 0) {
        return fd;
    }
    STEP(packet_filter_attach(fd, false, true));
    STEP(set(fd, PACKET_IGNORE_OUTGOING, 1));
    STEP(bind_to(fd, index, ETH_P_ALL));
    return fd;
}

int packet_fanout_join(struct packet_port *port, int fd, const char **what) {
    *what = "PACKET_FANOUT";
    bool first = port->fanout < 0;
    // The kernel picks a free group for the first; the others join it by its number.
    uint32_t type = PACKET_FANOUT_HASH | (first ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
    uint32_t argument = (first ? 0 : (uint32_t)port->fanout) | type << 16;
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) < 0) {
        return -errno;
    }
    socklen_t length = sizeof argument;
    if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, &length) < 0) {
        return -errno;
    }
    port->fanout = (int)(argument & 0xffff);
    return 0;
}
