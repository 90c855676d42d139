// The system calls by which a port of netmap is had.
#ifndef DCN_SRC_NET_NETMAP_DEVICE_H
#define DCN_SRC_NET_NETMAP_DEVICE_H

#include <stdint.h>

#include "net/netmap_abi.h"

struct netmap_device {
    int fd;  // -1 while closed
    struct netmap_register granted;
};

// Registers the rings that `wanted` asks for (mode, ring_id, flags, extra_buffers, rings) of the port `name`. While another
// holds them it tries again, for 2 s: a killed process is let go of late. Returns 0, or -errno and a message of
// DCN_PORT_MESSAGE_BYTES; device->fd is then -1.
int netmap_device_open(struct netmap_device *device, const char *name, const struct netmap_register *wanted,
                       char *message);
void netmap_device_close(struct netmap_device *device);

// Sets the virtio-net header that packets of the port begin with, and tells what is in use then. 0 where the port has
// none, or -errno.
int netmap_device_header(const struct netmap_device *device, const char *name, uint32_t bytes);

#endif
