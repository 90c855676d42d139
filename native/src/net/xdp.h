// Driver `xdp`: AF_XDP sockets (kernel: Documentation/networking/af_xdp.rst), one for each queue of the interface and
// worker, and a program on the interface that takes what is for the addresses that are served and leaves the kernel all
// else. ARP and neighbour discovery stay with the kernel, which may have addresses of its own there, and each worker gets
// a copy: a queue shows them to one worker only.
//
//   memory of a queue:
//
//     data slots | control slots | header cells | receive chunks | joined frames, neighbours
//     '- huge pages or not -- the device reads and writes (UMEM) -' '- only we write ---------'
//                                                 ^ receive_address
//
// A frame of many packets is cut here: each packet is its headers, in a cell, and one or more descriptors of payload in
// the slot. A slot is free again when the last of them has come back.
#ifndef DCN_SRC_NET_XDP_H
#define DCN_SRC_NET_XDP_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/port.h"
#include "net/syn_limit.h"
#include "net/xdp_abi.h"

#define XDP_CHUNK_BYTES 4096u
#define XDP_RING_ENTRIES 4096u  // descriptors of each ring
#define XDP_CELL_BYTES 256u
#define XDP_CELLS XDP_RING_ENTRIES
#define XDP_RX_CHUNKS 2048u
#define XDP_COPIED_BYTES (80u * 1024u)  // of a frame that came in many chunks
#define XDP_COPIED_FRAMES 16u
#define XDP_METADATA_BYTES ((uint32_t)sizeof(struct xdp_tx_metadata))

struct xdp_program {
    int addresses;  // map: those that are served, IPv4 as IPv4-mapped IPv6
    int sockets;    // map: queue to socket
    int program;
    int link;
};

struct xdp_port {
    struct dcn_port base;
    int fd;  // for ioctls
    int index;
    char name[IFNAMSIZ];
    struct dcn_port_facts facts;
    uint32_t data_slots;
    uint32_t data_slot_bytes;
    bool huge_pages;
    bool zero_copy;
    bool device_checksum;    // in zero copy; else the kernel completes checksums, from Linux 6.8 on
    bool software_checksum;  // was asked for, whoever else could
    bool copies_allowed;
    bool virtual;  // what a sender on this machine left to a device comes as it is
    uint32_t syn_rate;  // SYNs a second and queue; 0 for no limit
    struct syn_limit syns;
    struct xdp_program program;
};

// One of the four rings that are shared with the kernel. Who produces stores `producer`, the other `consumer`.
struct xdp_ring {
    uint32_t *producer;
    uint32_t *consumer;
    uint32_t *flags;
    void *entries;  // struct xdp_desc, or addresses
    uint32_t mask;
    void *area;
    size_t area_bytes;
};

enum xdp_slot_state { XDP_SLOT_FREE, XDP_SLOT_WAITING, XDP_SLOT_SENT, XDP_SLOT_DONE };

struct xdp_slot {
    uint16_t outstanding;  // descriptors that have not come back
    uint8_t state;
    bool dropped;
};

// Slots of one ring, and frames named to tx that the device had no room for yet, oldest first.
struct xdp_slots {
    uint64_t offset;  // in the memory
    uint32_t slots;   // a power of two
    uint32_t slot_bytes;
    struct xdp_slot *slot;
    struct dcn_tx_frame *waiting;
    uint32_t first;    // sequence of the oldest that waits
    uint32_t next;     // and of the one to come
    uint32_t started;  // payload bytes of the oldest that have been put
    uint64_t tail;
};

struct xdp_queue {
    struct dcn_port_queue base;
    struct xdp_port *port;
    struct dcn_queue_state *state;
    uint32_t worker;
    uint64_t shed_before;  // SYNs, by a queue of this number before this one
    int fd;
    uint8_t *reserved;  // of addresses, from which the memory was taken
    uint64_t reserved_bytes;
    uint8_t *memory;
    uint64_t umem_bytes, cells_at, chunks_at, copied_at;
    bool metadata;
    struct xdp_ring fill, completion, rx, tx;
    struct xdp_slots slots[DCN_RINGS];
    uint32_t *free_cells;
    uint32_t free_cell_count;
    uint32_t tx_produced;  // descriptors put, also those that the kernel does not see yet
    uint64_t *held;        // receive chunks that the caller is reading
    uint32_t held_count;
    uint32_t copied_used;
    uint32_t rx_calls;
    uint64_t refused_since_ms;
    int epoll, link, timer, neighbours;
    bool neighbours_ready;
};

// xdp_program.c. Each returns 0 or -errno with a message.
int xdp_program_open(struct xdp_port *port, char *message);
void xdp_program_close(struct xdp_program *program);
int xdp_program_address(const struct xdp_program *program, const uint8_t *address, uint32_t bytes);
int xdp_program_socket(const struct xdp_program *program, uint32_t queue, int fd);

// xdp_device.c: what the interface's driver offers. XDP_FEATURES are 0 where the kernel does not tell.
struct xdp_device {
    uint64_t xdp_features;
    uint64_t socket_features;
    uint32_t zero_copy_segments;
};
int xdp_device_get(int index, struct xdp_device *device);

// xdp_memory.c
int xdp_memory_map(struct xdp_queue *queue, uint64_t control_bytes, const char **what);
void xdp_memory_unmap(struct xdp_queue *queue);

// xdp_socket.c: the socket and its rings. `what` names the step that failed.
int xdp_socket_open(struct xdp_queue *queue, const char **what);
void xdp_socket_close(struct xdp_queue *queue);

// xdp_wait.c: what the queue's wait descriptor watches.
int xdp_wait_open(struct xdp_queue *queue, const char **what);
void xdp_wait_close(struct xdp_queue *queue);
void xdp_wait_link(struct xdp_queue *queue);
void xdp_wait_drain(struct xdp_queue *queue);
void xdp_wait_retry(struct xdp_queue *queue);

int xdp_rx(struct dcn_port_queue *queue, struct dcn_rx_frame *frames, uint32_t max);
void xdp_rx_release(struct xdp_queue *queue);

// xdp_tx.c: from slots to descriptors.
int xdp_tx(struct dcn_port_queue *queue, const struct dcn_tx_frame *frames, uint32_t count);
// Puts descriptors of a frame from `*started` on as far as there is room. Returns whether all of it is put.
bool xdp_put(struct xdp_queue *queue, const struct dcn_tx_frame *frame, uint32_t *started);
// Takes back what the device is done with.
void xdp_reap(struct xdp_queue *queue);
// Takes back what the device has not begun with: its frames are dropped. Returns how many.
uint32_t xdp_rewind(struct xdp_queue *queue);

#endif
