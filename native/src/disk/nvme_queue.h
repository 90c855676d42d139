// A submission queue and its completion queue, which go together, in memory that the device reaches too.
//
//   sq    | ...  | tail  ->  next entry to be written; the device is told of it by the doorbell, once a batch
//   cq    | head -> ...  |   an entry is new while its phase bit is `phase`, which changes each time the queue is through
//   slots | one for each command in flight; its index is the command's identifier (CID)
//   lists | for each slot room for the PRP list of the longest transfer
//
// At most `entries - 1` commands are in flight. What the device has not fetched yet is in flight, so the entry at the tail is
// free whenever a slot is, and no completion is written over one that was not taken: heads and tails need no comparing.
//
// One thread at a time; nothing here waits, allocates or enters the kernel.
#ifndef DCN_DISK_NVME_QUEUE_H
#define DCN_DISK_NVME_QUEUE_H

#include <stdbool.h>

#include "dcn/disk.h"
#include "disk/nvme_spec.h"

#define NVME_QUEUE_ENTRIES_MAX 4096u
#define NVME_QUEUE_NONE 0xffffu

// A doorbell, and where the device reads it in memory instead (Doorbell Buffer Config, section 5.8; emulated devices have
// it). It then writes to `event` until which value it wants to see no register written.
struct nvme_doorbell {
    volatile uint32_t *reg;
    volatile uint32_t *shadow;  // NULL: the register is all there is
    volatile uint32_t *event;
};

// How long a command may take before the device is asked to abort it, and how much longer before that is hopeless.
#define NVME_COMMAND_TIMEOUT_MS 10000u
#define NVME_ABORT_TIMEOUT_MS 2000u

enum nvme_slot_state {
    NVME_SLOT_UNSEEN,   // since it was taken nobody looked for slow commands
    NVME_SLOT_TIMED,    // from `since_ms` on
    NVME_SLOT_ABORTED,  // the device was asked to, at `since_ms`
};

struct nvme_slot {
    struct dcn_disk_op op;  // as the caller gave it, to be told of or tried again
    void *owner;            // whose command it is; NULL: the slot is free
    uint32_t since_ms;
    uint16_t state;  // enum nvme_slot_state
    uint16_t next_free;
    uint16_t tries;
};

enum nvme_slowness { NVME_IN_TIME, NVME_TO_ABORT, NVME_HOPELESS };

// Memory of a queue: cleared, page aligned, at these addresses for the processor and the device.
struct nvme_queue_memory {
    struct nvme_sqe *sq;
    struct nvme_cqe *cq;
    uint64_t *lists;  // NULL in a queue without transfers beyond two pages
    uint64_t lists_iova;
    struct nvme_slot *slots;
};

struct nvme_queue {
    struct nvme_queue_memory memory;
    struct nvme_doorbell sq_doorbell;
    struct nvme_doorbell cq_doorbell;
    uint32_t entries;  // a power of two
    uint32_t list_shift;
    uint32_t tail;
    uint32_t rung;  // the tail that the device knows
    uint32_t head;
    uint32_t answered;  // the head that the device knows
    uint16_t phase;
    uint16_t free;  // first free slot or NVME_QUEUE_NONE
    uint32_t in_flight;
    uint64_t strays;  // completions that name no command in flight
};

// A completion: `slot` is still the caller's to look at, and to give back.
struct nvme_completion {
    struct nvme_slot *slot;  // NULL: a stray
    uint32_t result;
    uint16_t status;  // without the phase; 0: success
};

// Slots of a queue of `entries` entries.
static inline uint32_t nvme_queue_slots(uint32_t entries) {
    return entries - 1;
}

// Bytes of a PRP list for transfers of up to `transfer_bytes`, which start anywhere in a page, as a power of two; at most a
// page, so transfers are at most 2 MiB.
uint32_t nvme_list_shift(uint32_t transfer_bytes);

// Makes an empty queue; the memory is cleared. Afterwards, and after the device forgot the queue (reset), this is how it
// starts anew.
void nvme_queue_start(struct nvme_queue *queue, uint32_t entries, uint32_t list_shift,
                      const struct nvme_queue_memory *memory);

// Writes the addresses of `length_bytes` bytes from `iova` on (section 4.1.1): PRP 1, and PRP 2 or the list.
void nvme_prp_write(struct nvme_sqe *entry, uint64_t iova, uint32_t length_bytes, uint64_t *list, uint64_t list_iova);

// Takes a slot for a command of `owner`. NULL: as many are in flight as may be.
static inline struct nvme_slot *nvme_queue_take(struct nvme_queue *queue, void *owner) {
    uint16_t index = queue->free;
    if (index == NVME_QUEUE_NONE) {
        return NULL;
    }
    struct nvme_slot *slot = &queue->memory.slots[index];
    queue->free = slot->next_free;
    queue->in_flight++;
    slot->owner = owner;
    slot->state = NVME_SLOT_UNSEEN;
    return slot;
}

// Gives a slot back.
static inline void nvme_queue_free(struct nvme_queue *queue, struct nvme_slot *slot) {
    slot->owner = NULL;
    slot->next_free = queue->free;
    queue->free = (uint16_t)(slot - queue->memory.slots);
    queue->in_flight--;
}

// Looks how long a command has been in flight; its time begins with the first look. NVME_TO_ABORT is said once.
enum nvme_slowness nvme_slot_look(struct nvme_slot *slot, uint32_t now_ms);

// The next entry of the submission queue, cleared but for the CID, to be filled in before the doorbell is rung.
struct nvme_sqe *nvme_queue_entry(struct nvme_queue *queue, const struct nvme_slot *slot);

// Writes the command `slot->op` for a namespace whose blocks have 1 << block_shift bytes; `iova` is where the device finds
// the memory.
void nvme_queue_command(struct nvme_queue *queue, const struct nvme_slot *slot, uint32_t nsid, uint32_t block_shift,
                        uint64_t iova);

// Tells the device of all entries written since the last time.
void nvme_queue_ring(struct nvme_queue *queue);

// Takes a completion, when there is one.
bool nvme_queue_next(struct nvme_queue *queue, struct nvme_completion *out);

// Tells the device of all completions taken since the last time.
void nvme_queue_answer(struct nvme_queue *queue);

#endif
