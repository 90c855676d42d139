// rtnetlink (rtnetlink(7)): one request and its answer on a socket of its own.
#include "net/link_request.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct rtattr *dcn_link_request_add(struct dcn_link_request *request, unsigned short type, const void *value,
                                    size_t bytes) {
    struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
    if (bytes > 0) {
        memcpy(RTA_DATA(attribute), value, bytes);
    }
    request->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len));
    return attribute;
}

void dcn_link_request_close(struct dcn_link_request *request, struct rtattr *outer) {
    char *end = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
    outer->rta_len = (unsigned short)(end - (char *)outer);
}

int dcn_link_request_begin(struct dcn_link_request *request, const char *name, unsigned short type,
                           unsigned short flags) {
    size_t length = strnlen(name, IFNAMSIZ);
    if (length == 0 || length == IFNAMSIZ) {
        return -EINVAL;
    }
    memset(request, 0, sizeof *request);
    request->header.nlmsg_len = NLMSG_LENGTH(sizeof request->link);
    request->header.nlmsg_type = type;
    request->header.nlmsg_flags = NLM_F_REQUEST | flags;
    request->link.ifi_family = AF_UNSPEC;
    (void)dcn_link_request_add(request, IFLA_IFNAME, name, length + 1);
    return 0;
}

int dcn_link_request_exchange(const struct dcn_link_request *request, unsigned short type, char *answer, size_t size) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) {
        return -errno;
    }
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t bytes = sendto(fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel);
    if (bytes >= 0) {
        do {
            bytes = recv(fd, answer, size, MSG_TRUNC);
        } while (bytes < 0 && errno == EINTR);
    }
    int rc = bytes < 0 ? -errno : 0;
    close(fd);
    if (rc < 0) {
        return rc;
    }
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
    if ((size_t)bytes > size) {
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

int dcn_link_request_do(const struct dcn_link_request *request) {
    _Alignas(struct nlmsghdr) char answer[DCN_LINK_ANSWER_BYTES];
    return dcn_link_request_exchange(request, NLMSG_ERROR, answer, sizeof answer);
}
