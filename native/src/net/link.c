// Attributes of interfaces by rtnetlink (rtnetlink(7)).
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "dcn/net.h"
#include "net/link_request.h"

// Younger than the headers of the oldest system that this is built on; part of the kernel's ABI.
#define ATTRIBUTE_GSO_IPV4_MAX_SIZE 63  // IFLA_GSO_IPV4_MAX_SIZE, Linux 6.3

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
    struct dcn_link_request request;
    int rc = dcn_link_request_begin(&request, name, RTM_GETLINK, 0);
    if (rc < 0) {
        return rc;
    }
    uint32_t without_statistics = RTEXT_FILTER_SKIP_STATS;
    (void)dcn_link_request_add(&request, IFLA_EXT_MASK, &without_statistics, sizeof without_statistics);
    _Alignas(struct nlmsghdr) char answer[DCN_LINK_ANSWER_BYTES];
    rc = dcn_link_request_exchange(&request, RTM_NEWLINK, answer, sizeof answer);
    if (rc < 0) {
        return rc;
    }
    struct nlmsghdr *header = (struct nlmsghdr *)answer;
    struct ifinfomsg *link = NLMSG_DATA(header);
    struct dcn_link found = {.index = link->ifi_index, .flags = link->ifi_flags};
    int left = (int)NLMSG_PAYLOAD(header, sizeof *link);
    for (struct rtattr *each = IFLA_RTA(link); RTA_OK(each, left); each = RTA_NEXT(each, left)) {
        attribute_read(each, &found);
    }
    *out = found;
    return 0;
}

static int attribute_set(const char *name, unsigned short type, uint32_t bytes) {
    struct dcn_link_request request;
    int rc = dcn_link_request_begin(&request, name, RTM_SETLINK, NLM_F_ACK);
    if (rc < 0) {
        return rc;
    }
    (void)dcn_link_request_add(&request, type, &bytes, sizeof bytes);
    return dcn_link_request_do(&request);
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

int dcn_link_set_mtu(const char *name, uint32_t bytes) {
    return attribute_set(name, IFLA_MTU, bytes);
}

int dcn_link_set_up(const char *name, uint32_t up) {
    struct dcn_link_request request;
    int rc = dcn_link_request_begin(&request, name, RTM_SETLINK, NLM_F_ACK);
    if (rc < 0) {
        return rc;
    }
    request.link.ifi_flags = up != 0 ? IFF_UP : 0;
    request.link.ifi_change = IFF_UP;
    return dcn_link_request_do(&request);
}
