// Driver `packet`: AF_PACKET rings on any Ethernet interface of Linux (kernel: Documentation/networking/packet_mmap).
#ifndef DCN_SRC_NET_PACKET_H
#define DCN_SRC_NET_PACKET_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/packet_ingress.h"
#include "net/packet_tx.h"
#include "net/port.h"
#include "net/syn_limit.h"

struct packet_port {
    struct dcn_port base;
    int fd;  // for ioctls
    int index;
    char name[IFNAMSIZ];
    uint32_t data_slots;      // 0 until it is known how large one is
    uint32_t data_slot_bytes;
    bool bypass;      // skip the queueing discipline
    bool copies;      // frames are copied by the kernel as they are sent, instead of handed over in a ring
    bool huge_pages;  // slots for data that are copied from lie in huge pages; a ring's memory is the kernel's own
    uint32_t mtu;
    int fanout;       // the group that the workers' sockets share, -1 before the first
    struct packet_ingress ingress;
    struct syn_limit syns;
};

// A TPACKET_V2 receive ring. Slots go round; the kernel fills those whose status is KERNEL.
struct packet_rx_ring {
    int fd;
    uint8_t *base;
    uint64_t area_offset;  // of slot 0 in the queue's receive memory
    uint32_t slots;
    uint32_t slot_bytes;
    uint32_t next;  // the slot to look at next
    uint32_t held;  // slots before `next` that the caller is still reading
};

// Frames longer than a receive slot come through recv into these.
#define PACKET_LONG_FRAMES 16
#define PACKET_LONG_BYTES (80u * 1024u)

enum { PACKET_RX_FLOWS, PACKET_RX_NEIGHBOURS, PACKET_RX_RINGS };

struct packet_queue {
    struct dcn_port_queue base;
    struct packet_port *port;
    struct dcn_queue_state *state;
    uint32_t worker;
    uint64_t shed_before;  // SYNs, by a queue of this number before this one
    uint8_t *area;  // receive memory: the rings, then the long frames
    size_t area_bytes;
    struct packet_rx_ring rx[PACKET_RX_RINGS];
    uint32_t rx_rings;
    uint32_t long_used;
    uint32_t rx_calls;
    struct packet_tx_ring tx[DCN_RINGS];
    int tx_fd[DCN_RINGS];  // when frames are copied, the first serves both
    struct packet_copy_batch *copy;  // when frames are copied
    bool tx_watched[DCN_RINGS];
    uint64_t refused_since_ms;  // when the device first took nothing, 0 while it does
    int epoll;
    int link;   // rtnetlink: wakes when some link changes
    int timer;  // wakes for the next try after the device took nothing
};

// A slot ring's shape.
struct packet_geometry {
    uint32_t slots;
    uint32_t slot_bytes;
    uint32_t block_bytes;
};

// packet_socket.c: each returns a descriptor or -errno. `what` names the step that failed.
int packet_rx_socket(const struct packet_queue *queue, const struct packet_geometry *geometry, bool flows,
                     bool neighbours, const char **what);
int packet_tx_socket(const struct packet_port *port, const struct packet_geometry *geometry, const char **what);
int packet_fanout_join(struct packet_port *port, int fd, const char **what);
int packet_copy_socket(const struct packet_port *port, const char **what);
// Receives ARP and neighbour discovery that others are to see as well, by recv.
int packet_neighbour_socket(int index, const char **what);

// packet_wait.c: what the queue's wait descriptor watches.
int packet_wait_open(struct packet_queue *queue);
// Takes in what the descriptor reports: link changes, socket errors, timers. Called when there are no frames.
void packet_wait_drain(struct packet_queue *queue);
void packet_wait_link(struct packet_queue *queue);
// Watches or leaves the sending sockets, as the caller wants slots.
void packet_wait_starved(struct packet_queue *queue);
void packet_wait_retry(struct packet_queue *queue);

int packet_rx(struct dcn_port_queue *queue, struct dcn_rx_frame *frames, uint32_t max);
void packet_rx_release(struct packet_queue *queue);
int packet_tx(struct dcn_port_queue *queue, const struct dcn_tx_frame *frames, uint32_t count);

// packet_copy.c: sending by copy.
int packet_copy_open(struct packet_queue *queue, const char **what);
void packet_copy_close(struct packet_queue *queue);
int packet_copy_tx(struct packet_queue *queue, const struct dcn_tx_frame *frames, uint32_t count);

#endif
