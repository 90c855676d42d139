// What the netmap kernel module and a program share: requests, and the rings in memory that both map. Written from the
// facts of the interface as it is on x86-64 (API 14), which the module keeps stable; asserted below.
//
//   /dev/netmap, mapped            netmap_if (register.offset)
//   +---------------------+        | ... ring_offset[]: of tx, host tx, rx, host rx rings, from the netmap_if on |
//   | netmap_if           |                              |
//   | rings               | <----------------------------+
//   | buffers             |        netmap_ring: header, then num_slots slots
//   +---------------------+        buffer b = ring + buffers_offset + b * buffer_bytes; 0 and 1 are nobody's
//
//   a ring, indexes modulo num_slots:
//     head .. tail-1    the program's: to be filled (transmit), or filled with packets (receive)
//     tail .. head-1    the kernel's; it looks at head, and moves tail, in a system call of the program's only
//   The program writes head, cur, and the slots that are its own; the kernel writes everything else.
#ifndef DCN_SRC_NET_NETMAP_ABI_H
#define DCN_SRC_NET_NETMAP_ABI_H

#include <stddef.h>
#include <stdint.h>

#define NETMAP_DEVICE "/dev/netmap"
#define NETMAP_API 14u

#define NETMAP_CONTROL 0xc0586997ul  // ioctl: a request, whose kind is in its header
#define NETMAP_TX_SYNC 0x6994ul      // ioctl: what lies in front of head is sent, tail moves
#define NETMAP_RX_SYNC 0x6995ul      // ioctl: what lies in front of head is given back, tail moves

enum { NETMAP_REGISTER = 1, NETMAP_PORT_HEADER_SET = 6, NETMAP_PORT_HEADER_GET = 7 };

#define NETMAP_NAME_BYTES 64

struct netmap_request {
    uint16_t version;  // NETMAP_API; the kernel answers with its own
    uint16_t type;
    uint32_t reserved;
    char name[NETMAP_NAME_BYTES];
    uint64_t options;
    uint64_t body;  // address of the struct that belongs to the type
};

// Which rings a descriptor stands for.
enum { NETMAP_MODE_HOST = 2, NETMAP_MODE_ONE_RING = 4 };

#define NETMAP_FLAG_EXCLUSIVE 0x800u
#define NETMAP_FLAG_ACCEPT_HEADER 0x8000u  // the program knows what to do with a port's virtio-net header

// In: 0 where the kernel is to choose. Out: what is so.
struct netmap_register {
    uint64_t offset;       // of the netmap_if in the mapping
    uint64_t memory_size;  // of the mapping
    uint32_t tx_slots;
    uint32_t rx_slots;
    uint16_t tx_rings;
    uint16_t rx_rings;
    uint16_t host_tx_rings;
    uint16_t host_rx_rings;
    uint16_t memory_id;  // ports of the same memory may swap buffers
    uint16_t ring_id;
    uint32_t mode;
    uint32_t extra_buffers;  // the kernel may have fewer than were asked for
    uint32_t reserved;
    uint64_t flags;
};

struct netmap_port_header {
    uint32_t bytes;  // of the virtio-net header in front of each packet: 0, 10 or 12
    uint32_t reserved;
};

struct netmap_if {
    char name[16];
    uint32_t version;
    uint32_t flags;
    uint32_t tx_rings;
    uint32_t rx_rings;
    uint32_t extra_head;  // list of the extra buffers, linked through the first word of each; the kernel frees them by it
    uint32_t host_tx_rings;
    uint32_t host_rx_rings;
    uint32_t reserved[3];
    int64_t ring_offset[];
};

#define NETMAP_SLOT_BUFFER_CHANGED 0x0001u  // by whoever puts another buffer in
#define NETMAP_SLOT_MORE 0x0020u            // the packet goes on in the next slot
#define NETMAP_PACKET_SLOTS_MAX 64u

struct netmap_slot {
    uint32_t buffer;
    uint16_t bytes;
    uint16_t flags;
    uint64_t pointer;
};

struct netmap_ring {
    int64_t buffers_offset;
    uint32_t slots;
    uint32_t buffer_bytes;
    uint16_t ring_id;
    uint16_t direction;  // 0 transmit, 1 receive
    uint32_t head;
    uint32_t cur;  // the kernel wakes the program when tail has passed it
    uint32_t tail;
    uint32_t flags;
    uint8_t reserved[220];
    struct netmap_slot slot[];
};

_Static_assert(sizeof(struct netmap_request) == 88 && offsetof(struct netmap_request, name) == 8 &&
                   offsetof(struct netmap_request, options) == 72 && offsetof(struct netmap_request, body) == 80,
               "nmreq_header");
_Static_assert(sizeof(struct netmap_register) == 56 && offsetof(struct netmap_register, tx_slots) == 16 &&
                   offsetof(struct netmap_register, tx_rings) == 24 && offsetof(struct netmap_register, memory_id) == 32 &&
                   offsetof(struct netmap_register, mode) == 36 && offsetof(struct netmap_register, extra_buffers) == 40 &&
                   offsetof(struct netmap_register, flags) == 48,
               "nmreq_register");
_Static_assert(sizeof(struct netmap_port_header) == 8, "nmreq_port_hdr");
_Static_assert(sizeof(struct netmap_if) == 56 && offsetof(struct netmap_if, flags) == 20 &&
                   offsetof(struct netmap_if, tx_rings) == 24 && offsetof(struct netmap_if, extra_head) == 32 &&
                   offsetof(struct netmap_if, host_tx_rings) == 36 && offsetof(struct netmap_if, ring_offset) == 56,
               "netmap_if");
_Static_assert(offsetof(struct netmap_ring, slots) == 8 && offsetof(struct netmap_ring, buffer_bytes) == 12 &&
                   offsetof(struct netmap_ring, ring_id) == 16 && offsetof(struct netmap_ring, head) == 20 &&
                   offsetof(struct netmap_ring, cur) == 24 && offsetof(struct netmap_ring, tail) == 28 &&
                   offsetof(struct netmap_ring, slot) == 256,
               "netmap_ring");
_Static_assert(sizeof(struct netmap_slot) == 16 && offsetof(struct netmap_slot, bytes) == 4 &&
                   offsetof(struct netmap_slot, flags) == 6 && offsetof(struct netmap_slot, pointer) == 8,
               "netmap_slot");

// Where a buffer begins; `buffer` is below what the mapping holds.
static inline uint8_t *netmap_buffer(const struct netmap_ring *ring, uint32_t buffer) {
    return (uint8_t *)(uintptr_t)ring + ring->buffers_offset + (uint64_t)buffer * ring->buffer_bytes;
}

static inline uint32_t netmap_next(const struct netmap_ring *ring, uint32_t index) {
    return index + 1 == ring->slots ? 0 : index + 1;
}

// Slots from `index` up to tail: those that are the program's when index is head.
static inline uint32_t netmap_space(const struct netmap_ring *ring, uint32_t index) {
    return ring->tail >= index ? ring->tail - index : ring->tail + ring->slots - index;
}

#endif
