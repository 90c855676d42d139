#include "net/netmap_device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "net/port.h"

#define HELD_TRIES 200
#define HELD_PAUSE_NS 10000000  // 10 ms

static int request(int fd, uint16_t type, const char *name, void *body, uint16_t *version) {
    struct netmap_request request = {.version = NETMAP_API, .type = type, .body = (uint64_t)(uintptr_t)body};
    strncpy(request.name, name, sizeof request.name - 1);
    int rc = ioctl(fd, NETMAP_CONTROL, &request) < 0 ? -errno : 0;
    *version = request.version;
    return rc;
}

static int open_control(const char *name, char *message) {
    int fd = open(NETMAP_DEVICE, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        return fd;
    }
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO) {
        return dcn_port_fail(message, ENODEV,
                             "port=%s: %s is not there: the netmap kernel module is not loaded; `modprobe netmap`, and in a "
                             "container mount the device", name, NETMAP_DEVICE);
    }
    return dcn_port_fail(message, errno, "port=%s: %s: %s", name, NETMAP_DEVICE, strerror(errno));
}

static int explain(const char *name, const struct netmap_register *wanted, int rc, uint16_t version, char *message) {
    switch (-rc) {
    case EBUSY:
        return dcn_port_fail(message, EBUSY, "port=%s ring=%u is held by another process; see `fuser %s`", name,
                             wanted->ring_id, NETMAP_DEVICE);
    case ENXIO:
        return dcn_port_fail(message, ENODEV, "interface=%s does not exist in this network namespace; see `ip link`", name);
    case ENOMEM:
        return dcn_port_fail(message, ENOMEM,
                             "port=%s: netmap's memory has too few buffers or rings; raise buf_num and ring_num of "
                             "/sys/module/netmap/parameters, which hold from the next first user on", name);
    case EINVAL:
        if (version != NETMAP_API) {
            return dcn_port_fail(message, EPROTO, "port=%s: the netmap module speaks API %u, and this agent %u", name, version,
                                 NETMAP_API);
        }
        if (wanted->ring_id != 0) {
            return dcn_port_fail(message, EINVAL,
                                 "port=%s has no ring=%u in netmap, and each worker needs one: as many queues as workers, "
                                 "`ethtool -L %s combined %u`", name, wanted->ring_id, name, wanted->ring_id + 1u);
        }
        return dcn_port_fail(message, EINVAL,
                             "port=%s: netmap refuses it; the kernel's log tells why (`dmesg`): most often the MTU is longer "
                             "than a buffer, and the module wants a higher buf_size with a lower buf_num", name);
    default:
        return dcn_port_fail(message, -rc, "port=%s ring=%u: netmap refuses it: %s", name, wanted->ring_id, strerror(-rc));
    }
}

int netmap_device_open(struct netmap_device *device, const char *name, const struct netmap_register *wanted,
                       char *message) {
    device->fd = -1;
    int fd = open_control(name, message);
    if (fd < 0) {
        return fd;
    }
    uint16_t version = 0;
    int rc;
    for (int tries = 0;; tries++) {
        device->granted = *wanted;
        rc = request(fd, NETMAP_REGISTER, name, &device->granted, &version);
        if (rc != -EBUSY || tries == HELD_TRIES) {
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = HELD_PAUSE_NS}, NULL);
    }
    if (rc < 0) {
        close(fd);
        return explain(name, wanted, rc, version, message);
    }
    device->fd = fd;
    return 0;
}

void netmap_device_close(struct netmap_device *device) {
    if (device->fd >= 0) {
        close(device->fd);
        device->fd = -1;
    }
}

int netmap_device_header(const struct netmap_device *device, const char *name, uint32_t bytes) {
    struct netmap_port_header header = {.bytes = bytes};
    uint16_t version;
    int rc = request(device->fd, NETMAP_PORT_HEADER_SET, name, &header, &version);
    if (rc == 0) {
        rc = request(device->fd, NETMAP_PORT_HEADER_GET, name, &header, &version);
    }
    return rc < 0 ? rc : (int)header.bytes;
}
