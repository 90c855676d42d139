// What of the kernel's interface (include/uapi/linux/if_xdp.h, netdev.h) is newer than the headers of Debian 12.
#ifndef DCN_SRC_NET_XDP_ABI_H
#define DCN_SRC_NET_XDP_ABI_H

#include <linux/if_xdp.h>
#include <stdint.h>

// Linux 6.6: packets of several descriptors. The flag is a descriptor's: the packet goes on in the next one.
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#define XDP_PKT_CONTD (1 << 0)
#endif

// Linux 6.8: what a device is to do with a packet stands in front of its first byte.
#ifndef XDP_UMEM_TX_METADATA_LEN
#define XDP_UMEM_TX_METADATA_LEN (1 << 2)
#define XDP_TX_METADATA (1 << 1)
#define XDP_TXMD_FLAGS_CHECKSUM (1 << 1)
#endif

// Linux 6.17: packets that one system call sends in copy mode.
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9
#endif

// struct xdp_umem_reg of Linux 6.8; older kernels read its beginning.
struct xdp_umem {
    uint64_t address;
    uint64_t bytes;
    uint32_t chunk_bytes;
    uint32_t headroom;
    uint32_t flags;
    uint32_t metadata_bytes;
};

// struct xsk_tx_metadata, of which `flags` says what is asked for.
struct xdp_tx_metadata {
    uint64_t flags;
    uint16_t checksum_start;   // from the packet's first byte
    uint16_t checksum_offset;  // from there
    uint32_t reserved;
};

// Generic netlink family "netdev" (Documentation/netlink/specs/netdev.yaml).
enum { NETDEV_GET = 1 };
enum { NETDEV_IFINDEX = 1, NETDEV_XDP_FEATURES = 3, NETDEV_ZC_MAX_SEGS = 4, NETDEV_XSK_FEATURES = 6 };
enum { NETDEV_XDP_BASIC = 1, NETDEV_XDP_REDIRECT = 2, NETDEV_XDP_ZEROCOPY = 8 };
enum { NETDEV_XSK_CHECKSUM = 2 };

#endif
