// Driver `netmap`: rings of the netmap kernel module (paper section 3.1.2), on an interface or a port of a VALE switch.
//
//   wire ── rx ring ──> ours ──> worker ──> tx ring ── wire         one pair of rings each worker
//              └─ kernel's ─> host tx ring ─> kernel ─> host rx ring ─┘   by the first worker, on an interface
//
// On an interface frames are cut here; a VALE port takes them whole (netmap_tx.h).
#ifndef DCN_SRC_NET_NETMAP_H
#define DCN_SRC_NET_NETMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/netmap_board.h"
#include "net/netmap_device.h"
#include "net/netmap_rx.h"
#include "net/netmap_tx.h"
#include "net/port.h"

struct netmap_port {
    struct dcn_port base;
    int fd;  // for ioctls
    int index;
    char name[NETMAP_NAME_BYTES];
    bool vale;
    bool huge_pages;
    uint32_t port_header_bytes;  // wanted
    uint32_t mtu;
    uint32_t data_slots;
    struct netmap_station station;
    struct netmap_board *board;  // what all workers are to see
};

struct netmap_queue {
    struct dcn_port_queue base;
    struct netmap_port *port;
    struct dcn_queue_state *state;
    uint32_t worker;
    bool alone;  // no other workers
    struct netmap_device device;
    struct netmap_device host;
    uint8_t *area;  // receive memory: netmap's, long frames, neighbours' frames
    uint64_t area_bytes;
    struct netmap_memory memory;
    struct netmap_rx rx;
    struct netmap_tx tx;
    struct netmap_ring *from_kernel;  // host rx ring; NULL when there is none
    uint32_t lent_first, lent_count;  // extra buffers that are the data slots
    uint8_t *slots[DCN_RINGS];        // memory of those that are ours
    uint64_t board_read;
    uint8_t *board_frames;
    uint32_t rx_calls;
    uint64_t waiting_since_ms;  // when the device first took nothing, 0 while it does
    int epoll, link, timer, board_event;
    bool watched, host_watched;  // by epoll; not while the link is down
    bool room_watched;
};

int netmap_queue_open(struct dcn_port *port, uint32_t worker, uint32_t workers, struct dcn_port_queue **opened,
                      struct dcn_queue_state **state, char *message);
void netmap_queue_close(struct dcn_port_queue *queue);
int netmap_queue_rx(struct dcn_port_queue *queue, struct dcn_rx_frame *frames, uint32_t max);
int netmap_queue_tx(struct dcn_port_queue *queue, const struct dcn_tx_frame *frames, uint32_t count);

// netmap_wait.c: what the queue's wait descriptor watches.
int netmap_wait_open(struct netmap_queue *queue);
void netmap_wait_close(struct netmap_queue *queue);
// Takes in what the descriptor reports. Called when there are no frames.
void netmap_wait_drain(struct netmap_queue *queue);
// Whether the rings may be synced now: brings link_up up to date. On an interface that is down a sync or poll would sleep
// in the kernel until it is up again.
bool netmap_wait_ready(struct netmap_queue *queue);
// Wakes when the ring has room, or soon.
void netmap_wait_room(struct netmap_queue *queue, bool wanted);

#endif
