#include "net/netdev.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/port.h"

// gso_max_size of interfaces that nobody has set.
#define GSO_DEFAULT_BYTES 65536u

#define FEATURE_WORDS 8
#define FEATURES_MAX (FEATURE_WORDS * 32)

static struct ifreq request(const char *name) {
    struct ifreq ifr;
    memset(&ifr, 0, sizeof ifr);
    strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
    return ifr;
}

static int ethtool(int fd, const char *name, void *command) {
    struct ifreq ifr = request(name);
    ifr.ifr_data = command;
    return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

int netdev_index(int fd, const char *name) {
    struct ifreq ifr = request(name);
    return ioctl(fd, SIOCGIFINDEX, &ifr) < 0 ? -errno : ifr.ifr_ifindex;
}

static int interface_flags(int fd, const char *name, int index) {
    struct ifreq ifr = request(name);
    if (netdev_index(fd, name) != index || ioctl(fd, SIOCGIFFLAGS, &ifr) < 0) {
        return 0;
    }
    return ifr.ifr_flags;
}

bool netdev_up(int fd, const char *name, int index) {
    return (interface_flags(fd, name, index) & IFF_UP) != 0;
}

bool netdev_carrier(int fd, const char *name) {
    struct ethtool_value carrier = {.cmd = ETHTOOL_GLINK};
    return ethtool(fd, name, &carrier) != 0 || carrier.data != 0;
}

bool netdev_link_up(int fd, const char *name, int index) {
    int flags = interface_flags(fd, name, index);
    // The carrier as the driver sees it; IFF_RUNNING follows that by up to a second.
    struct ethtool_value carrier = {.cmd = ETHTOOL_GLINK};
    bool connected = ethtool(fd, name, &carrier) == 0 ? carrier.data != 0 : (flags & IFF_RUNNING) != 0;
    return (flags & IFF_UP) != 0 && connected;
}

// Which of the kernel's named features are active.
struct feature_set {
    struct ethtool_gstrings *names;
    struct ethtool_gfeatures *active;
};

static int feature_count(int fd, const char *name, uint32_t *count) {
    // struct ethtool_sset_info, and behind it a word for each bit of its mask.
    union {
        struct ethtool_sset_info info;
        uint32_t words[sizeof(struct ethtool_sset_info) / sizeof(uint32_t) + 1];
    } request_words = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
    int rc = ethtool(fd, name, &request_words);
    *count = request_words.words[sizeof(struct ethtool_sset_info) / sizeof(uint32_t)];
    return rc < 0 || *count <= FEATURES_MAX ? rc : -E2BIG;
}

static int feature_set_read(int fd, const char *name, struct feature_set *set) {
    memset(set, 0, sizeof *set);
    uint32_t count;
    int rc = feature_count(fd, name, &count);
    if (rc < 0) {
        return rc;
    }
    set->names = calloc(1, sizeof *set->names + (size_t)count * ETH_GSTRING_LEN);
    set->active = calloc(1, sizeof *set->active + FEATURE_WORDS * sizeof(struct ethtool_get_features_block));
    if (set->names == NULL || set->active == NULL) {
        return -ENOMEM;
    }
    set->names->cmd = ETHTOOL_GSTRINGS;
    set->names->string_set = ETH_SS_FEATURES;
    set->names->len = count;
    set->active->cmd = ETHTOOL_GFEATURES;
    set->active->size = FEATURE_WORDS;
    rc = ethtool(fd, name, set->names);
    return rc < 0 ? rc : ethtool(fd, name, set->active);
}

static bool feature_active(const struct feature_set *set, const char *feature) {
    for (uint32_t i = 0; i < set->names->len; i++) {
        if (strncmp((const char *)set->names->data + (size_t)i * ETH_GSTRING_LEN, feature, ETH_GSTRING_LEN) == 0) {
            return (set->active->features[i / 32].active >> (i % 32)) & 1u;
        }
    }
    return false;
}

static uint32_t offload_flags(int fd, const char *name, bool physical) {
    // The kernel completes checksums and cuts segments where the device does not.
    uint32_t flags = DCN_PORT_SEGMENTATION_IPV4 | DCN_PORT_SEGMENTATION_IPV6 | DCN_PORT_CHECKSUM;
    struct feature_set set;
    if (feature_set_read(fd, name, &set) == 0) {
        bool checksum = feature_active(&set, "tx-checksum-ip-generic");
        bool gather = feature_active(&set, "tx-scatter-gather");
        if (feature_active(&set, "tx-tcp-segmentation") && gather &&
            (checksum || feature_active(&set, "tx-checksum-ipv4"))) {
            flags |= DCN_PORT_DEVICE_TSO_IPV4;
        }
        if (feature_active(&set, "tx-tcp6-segmentation") && gather &&
            (checksum || feature_active(&set, "tx-checksum-ipv6"))) {
            flags |= DCN_PORT_DEVICE_TSO_IPV6;
        }
        if (physical && gather) {
            flags |= DCN_PORT_ZERO_COPY;
        }
    }
    free(set.names);
    free(set.active);
    return flags;
}

static int32_t numa_node(const char *name, bool *physical) {
    char path[96];
    int node = -1;
    snprintf(path, sizeof path, "/sys/class/net/%.15s/device/numa_node", name);
    FILE *file = fopen(path, "re");
    *physical = file != NULL;
    if (file != NULL) {
        if (fscanf(file, "%d", &node) != 1) {
            node = -1;
        }
        fclose(file);
    }
    return node;
}

static bool has_address(const char *name) {
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0) {
        return false;
    }
    bool found = false;
    for (struct ifaddrs *each = all; each != NULL; each = each->ifa_next) {
        found |= each->ifa_addr != NULL && strcmp(each->ifa_name, name) == 0 &&
                 (each->ifa_addr->sa_family == AF_INET || each->ifa_addr->sa_family == AF_INET6);
    }
    freeifaddrs(all);
    return found;
}

static bool has_default_route(const char *name) {
    char line[256];
    bool found = false;
    FILE *file = fopen("/proc/thread-self/net/route", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char device[IFNAMSIZ];
        unsigned destination, gateway, flags, mask;
        int use, references, metric;
        if (sscanf(line, "%15s %x %x %x %d %d %d %x", device, &destination, &gateway, &flags, &references, &use,
                   &metric, &mask) == 8) {
            found |= destination == 0 && mask == 0 && strcmp(device, name) == 0;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    file = fopen("/proc/thread-self/net/ipv6_route", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char destination[33], device[IFNAMSIZ];
        unsigned bits;
        if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %*x %15s", destination, &bits, device) == 3) {
            found |= bits == 0 && strcmp(device, name) == 0;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

// A frame of gso_max_size or more is cut in software even when the device could (kernel: gso_features_check).
static void frame_facts(const char *name, struct dcn_port_facts *facts) {
    struct dcn_link link = {0};
    uint32_t now = GSO_DEFAULT_BYTES;
    uint32_t limit = 0;
    if (dcn_link_get(name, &link) == 0 && link.gso_ipv4_max_size != 0) {
        now = link.gso_ipv4_max_size;
        limit = link.tso_max_size;
    } else if (link.gso_max_size != 0 && link.gso_max_size < now) {
        now = link.gso_max_size;  // a kernel whose IPv4 knows no longer packets (before 6.3)
    }
    uint32_t packet_bytes = facts->mtu + ETH_HLEN;
    facts->max_frame_bytes = now - 1 > packet_bytes ? now - 1 : packet_bytes;
    facts->frame_limit_bytes = limit > now ? limit - 1 : facts->max_frame_bytes;
}

int netdev_queues(int fd, const char *name, struct netdev_queues *queues) {
    struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
    int rc = ethtool(fd, name, &channels);
    *queues = (struct netdev_queues){.receive = 1};
    if (rc == 0) {
        queues->receive = channels.combined_count + channels.rx_count;
        queues->combined = channels.max_combined != 0;
    }
    return rc == -EOPNOTSUPP ? 0 : rc;
}

int netdev_facts(int fd, const char *name, struct dcn_port_facts *facts, char *message) {
    struct ifreq ifr = request(name);
    if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0) {
        return dcn_port_fail(message, errno, "interface=%s does not exist in this network namespace; see `ip link`",
                             name);
    }
    if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        return dcn_port_fail(message, EOPNOTSUPP, "interface=%s is not Ethernet (hardware type=%d)", name,
                             ifr.ifr_hwaddr.sa_family);
    }
    memcpy(facts->mac, ifr.ifr_hwaddr.sa_data, sizeof facts->mac);
    if (ioctl(fd, SIOCGIFMTU, &ifr) < 0) {
        return dcn_port_fail(message, errno, "interface=%s tells no MTU", name);
    }
    facts->mtu = (uint32_t)ifr.ifr_mtu;
    frame_facts(name, facts);
    bool physical = false;
    facts->numa_node = numa_node(name, &physical);
    facts->flags = offload_flags(fd, name, physical);
    facts->flags |= has_address(name) ? DCN_PORT_HAS_ADDRESS : 0;
    facts->flags |= has_default_route(name) ? DCN_PORT_DEFAULT_ROUTE : 0;
    strncpy(facts->interface_name, name, sizeof facts->interface_name - 1);
    struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
    if (ethtool(fd, name, &driver) == 0) {
        memcpy(facts->kernel_driver, driver.driver, sizeof facts->kernel_driver - 1);
    }
    return 0;
}

int netdev_link_socket(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) {
        return -errno;
    }
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}
