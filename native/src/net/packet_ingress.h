// A program on a packet port's interface behind the sockets' copies: TCP for the addresses that are served ends there,
// where the kernel's IP stack would look for a route to them, find none, and forget that again. All else goes on: the
// kernel may have other addresses of its own, and wants ARP and neighbour discovery for them. It is gone with the process.
#ifndef DCN_SRC_NET_PACKET_INGRESS_H
#define DCN_SRC_NET_PACKET_INGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct packet_ingress {
    int addresses;  // map
    int link;
};

// Returns 0, or -errno with nothing on the interface: -EPERM without CAP_BPF, -EINVAL before Linux 6.6.
int packet_ingress_open(struct packet_ingress *ingress, int index);
// Also after an open that failed.
void packet_ingress_close(struct packet_ingress *ingress);
bool packet_ingress_is_open(const struct packet_ingress *ingress);

#endif
