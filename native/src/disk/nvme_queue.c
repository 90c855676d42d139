#include "disk/nvme_queue.h"

#include <stdatomic.h>
#include <string.h>

uint32_t nvme_list_shift(uint32_t transfer_bytes) {
    // All pages but the first are in the list; a transfer may touch one more than its length has.
    uint32_t bytes = transfer_bytes / NVME_PAGE_BYTES * (uint32_t)sizeof(uint64_t);
    uint32_t shift = 3;
    while ((1u << shift) < bytes) {
        shift++;
    }
    return shift;
}

void nvme_queue_start(struct nvme_queue *queue, uint32_t entries, uint32_t list_shift,
                      const struct nvme_queue_memory *memory) {
    queue->memory = *memory;
    queue->entries = entries;
    queue->list_shift = list_shift;
    queue->tail = 0;
    queue->rung = 0;
    queue->head = 0;
    queue->answered = 0;
    queue->phase = 1;
    queue->in_flight = 0;
    memset(memory->sq, 0, entries * sizeof memory->sq[0]);
    memset((void *)memory->cq, 0, entries * sizeof memory->cq[0]);
    uint32_t slots = nvme_queue_slots(entries);
    for (uint32_t i = 0; i < slots; i++) {
        memory->slots[i] = (struct nvme_slot){.next_free = (uint16_t)(i + 1 < slots ? i + 1 : NVME_QUEUE_NONE)};
    }
    queue->free = 0;
}

enum nvme_slowness nvme_slot_look(struct nvme_slot *slot, uint32_t now_ms) {
    if (slot->owner == NULL) {
        return NVME_IN_TIME;
    }
    uint32_t elapsed_ms = now_ms - slot->since_ms;
    if (slot->state == NVME_SLOT_UNSEEN) {
        slot->state = NVME_SLOT_TIMED;
        slot->since_ms = now_ms;
    } else if (slot->state == NVME_SLOT_ABORTED) {
        return elapsed_ms > NVME_ABORT_TIMEOUT_MS ? NVME_HOPELESS : NVME_IN_TIME;
    } else if (elapsed_ms > NVME_COMMAND_TIMEOUT_MS) {
        slot->state = NVME_SLOT_ABORTED;
        slot->since_ms = now_ms;
        return NVME_TO_ABORT;
    }
    return NVME_IN_TIME;
}

void nvme_prp_write(struct nvme_sqe *entry, uint64_t iova, uint32_t length_bytes, uint64_t *list, uint64_t list_iova) {
    entry->prp1 = iova;
    uint64_t page = (iova & ~(uint64_t)NVME_PAGE_MASK) + NVME_PAGE_BYTES;
    uint64_t end = iova + length_bytes;
    if (page >= end) {
        entry->prp2 = 0;
    } else if (end - page <= NVME_PAGE_BYTES) {
        entry->prp2 = page;
    } else {
        entry->prp2 = list_iova;
        for (; page < end; page += NVME_PAGE_BYTES) {
            *list++ = page;
        }
    }
}

struct nvme_sqe *nvme_queue_entry(struct nvme_queue *queue, const struct nvme_slot *slot) {
    struct nvme_sqe *entry = &queue->memory.sq[queue->tail];
    queue->tail = (queue->tail + 1) & (queue->entries - 1);
    *entry = (struct nvme_sqe){.cid = (uint16_t)(slot - queue->memory.slots)};
    return entry;
}

void nvme_queue_command(struct nvme_queue *queue, const struct nvme_slot *slot, uint32_t nsid, uint32_t block_shift,
                        uint64_t iova) {
    struct nvme_sqe *entry = nvme_queue_entry(queue, slot);
    entry->nsid = nsid;
    const struct dcn_disk_op *op = &slot->op;
    if (op->opcode == DCN_DISK_FLUSH) {
        entry->opcode = NVME_IO_FLUSH;
        return;
    }
    entry->opcode = op->opcode == DCN_DISK_READ ? NVME_IO_READ : NVME_IO_WRITE;
    uint64_t first = (uint64_t)op->offset >> block_shift;
    entry->cdw10 = (uint32_t)first;
    entry->cdw11 = (uint32_t)(first >> 32);
    entry->cdw12 = ((op->length_bytes >> block_shift) - 1)  // NLB, 0's based
                   | (op->opcode == DCN_DISK_WRITE_THROUGH ? NVME_WRITE_FUA : 0);
    uint64_t list = (uint64_t)entry->cid << queue->list_shift;
    nvme_prp_write(entry, iova, op->length_bytes, queue->memory.lists + list / sizeof(uint64_t),
                   queue->memory.lists_iova + list);
}

// Orders writes to memory before a write to a register.
static inline void before_register(void) {
#if defined(__aarch64__)
    __asm__ volatile("dmb oshst" ::: "memory");
#else
    // x86 keeps stores in order, those to uncached memory too.
    atomic_thread_fence(memory_order_release);
#endif
}

static void ring(const struct nvme_doorbell *doorbell, uint32_t value) {
    before_register();
    if (doorbell->shadow != NULL) {
        uint32_t before = *doorbell->shadow;
        *doorbell->shadow = value;
        // The device writes `event` and then looks at `shadow`: this side does it the other way round, and one of both sees
        // the other's.
        atomic_thread_fence(memory_order_seq_cst);
        if ((uint16_t)(value - *doorbell->event - 1) >= (uint16_t)(value - before)) {
            return;
        }
    }
    *doorbell->reg = value;
}

void nvme_queue_ring(struct nvme_queue *queue) {
    if (queue->tail != queue->rung) {
        queue->rung = queue->tail;
        ring(&queue->sq_doorbell, queue->tail);
    }
}

bool nvme_queue_next(struct nvme_queue *queue, struct nvme_completion *out) {
    struct nvme_cqe *entry = &queue->memory.cq[queue->head];
    // Acquire: the entry's other fields, and what the device wrote to the command's memory, are visible.
    uint16_t status = atomic_load_explicit(&entry->status, memory_order_acquire);
    if ((status & 1) != queue->phase) {
        return false;
    }
    queue->head = (queue->head + 1) & (queue->entries - 1);
    queue->phase ^= queue->head == 0;
    out->result = entry->result;
    out->status = status >> 1;
    out->slot = NULL;
    if (entry->cid < nvme_queue_slots(queue->entries) && queue->memory.slots[entry->cid].owner != NULL) {
        out->slot = &queue->memory.slots[entry->cid];
    } else {
        queue->strays++;
    }
    return true;
}

void nvme_queue_answer(struct nvme_queue *queue) {
    if (queue->head != queue->answered) {
        queue->answered = queue->head;
        ring(&queue->cq_doorbell, queue->head);
    }
}
