// Ports: network interfaces behind rings of frames (paper section 3.1.2: netmap).
//
// A port is an interface; each worker opens a queue of its own on it and is the only thread that calls that queue.
//
//   queue memory, one address range each, mapped while the queue is open:
//     receive   frames that rx hands out lie here; the library's until rx returns, the caller's until the next rx or tx
//     data      ring of large slots: payload area page aligned, headers right in front of it
//     control   ring of small slots: SYN, ACK, ARP, errors; never waits for a disk
//
//   a transmit ring, sequence numbers rising, slot = sequence % slots:
//     tail           oldest slot not given back         written by the library (dcn_queue_state)
//     tail .. head   taken by the caller                 head is the caller's own; slots - (head - tail) are free
//   The caller owns a slot from taking it until it names it to dcn_port_tx; the library and the device own it then
//   until tail has passed it. Frames leave in slot order: a slot not yet named holds up those behind it.
//   On a port with DCN_PORT_COPIES there is no order and tail does not move: a slot that was named to dcn_port_tx is
//   the caller's again when the call returns.
#ifndef DCN_NET_H
#define DCN_NET_H

#include <stddef.h>
#include <stdint.h>

#include "dcn/error.h"

// Longest message that an open call writes, with its terminating zero.
#define DCN_PORT_MESSAGE_BYTES 256

// Bits of dcn_port_facts.flags.
#define DCN_PORT_SEGMENTATION_IPV4 1u  // a frame may hold many segments, TCP over IPv4 (by the device or the kernel)
#define DCN_PORT_SEGMENTATION_IPV6 2u
#define DCN_PORT_CHECKSUM 4u           // TCP checksums may be left partial
#define DCN_PORT_ZERO_COPY 8u          // the device reads the slots itself
#define DCN_PORT_DEVICE_TSO_IPV4 16u   // the device, not the kernel, cuts the segments
#define DCN_PORT_DEVICE_TSO_IPV6 32u
#define DCN_PORT_QDISC_BYPASS 64u      // frames go to the driver without a queueing discipline
#define DCN_PORT_HAS_ADDRESS 128u      // the kernel has an IP address on it and will answer in our place
#define DCN_PORT_DEFAULT_ROUTE 256u    // the machine's default route uses it
#define DCN_PORT_COPIES 512u           // tx copies frames: slots named to it are the caller's again when it returns
#define DCN_PORT_PASSES_OTHERS 1024u   // takes frames for its addresses only (dcn_port_address_add); others reach the kernel
#define DCN_PORT_SEGMENTS_ITSELF 2048u  // the library cuts the segments, in software
#define DCN_PORT_COPY_MODE 4096u       // rings as if the device read the slots, but the kernel copies them
#define DCN_PORT_KERNEL_MEMORY 8192u   // slots lie in memory of the kernel's, which is never in huge pages of the pool
#define DCN_PORT_SPARES_KERNEL 16384u  // TCP for its addresses (dcn_port_address_add) goes no further into the kernel
#define DCN_PORT_SYN_LIMIT 32768u      // SYNs beyond a limit are dropped before they cost anything (syns_shed)

struct dcn_port;
struct dcn_port_queue;

struct dcn_port_facts {
    uint8_t mac[6];
    uint16_t reserved;
    uint32_t flags;
    uint32_t mtu;              // bytes
    uint32_t max_frame_bytes;  // longest frame for dcn_port_tx, Ethernet header included; TCP over IPv4
    uint32_t frame_limit_bytes;  // what that would be if the interface's gso_ipv4_max_size were at its tso_max_size
    int32_t numa_node;         // -1 when the device has none
    char interface_name[16];
    char kernel_driver[32];
    char driver[16];  // which of ours it is: the scheme
};

// Filled by dcn_port_open; on failure only message is, with a sentence.
struct dcn_port_opened {
    struct dcn_port *port;
    struct dcn_port_facts facts;
    char message[DCN_PORT_MESSAGE_BYTES];
};

// Filled by dcn_port_queue_open; on failure only message is. *state lives until dcn_port_queue_close.
struct dcn_port_queue_opened {
    struct dcn_port_queue *queue;
    struct dcn_queue_state *state;
    char message[DCN_PORT_MESSAGE_BYTES];
};

// One slot ring's place and shape; written once at open.
struct dcn_ring_layout {
    uint64_t address;         // of slot 0
    uint32_t slots;           // a power of two
    uint32_t slot_bytes;      // distance between slots
    uint32_t payload_offset;  // within a slot; page aligned in the data ring
    uint32_t reserved;
};

enum { DCN_RING_DATA = 0, DCN_RING_CONTROL = 1, DCN_RINGS = 2 };

// What the library and the worker tell each other without a call. Both run on the worker's thread.
struct dcn_queue_state {
    uint64_t receive_address;  // start of the receive memory
    uint64_t receive_bytes;
    struct dcn_ring_layout ring[DCN_RINGS];
    int32_t wait_descriptor;       // polls readable when the queue wants a call of rx and tx
    uint32_t link_up;              // library writes
    uint64_t tail[DCN_RINGS];      // library writes: sequence of the oldest slot not given back
    uint64_t receive_dropped;      // library writes: frames lost because the receive ring was full
    uint64_t dropped_link_down;    // library writes: frames given to tx and dropped, the link being down
    uint64_t dropped_refused;      // library writes: dropped, the device having taken none for too long
    uint64_t dropped_invalid;      // library writes: descriptors that named no valid frame
    uint64_t retries;              // library writes: kicks after which the device had not taken everything
    uint32_t starved[DCN_RINGS];   // caller writes 1 when it wants a slot and there is none, else 0
    uint64_t syns_shed;            // library writes: SYNs beyond the port's limit, dropped in front of the receive ring
};

#define DCN_RX_CHECKSUM_GOOD 1u
#define DCN_RX_TRUNCATED 2u

// A received frame, Ethernet header first, VLAN tag taken out.
struct dcn_rx_frame {
    uint32_t offset;  // from receive_address
    uint32_t bytes;
    uint32_t flags;   // DCN_RX_...
};

#define DCN_TX_CANCEL 1u

// A slot to send, or with DCN_TX_CANCEL to give back unsent.
struct dcn_tx_frame {
    uint32_t slot;
    uint32_t frame_offset;    // of the Ethernet header, from the ring's address
    uint32_t frame_bytes;      // of the whole frame
    uint16_t segment_bytes;   // TCP payload bytes of each packet on the wire; 0 when the frame is one packet
    uint16_t header_bytes;    // Ethernet, IP and TCP headers, used when segment_bytes is not 0
    uint16_t checksum_start;  // from the Ethernet header to the TCP header; 0 when the checksum is complete
    uint8_t ring;             // DCN_RING_...
    uint8_t flags;            // DCN_TX_...
    // The frame's last bytes may lie elsewhere, on a port with DCN_PORT_COPIES: what is in front of them, all headers at
    // least, lies in the slot. A frame whose foreign bytes cannot be read counts as dropped_refused.
    uint32_t foreign_bytes;    // 0 when all of it lies in the slot
    uint64_t foreign_address;  // readable until dcn_port_tx has returned
};

// Opens the interface that `uri` names: "packet:IFNAME", "xdp:IFNAME" or "netmap:IFNAME", with options.
//
// "packet:IFNAME[?slots=N&memory=BYTES&huge=0|1&bypass=0|1&copy=0|1&syns=N]": slots of
// the data ring of each queue (a power of two, 8 to 8192) or the memory that they may take (default: 32 MiB, at most 128
// slots), whether it is taken from the pool of huge pages (only where tx copies: other rings are the kernel's memory),
// whether frames skip the queueing discipline (default: when the device segments itself), and whether tx copies them
// (default: on virtual devices, where a ring's pages would be copied as well), and how many SYNs a second each queue takes
// (default: 50,000; 0 for all): beyond that, those that are sent again come first. That, and that the kernel's IP stack does
// not look at what is ours, needs CAP_BPF and CAP_NET_ADMIN, the latter Linux 6.6 too; the facts tell whether it is so.
//
// "xdp:IFNAME[?slots=N&memory=BYTES&huge=0|1&zerocopy=require|prefer&checksum=device|software&syns=N]": the same,
// where TCP checksums are completed (default: by the device or the kernel, where they do), and whether it fails where the
// interface's driver has no zero copy (default), or has the kernel copy then (facts: DCN_PORT_COPY_MODE). Linux 6.6 or
// newer. A worker has the queue of the interface that has its number, and there must be as many.
//
// "netmap:IFNAME[?slots=N&memory=BYTES&huge=0|1]" or, on a port of a VALE switch, "netmap:valeSWITCH:PORT[?slots=N&memory=BYTES&
// mtu=BYTES&header=0|1]": the same (8 to 4096 slots), and whether frames are given to the switch whole, behind a virtio-net
// header (default), or cut. Needs the netmap kernel module. A worker has the pair of rings that has its number, and there
// must be as many.
//
// On a packet port a frame is as long as the interface's gso_ipv4_max_size at this moment allows; where it is not copied, at most 65,535.
// Returns 0 or -errno.
DCN_API int dcn_port_open(const char *uri, struct dcn_port_opened *opened);

// The port's queues must be closed first.
DCN_API void dcn_port_close(struct dcn_port *port);

// Adds an address that is served, IPv4 (4 bytes) or IPv6 (16 bytes) in network order, before queues are opened. Returns 0,
// -EINVAL for another length, -E2BIG when the driver takes no more, or another -errno. Does nothing on a port that
// takes all frames for its station address (without DCN_PORT_PASSES_OTHERS), and has nobody to keep them from (without
// DCN_PORT_SPARES_KERNEL).
DCN_API int dcn_port_address_add(struct dcn_port *port, const uint8_t *address, uint32_t bytes);

// Opens the rings of one of `workers` workers (1 to 64); received flows are spread over those that are open. The queues
// of a port are opened one after another. Returns 0 or -errno.
DCN_API int dcn_port_queue_open(struct dcn_port *port, uint32_t worker, uint32_t workers,
                                struct dcn_port_queue_opened *opened);
DCN_API void dcn_port_queue_close(struct dcn_port_queue *queue);

// Gives back the frames of the call before and fills at most `max` entries. Returns how many.
DCN_API int dcn_port_rx(struct dcn_port_queue *queue, struct dcn_rx_frame *frames, uint32_t max);

// Takes `count` slots for sending, in any order, kicks each ring that has something to send once, and takes back the
// slots that the device is done with. With count 0 it retries and takes back. Returns the frames that the device took.
// A down link, a full device and a bad descriptor are counted in dcn_queue_state, never an error.
DCN_API int dcn_port_tx(struct dcn_port_queue *queue, const struct dcn_tx_frame *frames, uint32_t count);

// An interface as the kernel keeps it, whether or not a port is open on it (rtnetlink; ip-link(8)).
struct dcn_link {
    int32_t index;
    uint32_t mtu;                // bytes
    uint32_t gso_max_size;       // bytes of a longest frame before it is cut up; over IPv6 since Linux 6.3
    uint32_t gso_ipv4_max_size;  // the same over IPv4 since Linux 6.3; 0 where the kernel has no such attribute
    uint32_t tso_max_size;       // most that the device takes, the limit of both; 0 before Linux 5.19
    uint32_t flags;              // IFF_UP and so on (netdevice(7))
};

// Reads the interface `name` of the calling thread's network namespace. Returns 0, -ENODEV when there is none of that
// name, -EINVAL for a name that none can have, or another -errno; *out is written on success only.
DCN_API int dcn_link_get(const char *name, struct dcn_link *out);

// Sets one attribute of the interface `name`, in bytes; needs CAP_NET_ADMIN. Returns 0 or -errno: -EINVAL for more than
// tso_max_size, -EOPNOTSUPP where the kernel has no such attribute (it would take the request and do nothing).
// The kernel sets gso_ipv4_max_size along with a gso_max_size of at most 65536.
DCN_API int dcn_link_set_gso_max_size(const char *name, uint32_t bytes);
DCN_API int dcn_link_set_gso_ipv4_max_size(const char *name, uint32_t bytes);

// Sets the MTU, or IFF_UP (`up` 0 or 1), of the interface `name`; needs CAP_NET_ADMIN. Returns 0 or -errno: -EINVAL for
// an MTU that the device does not take.
DCN_API int dcn_link_set_mtu(const char *name, uint32_t bytes);
DCN_API int dcn_link_set_up(const char *name, uint32_t up);

// Has the interface `name` take in frames to a group of stations, until dcn_link_group_leave or the process's end; needs
// CAP_NET_RAW. Returns what to leave by, >= 0, or -errno.
DCN_API int dcn_link_group_join(const char *name, const uint8_t group[6]);
DCN_API void dcn_link_group_leave(int membership);

// A setting that the physical function's driver does not have.
#define DCN_FUNCTION_UNKNOWN 0xffffffffu

// What a physical function's driver lets a virtual function do (ip-link(8), "vf NUM").
struct dcn_link_function {
    uint8_t mac[6];        // all zero: the virtual function's driver chooses
    uint16_t vlan;         // tag that the device puts on its frames and takes off; 0 for none
    uint32_t vlan_priority;
    uint32_t spoof_check;  // 1: frames with another source address are dropped; 0, or DCN_FUNCTION_UNKNOWN
    uint32_t trust;        // 1: it may choose its address and see all frames; 0, or DCN_FUNCTION_UNKNOWN
};

// Reads the settings of virtual function `index` of the interface `name`, a physical function's. Returns 0, -ENODEV when
// there is no such interface, -ENOENT when it has no such function, or another -errno; *out is written on success only.
DCN_API int dcn_link_function_get(const char *name, uint32_t index, struct dcn_link_function *out);

// Sets one of them; needs CAP_NET_ADMIN. Returns 0 or -errno, -EOPNOTSUPP where the driver has no such setting.
DCN_API int dcn_link_function_set_mac(const char *name, uint32_t index, const uint8_t mac[6]);
DCN_API int dcn_link_function_set_vlan(const char *name, uint32_t index, uint32_t vlan, uint32_t priority);
DCN_API int dcn_link_function_set_spoof_check(const char *name, uint32_t index, uint32_t on);
DCN_API int dcn_link_function_set_trust(const char *name, uint32_t index, uint32_t on);

#endif
