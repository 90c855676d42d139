// Sending through a netmap ring: slots of the two rings of dcn/net.h become packets in the slots of one ring of the
// kernel's. Knows memory but no descriptor, so that it is tested without the module.
//
//   whole  the port takes a virtio-net header and large frames: a frame is one packet of many netmap slots
//            netmap slot    | header, frame's headers | payload | payload | ... |     the first in the slot's own buffer,
//            of the ring    |        copied           |  lent   |  lent   | ... |     the others those of the data slot
//          Data slots lie in the port's extra buffers, one behind the other in memory, so the disk writes into what the
//          port sends. While a buffer is lent, its index stands in the netmap slot and the slot's own is kept aside;
//          both change back when the kernel's tail has passed. No buffer is ever in two places.
//   cut    it does not: frames are cut into packets of one netmap slot, payload copied into the slot's own
//          buffer and summed there. A data slot is free again as soon as its last packet is in the ring.
//
// Slots of ours, sequence numbers rising:   tail    LENT, DONE    next    READY, CANCELLED, the caller's    tail + slots
#ifndef DCN_SRC_NET_NETMAP_TX_H
#define DCN_SRC_NET_NETMAP_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "dcn/net.h"
#include "net/netmap_abi.h"

enum netmap_slot_state {
    NETMAP_SLOT_FREE,       // also while the caller fills it
    NETMAP_SLOT_READY,
    NETMAP_SLOT_CANCELLED,
    NETMAP_SLOT_LENT,       // its buffers are in the netmap ring
    NETMAP_SLOT_DONE,
};

struct netmap_slots {
    uint8_t *base;
    uint32_t slots;  // a power of two
    uint32_t slot_bytes;
    uint32_t first_buffer;  // of the port, in which slot 0 begins: the others follow; 0 when they lie elsewhere
    uint8_t *state;               // enum netmap_slot_state of each
    struct dcn_tx_frame *frames;  // of those that are READY
    uint64_t next;                // oldest of which something has still to go into the netmap ring
    uint64_t tail;                // oldest that is not given back
    uint32_t offset;              // into the payload of `next`: what lies in front is in the netmap ring already
};

// What becomes of a netmap slot that the kernel gives back.
struct netmap_lent {
    uint32_t own_buffer;  // to put back; 0 when nothing was lent
    uint32_t data_slot;   // whose frame ends here, plus 1; 0 for none
};

struct netmap_tx {
    struct netmap_ring *ring;
    uint32_t port_header_bytes;  // virtio-net header in front of each packet, 0 for none: then frames are cut
    uint32_t packet_bytes;       // longest packet on the wire, Ethernet header included
    struct netmap_slots rings[DCN_RINGS];
    struct netmap_lent *lent;  // of each netmap slot
    uint32_t reclaimed;        // the oldest netmap slot that is not taken back
};

// Allocates what goes with a ring of `slots` slots at `base`. Returns 0 or -ENOMEM. A ring in buffers of the port sets
// first_buffer as well; a slot's bytes are then a multiple of a buffer's.
int netmap_slots_open(struct netmap_slots *ring, uint8_t *base, uint32_t slots, uint32_t slot_bytes);
void netmap_slots_close(struct netmap_slots *ring);

// For a netmap ring as the kernel hands it over at open; port_header_bytes and packet_bytes are set. 0 or -ENOMEM.
int netmap_tx_open(struct netmap_tx *tx, struct netmap_ring *ring);

// Puts every buffer back to where it came from, whoever has it: for close. Then frees.
void netmap_tx_close(struct netmap_tx *tx);

// Takes a slot for sending, or for giving back unsent. Returns false when the descriptor names no valid frame; its slot,
// if it is the caller's, is then given back unsent.
bool netmap_tx_put(struct netmap_tx *tx, const struct dcn_tx_frame *frame);

// Fills the netmap ring from what is ready, control frames first, as far as there is room, and moves its head: the
// kernel looks at the next sync. Returns the frames that are now in the ring as a whole.
uint32_t netmap_tx_fill(struct netmap_tx *tx);

// Follows the kernel's tail: lent buffers change back, slots are given back in order.
void netmap_tx_reclaim(struct netmap_tx *tx);

// Whether frames wait for room in the netmap ring.
bool netmap_tx_waiting(const struct netmap_tx *tx);

// Gives back every slot that is ready and not lent, unsent. Returns how many frames those were.
uint32_t netmap_tx_drop(struct netmap_tx *tx);

#endif
