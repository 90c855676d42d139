// What an interface's driver offers to AF_XDP, by generic netlink (kernel: Documentation/netlink/specs/netdev.yaml).
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/xdp.h"

#define ANSWER_BYTES 8192u

struct request {
    struct nlmsghdr header;
    struct genlmsghdr generic;
    char attributes[64];
};

static void add(struct request *request, uint16_t type, const void *value, size_t bytes) {
    struct nlattr attribute = {.nla_len = (uint16_t)(NLA_HDRLEN + bytes), .nla_type = type};
    char *end = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
    memcpy(end, &attribute, sizeof attribute);
    memcpy(end + NLA_HDRLEN, value, bytes);
    request->header.nlmsg_len = (uint32_t)(end - (char *)request) + NLA_ALIGN(attribute.nla_len);
}

// The answer's bytes, or -errno.
static int exchange(int fd, struct request *request, char *answer) {
    if (send(fd, request, request->header.nlmsg_len, 0) < 0) {
        return -errno;
    }
    ssize_t bytes = recv(fd, answer, ANSWER_BYTES, 0);
    struct nlmsghdr header;
    if (bytes < (ssize_t)sizeof header) {
        return bytes < 0 ? -errno : -EPROTO;
    }
    memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type == NLMSG_ERROR) {
        struct nlmsgerr error = {0};
        memcpy(&error, answer + NLMSG_HDRLEN, sizeof error.error);
        return error.error < 0 ? error.error : -EPROTO;
    }
    return (int)(bytes < header.nlmsg_len ? bytes : header.nlmsg_len);
}

// Copies the attribute's value, as much of it as fits; 0 is left where there is none.
static void get(const char *answer, int answer_bytes, uint16_t type, void *value, size_t bytes) {
    int at = NLMSG_HDRLEN + GENL_HDRLEN;
    struct nlattr attribute;
    while (at + NLA_HDRLEN <= answer_bytes) {
        memcpy(&attribute, answer + at, sizeof attribute);
        if (attribute.nla_len < NLA_HDRLEN || at + attribute.nla_len > answer_bytes) {
            return;
        }
        size_t length = attribute.nla_len - (size_t)NLA_HDRLEN;
        if ((attribute.nla_type & NLA_TYPE_MASK) == type) {
            memcpy(value, answer + at + NLA_HDRLEN, length < bytes ? length : bytes);
            return;
        }
        at += NLA_ALIGN(attribute.nla_len);
    }
}

static struct request begin(uint16_t family, uint8_t command) {
    return (struct request){
        .header = {.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN), .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST},
        .generic = {.cmd = command, .version = 1},
    };
}

int xdp_device_get(int index, struct xdp_device *device) {
    static const char FAMILY[] = "netdev";
    _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
    memset(device, 0, sizeof *device);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    if (fd < 0) {
        return -errno;
    }
    struct request request = begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
    add(&request, CTRL_ATTR_FAMILY_NAME, FAMILY, sizeof FAMILY);
    int bytes = exchange(fd, &request, answer);
    uint16_t family = 0;
    if (bytes > 0) {
        get(answer, bytes, CTRL_ATTR_FAMILY_ID, &family, sizeof family);
        uint32_t number = (uint32_t)index;
        request = begin(family, NETDEV_GET);
        add(&request, NETDEV_IFINDEX, &number, sizeof number);
        bytes = exchange(fd, &request, answer);
    }
    if (bytes > 0) {
        get(answer, bytes, NETDEV_XDP_FEATURES, &device->xdp_features, sizeof device->xdp_features);
        get(answer, bytes, NETDEV_XSK_FEATURES, &device->socket_features, sizeof device->socket_features);
        get(answer, bytes, NETDEV_ZC_MAX_SEGS, &device->zero_copy_segments, sizeof device->zero_copy_segments);
    }
    close(fd);
    return bytes < 0 ? bytes : 0;
}
