// From slots to descriptors and back.
#include <string.h>

#include "net/segment.h"
#include "net/xdp.h"

#define TCP_CHECKSUM_OFFSET 16  // RFC 9293 3.1
// Longest piece of a packet in one descriptor: a chunk, in which the kernel counts the metadata too.
#define PIECE_BYTES (XDP_CHUNK_BYTES - XDP_METADATA_BYTES)

static uint32_t tx_room(const struct xdp_queue *queue) {
    // Acquire: an entry is written again after the kernel has read it.
    return XDP_RING_ENTRIES - (queue->tx_produced - __atomic_load_n(queue->tx.consumer, __ATOMIC_ACQUIRE));
}

static void put_desc(struct xdp_queue *queue, uint64_t address, uint32_t bytes, uint32_t options) {
    struct xdp_desc *descs = queue->tx.entries;
    descs[queue->tx_produced++ & queue->tx.mask] = (struct xdp_desc){address, bytes, options};
}

// Puts bytes of a slot, in pieces; all belong to one packet, of which `options` are for its first descriptor.
static void put_pieces(struct xdp_queue *queue, struct xdp_slot *slot, uint64_t address, uint32_t bytes,
                       uint32_t options) {
    // A device reads pages that may lie anywhere.
    bool pages = queue->port->zero_copy && !queue->port->huge_pages;
    while (bytes != 0) {
        uint32_t most = pages ? XDP_CHUNK_BYTES - (uint32_t)(address % XDP_CHUNK_BYTES) : PIECE_BYTES;
        uint32_t piece = bytes < most ? bytes : most;
        put_desc(queue, address, piece, options | (piece != bytes ? XDP_PKT_CONTD : 0));
        slot->outstanding++;
        address += piece;
        bytes -= piece;
        options &= ~(uint32_t)XDP_TX_METADATA;
    }
}

// Descriptors that a packet takes at most.
static uint32_t packet_descs(uint32_t bytes) {
    return 3 + bytes / PIECE_BYTES;
}

static void write_metadata(uint8_t *packet, uint32_t checksum_start) {
    struct xdp_tx_metadata metadata = {
        .flags = XDP_TXMD_FLAGS_CHECKSUM,
        .checksum_start = (uint16_t)checksum_start,
        .checksum_offset = TCP_CHECKSUM_OFFSET,
    };
    memcpy(packet - sizeof metadata, &metadata, sizeof metadata);
}

static bool put_packet(struct xdp_queue *queue, const struct dcn_tx_frame *frame, struct xdp_slot *slot) {
    uint64_t address = queue->slots[frame->ring].offset + frame->frame_offset;
    uint8_t *packet = queue->memory + address;
    if (tx_room(queue) < packet_descs(frame->frame_bytes)) {
        return false;
    }
    uint32_t options = 0;
    if (frame->checksum_start != 0 && queue->metadata) {
        write_metadata(packet, frame->checksum_start);
        options = XDP_TX_METADATA;
    } else if (frame->checksum_start != 0) {
        segment_complete(packet, frame->frame_bytes, frame->checksum_start);
    }
    put_pieces(queue, slot, address, frame->frame_bytes, options);
    return true;
}

bool xdp_put(struct xdp_queue *queue, const struct dcn_tx_frame *frame, uint32_t *started) {
    struct xdp_slots *slots = &queue->slots[frame->ring];
    struct xdp_slot *slot = &slots->slot[frame->slot];
    uint32_t payload_bytes = frame->frame_bytes - frame->header_bytes;
    if (frame->segment_bytes == 0 || payload_bytes <= frame->segment_bytes) {
        return put_packet(queue, frame, slot);
    }
    uint64_t payload_at = slots->offset + frame->frame_offset + frame->header_bytes;
    struct segment_template template;
    if (!segment_begin(&template, queue->memory + slots->offset + frame->frame_offset, frame->header_bytes,
                       frame->checksum_start, payload_bytes, frame->segment_bytes)) {
        return true;  // cannot be: it was looked at when it was named
    }
    while (*started < payload_bytes) {
        if (queue->free_cell_count == 0 || tx_room(queue) < packet_descs(frame->segment_bytes)) {
            return false;
        }
        uint64_t cell = queue->cells_at + (uint64_t)queue->free_cells[--queue->free_cell_count] * XDP_CELL_BYTES +
                        XDP_METADATA_BYTES;
        uint8_t *headers = queue->memory + cell;
        uint32_t bytes;
        if (queue->metadata) {
            bytes = segment_write(&template, *started, headers);
            write_metadata(headers, frame->checksum_start);
        } else {
            bytes = segment_write_complete(&template, *started, queue->memory + payload_at + *started, headers);
        }
        put_desc(queue, cell, frame->header_bytes,
                 (uint32_t)XDP_PKT_CONTD | (queue->metadata ? (uint32_t)XDP_TX_METADATA : 0));
        put_pieces(queue, slot, payload_at + *started, bytes, 0);
        *started += bytes;
    }
    return true;
}

// The slot that an address lies in, or NULL after giving back a cell.
static struct xdp_slot *owner(struct xdp_queue *queue, uint64_t address) {
    if (address >= queue->cells_at && address < queue->chunks_at) {
        queue->free_cells[queue->free_cell_count++] = (uint32_t)((address - queue->cells_at) / XDP_CELL_BYTES);
        return NULL;
    }
    struct xdp_slots *slots = &queue->slots[address < queue->slots[DCN_RING_CONTROL].offset ? DCN_RING_DATA
                                                                                            : DCN_RING_CONTROL];
    return &slots->slot[(address - slots->offset) / slots->slot_bytes];
}

static void come_back(struct xdp_slot *slot) {
    if (--slot->outstanding == 0 && slot->state == XDP_SLOT_SENT) {
        slot->state = XDP_SLOT_DONE;
    }
}

void xdp_reap(struct xdp_queue *queue) {
    struct xdp_ring *completion = &queue->completion;
    const uint64_t *addresses = completion->entries;
    uint32_t consumer = *completion->consumer;
    // Acquire: what the caller writes into a slot next comes after the device's last use of it.
    uint32_t producer = __atomic_load_n(completion->producer, __ATOMIC_ACQUIRE);
    if (consumer == producer) {
        return;
    }
    for (; consumer != producer; consumer++) {
        uint64_t address = addresses[consumer & completion->mask];
        address = (address & XSK_UNALIGNED_BUF_ADDR_MASK) + (address >> XSK_UNALIGNED_BUF_OFFSET_SHIFT);
        struct xdp_slot *slot = owner(queue, address);
        if (slot != NULL) {
            come_back(slot);
        }
    }
    // Release: the entries are read before the kernel may write them again.
    __atomic_store_n(completion->consumer, consumer, __ATOMIC_RELEASE);
}

uint32_t xdp_rewind(struct xdp_queue *queue) {
    const struct xdp_desc *descs = queue->tx.entries;
    uint32_t from = __atomic_load_n(queue->tx.consumer, __ATOMIC_ACQUIRE);
    // A packet that the kernel has begun with must have its end.
    while (from != queue->tx_produced && (descs[(from - 1) & queue->tx.mask].options & XDP_PKT_CONTD)) {
        from++;
    }
    uint32_t frames = 0;
    while (queue->tx_produced != from) {
        struct xdp_slot *slot = owner(queue, descs[--queue->tx_produced & queue->tx.mask].addr);
        if (slot != NULL) {
            frames += !slot->dropped;
            slot->dropped = true;
            come_back(slot);
        }
    }
    __atomic_store_n(queue->tx.producer, queue->tx_produced, __ATOMIC_RELEASE);
    return frames;
}
