// For tests of what is done with received frames: a veth pair in a namespace of the process's own, frames of all kinds, and
// a socket that sends them into v1, to come out of v0.
#ifndef DCN_SRC_NET_FRAME_BED_H
#define DCN_SRC_NET_FRAME_BED_H

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/test.h"

#define FRAME_BED_BYTES 128u

struct frame {
    uint8_t bytes[FRAME_BED_BYTES];
    uint32_t count;
};

enum { FIN = 1, SYN_FLAG = 2, RST = 4, ACK = 16, ECE = 64, CWR = 128 };

static const uint8_t STATION[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t OTHER_STATION[6] = {2, 0, 0, 0, 0, 9};

static inline void frame_bed_run(const char *command) {
    if (system(command) != 0) {
        (void)fprintf(stderr, "failed: %s\n", command);
        exit(1);
    }
}

static inline bool frame_bed_make(void) {
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
        puts("skipped: needs root, to make a network namespace");
        return false;
    }
    frame_bed_run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    frame_bed_run("ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 && ip link set v0 up && "
                  "ip link set v1 up");
    return true;
}

// A socket that hears `protocol`, 0 for nothing, on an interface.
static inline int frame_bed_socket(const char *name, uint16_t protocol) {
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    int bytes = 64 << 20;
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol),
                                  .sll_ifindex = (int)if_nametoindex(name)};
    CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static inline void frame_bed_send(int fd, const struct frame *frame) {
    CHECK_EQUAL(frame->count, send(fd, frame->bytes, frame->count, 0));
}

// Frames that have come, once no more do.
static inline uint32_t frame_bed_drain(int fd) {
    uint8_t bytes[FRAME_BED_BYTES];
    uint32_t count = 0;
    for (struct pollfd waiting = {.fd = fd, .events = POLLIN}; poll(&waiting, 1, 20) == 1; count++) {
        CHECK(recv(fd, bytes, sizeof bytes, 0) > 0);
    }
    return count;
}

static inline struct frame frame_ethernet(uint16_t type) {
    struct frame frame = {.count = 64};
    memcpy(frame.bytes, STATION, 6);
    memcpy(frame.bytes + 6, OTHER_STATION, 6);
    frame.bytes[12] = (uint8_t)(type >> 8);
    frame.bytes[13] = (uint8_t)type;
    return frame;
}

// To 10.0.0.1, with so many words of options.
static inline struct frame frame_ipv4(uint8_t protocol, uint32_t source, uint32_t option_words) {
    struct frame frame = frame_ethernet(ETH_P_IP);
    uint8_t *ip = frame.bytes + ETH_HLEN;
    uint32_t from = htonl(source);
    ip[0] = (uint8_t)(0x45 + option_words);
    ip[3] = (uint8_t)(20 + 4 * option_words + 20);
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, &from, 4);
    memcpy(ip + 16, (uint8_t[4]){10, 0, 0, 1}, 4);
    memset(ip + 20, 1, 4 * (size_t)option_words);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 20 + 4 * option_words; i += 2) {
        sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
    return frame;
}

// To 2001:db8::1.
static inline struct frame frame_ipv6(uint8_t next, uint32_t source) {
    struct frame frame = frame_ethernet(ETH_P_IPV6);
    uint8_t *ip = frame.bytes + ETH_HLEN;
    uint32_t from = htonl(source);
    frame.count = ETH_HLEN + 40 + 24;
    ip[0] = 0x60;
    ip[5] = 24;
    ip[6] = next;
    ip[7] = 255;
    memcpy(ip + 8, (uint8_t[4]){0x20, 0x01, 0x0d, 0xb8}, 4);
    memcpy(ip + 20, &from, 4);
    memcpy(ip + 24, (uint8_t[4]){0x20, 0x01, 0x0d, 0xb8}, 4);
    ip[39] = 1;
    return frame;
}

static inline void frame_tcp(struct frame *frame, uint32_t at, uint16_t port, uint8_t flags) {
    uint8_t *tcp = frame->bytes + at;
    tcp[0] = (uint8_t)(port >> 8);
    tcp[1] = (uint8_t)port;
    tcp[3] = 80;
    tcp[12] = 0x50;
    tcp[13] = flags;
}

static inline struct frame frame_tcp4(uint32_t source, uint16_t port, uint8_t flags) {
    struct frame frame = frame_ipv4(6, source, 0);
    frame_tcp(&frame, ETH_HLEN + 20, port, flags);
    return frame;
}

static inline struct frame frame_tcp6(uint32_t source, uint16_t port, uint8_t flags) {
    struct frame frame = frame_ipv6(6, source);
    frame_tcp(&frame, ETH_HLEN + 40, port, flags);
    return frame;
}

#endif
