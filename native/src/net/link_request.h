// One rtnetlink request about an interface, and its answer.
#ifndef DCN_NET_LINK_REQUEST_H
#define DCN_NET_LINK_REQUEST_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

// An interface with all its attributes but the statistics is a few KiB; with many virtual functions it is not, and those
// are only told who asks for them.
#define DCN_LINK_ANSWER_BYTES 32768

struct dcn_link_request {
    struct nlmsghdr header;
    struct ifinfomsg link;
    char attributes[128];
};

// Begins a request of `type` (RTM_...) about the interface `name`. Returns 0, or -EINVAL for a name that none can have.
int dcn_link_request_begin(struct dcn_link_request *request, const char *name, unsigned short type,
                           unsigned short flags);

// Appends an attribute; returns it, so that others can be put into it.
struct rtattr *dcn_link_request_add(struct dcn_link_request *request, unsigned short type, const void *value,
                                    size_t bytes);

// All that was appended after `outer` becomes part of it.
void dcn_link_request_close(struct dcn_link_request *request, struct rtattr *outer);

// Sends `request` and reads the answer, one message of `type`, into `answer`, aligned as struct nlmsghdr. Returns 0 or
// -errno: the kernel's, or -EMSGSIZE when the answer is longer than `size`.
int dcn_link_request_exchange(const struct dcn_link_request *request, unsigned short type, char *answer, size_t size);

// The same for a request that is answered by success or an error only.
int dcn_link_request_do(const struct dcn_link_request *request);

#endif
