// Receiving from a netmap ring, and passing the kernel its own. Knows memory but no descriptor, so that it is tested
// without the module.
//
// Frames are handed out where they lie. Their slots stay this side of head until the release, so that the kernel does not
// touch them. A packet of several slots is put together in memory behind netmap's own; what is the kernel's changes places
// with a buffer of the host ring, which lies in the same memory.
#ifndef DCN_SRC_NET_NETMAP_RX_H
#define DCN_SRC_NET_NETMAP_RX_H

#include <stdint.h>

#include "dcn/net.h"
#include "net/netmap_memory.h"
#include "net/netmap_steer.h"

#define NETMAP_LONG_FRAMES 16u
#define NETMAP_LONG_BYTES (80u * 1024u)

// Packets of more slots than one do not go to the kernel: its ring takes none.
struct netmap_rx {
    const struct netmap_memory *memory;  // offsets of frames are from its base
    struct netmap_ring *ring;
    struct netmap_ring *to_kernel;  // the host's transmit ring; NULL when there is none
    const struct netmap_station *station;
    uint8_t *long_frames;  // NETMAP_LONG_FRAMES times NETMAP_LONG_BYTES, behind the mapping
    uint32_t port_header_bytes;
    uint32_t next;       // slot to look at next
    uint32_t long_used;
    uint64_t passed;      // frames that went to the kernel
    uint64_t not_passed;  // those that found its ring full, or did not fit
};

// Gives back what was handed out: head moves, the kernel looks at the next sync.
void netmap_rx_release(struct netmap_rx *rx);

// Hands out at most `max` frames that are there and ours. Returns how many.
uint32_t netmap_rx_take(struct netmap_rx *rx, struct dcn_rx_frame *frames, uint32_t max);

// Passes what the kernel sends on to the wire, as far as there is room: buffers of its ring `from` and of `to` change
// places. Returns how many frames; heads move.
uint32_t netmap_pass(struct netmap_ring *from, struct netmap_ring *to);

#endif
