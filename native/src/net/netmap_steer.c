#include "net/netmap_steer.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

// Offsets within the frame: RFC 826 for ARP over Ethernet, RFC 791 3.1, RFC 8200 3.
#define ARP_SENDER 28u
#define ARP_TARGET 38u
#define ARP_BYTES 42u
#define IPV4_TARGET 30u
#define IPV4_BYTES 34u
#define IPV6_TARGET 38u
#define IPV6_BYTES 54u

int netmap_station_add(struct netmap_station *station, const uint8_t *address, uint32_t bytes) {
    if (bytes != 4 && bytes != 16) {
        return -EINVAL;
    }
    uint32_t *count = bytes == 4 ? &station->ipv4_count : &station->ipv6_count;
    if (*count == NETMAP_ADDRESSES_MAX) {
        return -E2BIG;
    }
    memcpy(bytes == 4 ? station->ipv4[*count] : station->ipv6[*count], address, bytes);
    ++*count;
    return 0;
}

static uint16_t type_of(const uint8_t *frame) {
    return (uint16_t)(frame[12] << 8 | frame[13]);
}

static bool has_ipv4(const struct netmap_station *station, const uint8_t *address) {
    for (uint32_t i = 0; i < station->ipv4_count; i++) {
        if (memcmp(station->ipv4[i], address, 4) == 0) {
            return true;
        }
    }
    return false;
}

// From byte `from` of each address on: 0 for all of it, 13 for what a solicited-node group keeps (RFC 4291 2.7.1).
static bool has_ipv6(const struct netmap_station *station, const uint8_t *address, uint32_t from) {
    for (uint32_t i = 0; i < station->ipv6_count; i++) {
        if (memcmp(station->ipv6[i] + from, address + from, 16 - from) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t steer_arp(const struct netmap_station *station, const uint8_t *frame) {
    if (has_ipv4(station, frame + ARP_TARGET)) {
        return NETMAP_OURS;
    }
    bool announces = memcmp(frame + ARP_SENDER, frame + ARP_TARGET, 4) == 0;
    return announces ? NETMAP_OURS | NETMAP_KERNELS : NETMAP_KERNELS;
}

static uint32_t steer_ipv6(const struct netmap_station *station, const uint8_t *target) {
    static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
    static const uint8_t solicited[13] = {0xff, 0x02, [11] = 1, 0xff};
    if (has_ipv6(station, target, 0)) {
        return NETMAP_OURS;
    }
    bool told = memcmp(target, all_nodes, sizeof all_nodes) == 0 ||
                (memcmp(target, solicited, sizeof solicited) == 0 && has_ipv6(station, target, sizeof solicited));
    return told ? NETMAP_OURS | NETMAP_KERNELS : NETMAP_KERNELS;
}

uint32_t netmap_steer(const struct netmap_station *station, const uint8_t *frame, uint32_t bytes) {
    if (bytes < ETH_HLEN) {
        return 0;
    }
    uint32_t others = station->whole ? 0 : NETMAP_KERNELS;
    uint16_t type = type_of(frame);
    bool for_us = (frame[0] & 1) != 0 || memcmp(frame, station->mac, sizeof station->mac) == 0;
    if (!for_us || type == ETH_P_8021Q || type == ETH_P_8021AD) {
        return others;
    }
    if (station->whole) {
        return NETMAP_OURS;
    }
    if (type == ETH_P_ARP && bytes >= ARP_BYTES) {
        return steer_arp(station, frame);
    }
    if (type == ETH_P_IP && bytes >= IPV4_BYTES) {
        return has_ipv4(station, frame + IPV4_TARGET) ? NETMAP_OURS : NETMAP_KERNELS;
    }
    return type == ETH_P_IPV6 && bytes >= IPV6_BYTES ? steer_ipv6(station, frame + IPV6_TARGET) : NETMAP_KERNELS;
}
