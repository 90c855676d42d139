// Whose a received frame is: a port that stands between the wire and the kernel takes what is for its addresses, and leaves
// the rest to the kernel.
#ifndef DCN_SRC_NET_NETMAP_STEER_H
#define DCN_SRC_NET_NETMAP_STEER_H

#include <stdbool.h>
#include <stdint.h>

// IPv4 and IPv6 addresses that are served, each.
#define NETMAP_ADDRESSES_MAX 64u

struct netmap_station {
    uint8_t mac[6];
    bool whole;  // there is no kernel behind the port: all that is for `mac` or a group is ours
    uint32_t ipv4_count;
    uint32_t ipv6_count;
    uint8_t ipv4[NETMAP_ADDRESSES_MAX][4];
    uint8_t ipv6[NETMAP_ADDRESSES_MAX][16];
};

#define NETMAP_OURS 1u
#define NETMAP_KERNELS 2u

// Adds an address in network order. Returns 0, -EINVAL for a length other than 4 and 16, -E2BIG when there are
// NETMAP_ADDRESSES_MAX already.
int netmap_station_add(struct netmap_station *station, const uint8_t *address, uint32_t bytes);

// Returns NETMAP_OURS, NETMAP_KERNELS, both for what tells all stations something (neighbours' announcements), or 0 for
// what is nobody's. A frame with a VLAN tag is never ours.
uint32_t netmap_steer(const struct netmap_station *station, const uint8_t *frame, uint32_t bytes);

#endif
