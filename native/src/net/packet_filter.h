// What a packet port's sockets hear.
#ifndef DCN_SRC_NET_PACKET_FILTER_H
#define DCN_SRC_NET_PACKET_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "net/syn_limit.h"

// Lets through what is for this station and its VLAN; what every worker has to hear counts as `neighbours`, the rest as
// `flows`: ARP, neighbour discovery (IPv6 without extension headers, ICMPv6 133 to 137, RFC 4861 4), questions who listens to
// groups (ICMPv6 130 behind Router Alert, RFC 3810 5), and errors about what was sent, which say in their payload only whose
// it is (ICMP 3, RFC 792; ICMPv6 up to 4, RFC 4443 3). Returns 0 or -errno.
int packet_filter_attach(int fd, bool flows, bool neighbours);

// The same with flows, and SYNs of TCP by the limit of `queue`; takes the place of a filter that is there. Only the first
// fragment of a packet has a SYN to be seen, and behind extension headers of IPv6 none is looked for.
int packet_filter_attach_limited(int fd, bool neighbours, const struct syn_limit *limit, uint32_t queue);

#endif
