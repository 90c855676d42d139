// Attributes of interfaces by rtnetlink (rtnetlink(7)): one request and its answer on a socket of its own.
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dcn/net.h"

// Younger than the headers of the oldest system that this is built on; part of the kernel's ABI.
#define ATTRIBUTE_GSO_IPV4_MAX_SIZE 63  // IFLA_GSO_IPV4_MAX_SIZE, Linux 6.3

// An interface with all its attributes but the statistics is a few KiB; with many virtual functions it is not, and those
// are only told who asks for them.
#define ANSWER_BYTES 32768

struct link_request {
    struct nlmsghdr header;
    struct ifinfomsg link;
    char attributes[64];
};

static void attribute_add(struct link_request *request, unsigned short type, const void *value, size_t bytes) {
    struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
    memcpy(RTA_DATA(attribute), value, bytes);
    request->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len));
}

// A request about the interface `name`, or -EINVAL.
static int request_begin(struct link_request *request, const char *name, unsigned short type, unsigned short flags) {
    size_t length = strnlen(name, IFNAMSIZ);
    if (length == 0 || length == IFNAMSIZ) {
        return -EINVAL;
    }
    memset(request, 0, sizeof *request);
    request->header.nlmsg_len = NLMSG_LENGTH(sizeof request->link);
    request->header.nlmsg_type = type;
    request->header.nlmsg_flags = NLM_F_REQUEST | flags;
    request->link.ifi_family = AF_UNSPEC;
    attribute_add(request, IFLA_IFNAME, name, length + 1);
    return 0;
}

// Sends `request` and reads the answer, one message of `type`. Returns 0 or -errno.
static int exchange(const struct link_request *request, unsigned short type, char *answer) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) {
        return -errno;
    }
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t bytes = sendto(fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel);
    if (bytes >= 0) {
        do {
            bytes = recv(fd, answer, ANSWER_BYTES, MSG_TRUNC);
        } while (bytes < 0 && errno == EINTR);
    }
    int rc = bytes < 0 ? -errno : 0;
    close(fd);
    if (rc < 0) {
        return rc;
    }
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
    if (bytes > ANSWER_BYTES) {
        return -EMSGSIZE;
    }
    if (!NLMSG_OK(header, (size_t)bytes)) {
        return -EPROTO;
    }
    if (header->nlmsg_type == NLMSG_ERROR) {
        rc = ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
        return rc == 0 && type != NLMSG_ERROR ? -EPROTO : rc;
    }
    return header->nlmsg_type == type ? 0 : -EPROTO;
}

static void attribute_read(const struct rtattr *attribute, struct dcn_link *out) {
    uint32_t *into = NULL;
    switch (attribute->rta_type) {
        case IFLA_MTU:
            into = &out->mtu;
            break;
        case IFLA_GSO_MAX_SIZE:
            into = &out->gso_max_size;
            break;
        case ATTRIBUTE_GSO_IPV4_MAX_SIZE:
            into = &out->gso_ipv4_max_size;
            break;
        case IFLA_TSO_MAX_SIZE:
            into = &out->tso_max_size;
            break;
        default:
            break;
    }
    if (into != NULL && RTA_PAYLOAD(attribute) == sizeof *into) {
        memcpy(into, RTA_DATA(attribute), sizeof *into);
    }
}

int dcn_link_get(const char *name, struct dcn_link *out) {
    struct link_request request;
    int rc = request_begin(&request, name, RTM_GETLINK, 0);
    if (rc < 0) {
        return rc;
    }
    uint32_t without_statistics = RTEXT_FILTER_SKIP_STATS;
    attribute_add(&request, IFLA_EXT_MASK, &without_statistics, sizeof without_statistics);
    _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
    rc = exchange(&request, RTM_NEWLINK, answer);
    if (rc < 0) {
        return rc;
    }
    struct nlmsghdr *header = (struct nlmsghdr *)answer;
    struct ifinfomsg *link = NLMSG_DATA(header);
    struct dcn_link found = {.index = link->ifi_index};
    int left = (int)NLMSG_PAYLOAD(header, sizeof *link);
    for (struct rtattr *each = IFLA_RTA(link); RTA_OK(each, left); each = RTA_NEXT(each, left)) {
        attribute_read(each, &found);
    }
    *out = found;
    return 0;
}

static int attribute_set(const char *name, unsigned short type, uint32_t bytes) {
    struct link_request request;
    int rc = request_begin(&request, name, RTM_SETLINK, NLM_F_ACK);
    if (rc < 0) {
        return rc;
    }
    attribute_add(&request, type, &bytes, sizeof bytes);
    _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
    return exchange(&request, NLMSG_ERROR, answer);
}

int dcn_link_set_gso_max_size(const char *name, uint32_t bytes) {
    return attribute_set(name, IFLA_GSO_MAX_SIZE, bytes);
}

int dcn_link_set_gso_ipv4_max_size(const char *name, uint32_t bytes) {
    // A kernel skips attributes that are younger than itself, and says that all is well.
    struct dcn_link link;
    int rc = dcn_link_get(name, &link);
    if (rc < 0) {
        return rc;
    }
    return link.gso_ipv4_max_size == 0 ? -EOPNOTSUPP : attribute_set(name, ATTRIBUTE_GSO_IPV4_MAX_SIZE, bytes);
}
