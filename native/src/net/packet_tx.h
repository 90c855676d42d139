// A TPACKET_V2 transmit ring: which slot is whose. Knows the ring's memory but no socket, so that it is tested without.
//
// The kernel keeps a position of its own in the ring, which nothing but consuming a slot moves: it looks at one slot,
// and when that is marked SEND_REQUEST sends it (or drops it when malformed: PACKET_LOSS) and moves on; it stops at the
// first that is not marked or that the device refuses. Sequence numbers below are ours; slot = sequence % slots.
//
//      tail                kernel
//       |  SENDING or done  |  READY, CANCELLED, or still the caller's, in any order  |  tail + slots
//
// While the ring is down nothing is marked: what comes is DROPPED at once and the caller's sequence runs on, away from
// the kernel's position, which stays at `stalled`. Coming up, the slots in between are marked malformed and the kernel
// is made to step over them (only slot headers are written: the caller may be filling those slots meanwhile).
#ifndef DCN_SRC_NET_PACKET_TX_H
#define DCN_SRC_NET_PACKET_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "dcn/net.h"

enum packet_slot_state { PACKET_SLOT_FREE, PACKET_SLOT_READY, PACKET_SLOT_CANCELLED, PACKET_SLOT_DROPPED };

struct packet_tx_ring {
    uint8_t *base;
    uint32_t slots;  // a power of two
    uint32_t slot_bytes;
    uint8_t *state;    // enum packet_slot_state of each slot; FREE also while the caller fills it
    uint64_t tail;     // oldest sequence not given back
    uint64_t kernel;   // next sequence that the kernel has not consumed
    uint64_t stalled;  // while down: sequence at which the kernel really stands
    bool down;
};

// Whether the descriptor names a frame that lies inside its slot, with headroom, but for foreign bytes. The slot may be
// anybody's.
bool packet_frame_valid(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame);

// Writes the virtio-net header (virtio 1.3, 5.1.6) right in front of the frame and returns where it starts.
uint8_t *packet_write_vnet(const struct packet_tx_ring *ring, const struct dcn_tx_frame *frame);

// Bytes in front of a frame that a slot must have: tpacket2_hdr and virtio_net_hdr.
#define PACKET_TX_HEADROOM_BYTES 42

// Writes the slot's headers and marks it for the kernel; while the ring is down the slot is dropped instead. Returns
// false when the descriptor names no valid frame; its slot, if free, is then cancelled.
bool packet_tx_put(struct packet_tx_ring *ring, const struct dcn_tx_frame *frame);

// Follows the kernel: frames that it took since the last call, cancelled and dropped ones not counted; moves tail.
uint32_t packet_tx_advance(struct packet_tx_ring *ring);

// Whether the kernel would find a slot to consume.
bool packet_tx_waiting(const struct packet_tx_ring *ring);

// Drops every slot that the kernel has not consumed, and those to come. Returns frames dropped, cancelled ones not.
uint32_t packet_tx_down(struct packet_tx_ring *ring);

// First half of coming up: marks the slots that the kernel must step over; the caller kicks it if any (returns count).
uint32_t packet_tx_up_begin(struct packet_tx_ring *ring);

// Second half: whether the kernel has stepped over all of them. If not the ring stays down.
bool packet_tx_up_end(struct packet_tx_ring *ring);

#endif
