// Settings of virtual functions, which their physical function's driver keeps (rtnetlink, IFLA_VFINFO_LIST).
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "dcn/net.h"
#include "net/link_request.h"

// A list attribute has at most 64 KiB, the length being 16 bits wide; an interface's others fit in the rest.
#define FUNCTIONS_ANSWER_BYTES (128 * 1024)

// Copies at most `size` bytes of an attribute's value; kernels have made some of them longer.
static void value_copy(const struct rtattr *attribute, void *into, size_t size) {
    size_t bytes = RTA_PAYLOAD(attribute);
    memcpy(into, RTA_DATA(attribute), bytes < size ? bytes : size);
}

// Reads one IFLA_VF_INFO. Returns the function's number.
static uint32_t function_read(const struct rtattr *info, struct dcn_link_function *out) {
    struct ifla_vf_mac mac = {.vf = UINT32_MAX};
    struct ifla_vf_vlan vlan = {.vlan = 0};
    struct ifla_vf_spoofchk spoof_check = {.setting = DCN_FUNCTION_UNKNOWN};
    struct ifla_vf_trust trust = {.setting = DCN_FUNCTION_UNKNOWN};
    int left = (int)RTA_PAYLOAD(info);
    for (struct rtattr *each = RTA_DATA(info); RTA_OK(each, left); each = RTA_NEXT(each, left)) {
        switch (each->rta_type) {
            case IFLA_VF_MAC:
                value_copy(each, &mac, sizeof mac);
                break;
            case IFLA_VF_VLAN:
                value_copy(each, &vlan, sizeof vlan);
                break;
            case IFLA_VF_SPOOFCHK:
                value_copy(each, &spoof_check, sizeof spoof_check);
                break;
            case IFLA_VF_TRUST:
                value_copy(each, &trust, sizeof trust);
                break;
            default:
                break;
        }
    }
    memset(out, 0, sizeof *out);
    memcpy(out->mac, mac.mac, sizeof out->mac);
    out->vlan = (uint16_t)vlan.vlan;
    out->vlan_priority = vlan.qos;
    out->spoof_check = spoof_check.setting;
    out->trust = trust.setting;
    return mac.vf;
}

static int functions_find(const struct nlmsghdr *header, uint32_t index, struct dcn_link_function *out) {
    const struct ifinfomsg *link = NLMSG_DATA(header);
    int left = (int)NLMSG_PAYLOAD(header, sizeof *link);
    for (const struct rtattr *each = IFLA_RTA(link); RTA_OK(each, left); each = RTA_NEXT(each, left)) {
        if ((each->rta_type & NLA_TYPE_MASK) != IFLA_VFINFO_LIST) {
            continue;
        }
        int left_in_list = (int)RTA_PAYLOAD(each);
        for (const struct rtattr *info = RTA_DATA(each); RTA_OK(info, left_in_list);
             info = RTA_NEXT(info, left_in_list)) {
            struct dcn_link_function found;
            if (function_read(info, &found) == index) {
                *out = found;
                return 0;
            }
        }
    }
    return -ENOENT;
}

int dcn_link_function_get(const char *name, uint32_t index, struct dcn_link_function *out) {
    struct dcn_link_request request;
    int rc = dcn_link_request_begin(&request, name, RTM_GETLINK, 0);
    if (rc < 0) {
        return rc;
    }
    uint32_t functions = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS;
    (void)dcn_link_request_add(&request, IFLA_EXT_MASK, &functions, sizeof functions);
    char *answer = malloc(FUNCTIONS_ANSWER_BYTES);
    if (answer == NULL) {
        return -ENOMEM;
    }
    rc = dcn_link_request_exchange(&request, RTM_NEWLINK, answer, FUNCTIONS_ANSWER_BYTES);
    if (rc == 0) {
        rc = functions_find((const struct nlmsghdr *)answer, index, out);
    }
    free(answer);
    return rc;
}

static int setting_write(const char *name, unsigned short type, const void *value, size_t bytes) {
    struct dcn_link_request request;
    int rc = dcn_link_request_begin(&request, name, RTM_SETLINK, NLM_F_ACK);
    if (rc < 0) {
        return rc;
    }
    struct rtattr *list = dcn_link_request_add(&request, IFLA_VFINFO_LIST | NLA_F_NESTED, NULL, 0);
    struct rtattr *info = dcn_link_request_add(&request, IFLA_VF_INFO | NLA_F_NESTED, NULL, 0);
    (void)dcn_link_request_add(&request, type, value, bytes);
    dcn_link_request_close(&request, info);
    dcn_link_request_close(&request, list);
    return dcn_link_request_do(&request);
}

int dcn_link_function_set_mac(const char *name, uint32_t index, const uint8_t mac[6]) {
    struct ifla_vf_mac value = {.vf = index};
    memcpy(value.mac, mac, 6);
    return setting_write(name, IFLA_VF_MAC, &value, sizeof value);
}

int dcn_link_function_set_vlan(const char *name, uint32_t index, uint32_t vlan, uint32_t priority) {
    struct ifla_vf_vlan value = {.vf = index, .vlan = vlan, .qos = priority};
    return setting_write(name, IFLA_VF_VLAN, &value, sizeof value);
}

int dcn_link_function_set_spoof_check(const char *name, uint32_t index, uint32_t on) {
    struct ifla_vf_spoofchk value = {.vf = index, .setting = on};
    return setting_write(name, IFLA_VF_SPOOFCHK, &value, sizeof value);
}

int dcn_link_function_set_trust(const char *name, uint32_t index, uint32_t on) {
    struct ifla_vf_trust value = {.vf = index, .setting = on};
    return setting_write(name, IFLA_VF_TRUST, &value, sizeof value);
}
