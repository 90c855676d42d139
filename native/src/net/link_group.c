// Groups of stations that an interface takes in frames for (packet(7), PACKET_ADD_MEMBERSHIP).
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dcn/net.h"

int dcn_link_group_join(const char *name, const uint8_t group[6]) {
    unsigned index = if_nametoindex(name);
    if (index == 0) {
        return -errno;
    }
    // Of protocol 0: it receives nothing and only holds the membership, whatever driver the port has.
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    struct packet_mreq request = {
        .mr_ifindex = (int)index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN};
    memcpy(request.mr_address, group, ETH_ALEN);
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) < 0) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

void dcn_link_group_leave(int membership) {
    close(membership);
}
