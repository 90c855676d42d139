// Frames that every worker of a port must see, whichever ring they came in by: neighbours' (ARP, and neighbour discovery of
// RFC 4861), questions who listens to groups (RFC 3810), and errors of routers. The worker that receives one posts it, the others read it. Rare, and a copy of a few
// bytes, so it is behind a lock; that there is nothing new is seen without.
#ifndef DCN_SRC_NET_NETMAP_BOARD_H
#define DCN_SRC_NET_NETMAP_BOARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define NETMAP_BOARD_FRAMES 64u
#define NETMAP_BOARD_BYTES 1536u  // longer ones are not shown to others; an error has at most 1,280 (RFC 4443 3)
#define NETMAP_BOARD_WORKERS 64u

struct netmap_posted {
    uint32_t worker;
    uint32_t bytes;
    uint8_t frame[NETMAP_BOARD_BYTES];
};

struct netmap_board {
    pthread_mutex_t lock;
    uint64_t written;  // frames posted so far; frame n lies at n % NETMAP_BOARD_FRAMES
    int event[NETMAP_BOARD_WORKERS];  // eventfd of each worker that reads, -1 for none
    struct netmap_posted posted[NETMAP_BOARD_FRAMES];
};

// NULL without memory. free() ends it.
struct netmap_board *netmap_board_new(void);

// Whether a frame is one that all workers must see.
bool netmap_board_wants(const uint8_t *frame, uint32_t bytes);

void netmap_board_post(struct netmap_board *board, uint32_t worker, const uint8_t *frame, uint32_t bytes);

// The eventfd that a post signals for a worker from now on; -1 for none.
void netmap_board_watch(struct netmap_board *board, uint32_t worker, int event);

// Copies the next frame that another worker posted to `frame` (NETMAP_BOARD_BYTES long). `*read` is the reader's own. Those
// that were overwritten before they could be read are lost. Returns its length, 0 when there is none.
uint32_t netmap_board_read(struct netmap_board *board, uint32_t worker, uint64_t *read, uint8_t *frame);

#endif
