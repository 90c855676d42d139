// What the kernel says about an interface, asked by ioctl and sysfs in the calling thread's network namespace.
#ifndef DCN_SRC_NET_NETDEV_H
#define DCN_SRC_NET_NETDEV_H

#include <stdbool.h>
#include <stdint.h>

#include "dcn/net.h"

// Fills facts but for the flags that depend on the driver (QDISC_BYPASS); -errno and a message when there is no such
// Ethernet interface.
int netdev_facts(int fd, const char *name, struct dcn_port_facts *facts, char *message);

// Interface number, or -errno.
int netdev_index(int fd, const char *name);

// Whether the interface `index` still carries `name` and has been set up by the administrator.
bool netdev_up(int fd, const char *name, int index);

// Whether the driver sees carrier; true when it cannot be asked. One system call, which waits while
// the interface's state is being changed (kernel: rtnl_lock).
bool netdev_carrier(int fd, const char *name);

// Whether it is up and has carrier.
bool netdev_link_up(int fd, const char *name, int index);

// Over how many queues it spreads what it receives, and whether each of them sends too (ethtool-channels).
struct netdev_queues {
    uint32_t receive;
    bool combined;
};
int netdev_queues(int fd, const char *name, struct netdev_queues *queues);

// An rtnetlink socket that becomes readable when some link changes, or -errno.
int netdev_link_socket(void);

#endif
