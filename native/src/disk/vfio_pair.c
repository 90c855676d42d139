// Queue pairs of the device, and what goes through them.
//
//   memory | submission queue | completion queue | PRP lists | slots (not the device's) |     each begins a page
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dcn/wait.h"
#include "disk/vfio.h"

#define SPINS 1000

void vfio_gate_take(struct vfio_pair *pair) {
    for (int spins = 0; atomic_exchange_explicit(&pair->gate, 1, memory_order_acquire) != 0; spins++) {
        // Whoever has it is soon done, unless the kernel took the processor from it.
        if (spins >= SPINS) {
            (void)sched_yield();
        }
    }
}

void vfio_gate_give(struct vfio_pair *pair) {
    atomic_store_explicit(&pair->gate, 0, memory_order_release);
}

void vfio_pair_signal(struct vfio_pair *pair) {
    (void)dcn_wakeup_signal(pair->event_fd);
}

static size_t whole_pages(size_t bytes) {
    return (bytes + NVME_PAGE_MASK) & ~(size_t)NVME_PAGE_MASK;
}

// Parts of a pair's memory that the device reads or writes, by their offsets.
struct layout {
    size_t cq;
    size_t lists;
    size_t bytes;
};

static struct layout layout_of(const struct vfio_pair *pair) {
    struct layout layout;
    layout.cq = whole_pages(pair->entries * sizeof(struct nvme_sqe));
    layout.lists = layout.cq + whole_pages(pair->entries * sizeof(struct nvme_cqe));
    layout.bytes = layout.lists + whole_pages((size_t)pair->entries << pair->list_shift);
    return layout;
}

static struct nvme_queue_memory memory_of(const struct vfio_pair *pair, struct nvme_slot *slots) {
    struct layout layout = layout_of(pair);
    return (struct nvme_queue_memory){
        .sq = (struct nvme_sqe *)pair->memory,
        .cq = (struct nvme_cqe *)(pair->memory + layout.cq),
        .lists = (uint64_t *)(pair->memory + layout.lists),
        .lists_iova = pair->iova + layout.lists,
        .slots = slots,
    };
}

// As many entries as the depth needs and the device has.
static uint32_t entries_for(const struct vfio_control *control, uint32_t depth) {
    uint32_t most = NVME_CAP_MQES(control->admin.cap) + 1;
    most = most < NVME_QUEUE_ENTRIES_MAX ? most : NVME_QUEUE_ENTRIES_MAX;
    uint32_t entries = 2;
    while (entries <= depth && 2 * entries <= most) {
        entries *= 2;
    }
    return entries;
}

static int make_memory(struct vfio_pair *pair, uint32_t depth, char *message) {
    pair->entries = entries_for(pair->control, depth);
    pair->list_shift = nvme_list_shift(pair->control->max_transfer_bytes);
    struct layout layout = layout_of(pair);
    struct nvme_slot *slots = calloc(pair->entries, sizeof *slots);
    pair->memory_bytes = layout.bytes;
    pair->memory = slots == NULL ? NULL : vfio_memory_get(pair->control, layout.bytes, &pair->iova, message);
    if (pair->memory == NULL) {
        free(slots);
        return -ENOMEM;
    }
    pair->ring.memory = memory_of(pair, slots);
    return 0;
}

static void drop_memory(struct vfio_pair *pair) {
    free(pair->ring.memory.slots);
    vfio_memory_put(pair->control, pair->memory, pair->memory_bytes, pair->iova);
    pair->memory = NULL;
    pair->ring.memory.slots = NULL;
}

int vfio_pair_start(struct vfio_pair *pair) {
    struct nvme_queue *ring = &pair->ring;
    struct nvme_queue_memory memory = ring->memory;
    struct layout layout = layout_of(pair);
    vfio_gate_take(pair);
    nvme_queue_start(ring, pair->entries, pair->list_shift, &memory);
    vfio_gate_give(pair);
    ring->sq_doorbell = nvme_admin_doorbell(&pair->control->admin, pair->id, false);
    ring->cq_doorbell = nvme_admin_doorbell(&pair->control->admin, pair->id, true);
    struct nvme_doorbell *const doorbells[] = {&ring->sq_doorbell, &ring->cq_doorbell};
    for (int i = 0; i < 2; i++) {
        if (doorbells[i]->shadow != NULL) {
            *doorbells[i]->shadow = 0;
            *doorbells[i]->event = 0;
        }
    }
    int error = nvme_admin_create(&pair->control->admin, pair->id, pair->entries, pair->iova, pair->iova + layout.cq,
                                  pair->vector);
    if (error < 0) {
        return error;
    }
    vfio_gate_take(pair);
    pair->running = true;
    vfio_pair_feed(pair);
    vfio_gate_give(pair);
    vfio_pair_signal(pair);
    return 0;
}

void vfio_pair_stop(struct vfio_pair *pair) {
    vfio_gate_take(pair);
    pair->running = false;
    vfio_gate_give(pair);
}

static struct vfio_pair *choose(struct vfio_control *control) {
    struct vfio_pair *pair = control->pairs;
    while (!pair->shared && pair->user_count > 0) {
        pair++;
    }
    return pair;
}

int vfio_pair_join(struct vfio_control *control, struct vfio_queue *queue, char message[DCN_DISK_MESSAGE]) {
    struct vfio_pair *pair = choose(control);
    if (pair->user_count == 0) {
        int error = make_memory(pair, queue->depth, message);
        if (error < 0) {
            return error;
        }
        error = vfio_pair_start(pair);
        if (error < 0) {
            drop_memory(pair);
            return dcn_disk_refuse(message, error, "address=%s creates no queue pair %u (status=0x%x)",
                                   control->device.address, pair->id, control->admin.status);
        }
    }
    pair->user_count++;
    queue->pair = pair;
    vfio_gate_take(pair);
    queue->next_user = pair->users;
    pair->users = queue;
    vfio_gate_give(pair);
    return 0;
}

void vfio_pair_leave(struct vfio_queue *queue) {
    struct vfio_pair *pair = queue->pair;
    vfio_gate_take(pair);
    struct vfio_queue **link = &pair->users;
    while (*link != queue) {
        link = &(*link)->next_user;
    }
    *link = queue->next_user;
    vfio_gate_give(pair);
    pair->user_count--;
    if (pair->user_count > 0) {
        return;
    }
    bool running = pair->running;
    vfio_pair_stop(pair);
    if (running && pair->control->started) {
        (void)nvme_admin_delete(&pair->control->admin, pair->id);
    }
    drop_memory(pair);
}

static void end(struct vfio_queue *queue, uint64_t token, int32_t result) {
    queue->ended[queue->ended_tail++ & queue->ring_mask] = (struct dcn_disk_done){.token = token, .result = result};
}

static uint64_t iova_of(const struct vfio_queue *queue, const struct dcn_disk_op *op) {
    const struct vfio_region *region = &queue->regions[op->region];
    return region->iova + (op->address - region->address);
}

// Hands a command over when there is a slot.
static inline bool give(struct vfio_pair *pair, struct vfio_queue *queue, const struct dcn_disk_op *op, uint16_t tries) {
    struct nvme_slot *slot = nvme_queue_take(&pair->ring, queue);
    if (slot == NULL) {
        return false;
    }
    slot->op = *op;
    slot->tries = (uint16_t)(tries + 1);
    const struct vfio_disk *disk = queue->disk;
    uint64_t iova = op->opcode == DCN_DISK_FLUSH ? 0 : iova_of(queue, op);
    nvme_queue_command(&pair->ring, slot, disk->nsid, disk->namespace.block_shift, iova);
    return true;
}

void vfio_pair_give(struct vfio_pair *pair, struct vfio_queue *queue, const struct dcn_disk_op *ops, uint32_t count) {
    uint32_t given = 0;
    if (pair->running && queue->waiting_head == queue->waiting_tail) {
        while (given < count && give(pair, queue, &ops[given], 0)) {
            given++;
        }
        nvme_queue_ring(&pair->ring);
    }
    for (; given < count; given++) {
        queue->waiting[queue->waiting_tail++ & queue->ring_mask] = (struct vfio_waiting){.op = ops[given]};
    }
}

void vfio_pair_feed(struct vfio_pair *pair) {
    if (!pair->running) {
        return;
    }
    for (struct vfio_queue *queue = pair->users; queue != NULL; queue = queue->next_user) {
        while (queue->waiting_head != queue->waiting_tail) {
            const struct vfio_waiting *next = &queue->waiting[queue->waiting_head & queue->ring_mask];
            if (!give(pair, queue, &next->op, next->tries)) {
                break;
            }
            queue->waiting_head++;
        }
    }
    nvme_queue_ring(&pair->ring);
}

void vfio_pair_forget(struct vfio_pair *pair, int32_t error, bool all) {
    vfio_gate_take(pair);
    struct nvme_slot *slots = pair->ring.memory.slots;
    for (uint32_t i = 0; slots != NULL && i < nvme_queue_slots(pair->entries); i++) {
        struct vfio_queue *queue = slots[i].owner;
        if (queue == NULL) {
            continue;
        }
        if (all || slots[i].tries >= VFIO_TRIES || slots[i].state == NVME_SLOT_ABORTED) {
            end(queue, slots[i].op.token, error);
        } else {
            queue->waiting[--queue->waiting_head & queue->ring_mask] =
                (struct vfio_waiting){.op = slots[i].op, .tries = slots[i].tries};
        }
        nvme_queue_free(&pair->ring, &slots[i]);
    }
    for (struct vfio_queue *queue = pair->users; all && queue != NULL; queue = queue->next_user) {
        while (queue->waiting_head != queue->waiting_tail) {
            end(queue, queue->waiting[queue->waiting_head++ & queue->ring_mask].op.token, error);
        }
    }
    vfio_gate_give(pair);
    vfio_pair_signal(pair);
}

// Kept out of the way of commands that succeed.
static __attribute__((noinline)) int32_t failure(struct vfio_control *control, const struct nvme_completion *completion) {
    const struct dcn_disk_op *op = &completion->slot->op;
    uint32_t status = completion->status & NVME_STATUS_MASK;
    (void)atomic_fetch_add_explicit(&control->errors, 1, memory_order_relaxed);
    atomic_store_explicit(&control->last_error_at, (uint64_t)op->offset, memory_order_relaxed);
    atomic_store_explicit(&control->last_error, status << 8 | op->opcode, memory_order_release);
    return nvme_errno((uint16_t)status);
}

uint32_t vfio_pair_harvest(struct vfio_pair *pair, struct vfio_queue *queue, struct dcn_disk_done *dones, uint32_t max) {
    uint32_t count = 0;
    while (count < max && queue->ended_head != queue->ended_tail) {
        dones[count++] = queue->ended[queue->ended_head++ & queue->ring_mask];
    }
    bool others = false;
    struct nvme_completion completion;
    while (pair->running && count < max && nvme_queue_next(&pair->ring, &completion)) {
        struct nvme_slot *slot = completion.slot;
        if (slot == NULL) {
            continue;
        }
        int32_t result = slot->op.opcode == DCN_DISK_FLUSH ? 0 : (int32_t)slot->op.length_bytes;
        if (completion.status != 0) {
            result = failure(pair->control, &completion);
        }
        struct vfio_queue *user = slot->owner;
        if (user == queue) {
            dones[count++] = (struct dcn_disk_done){.token = slot->op.token, .result = result};
        } else {
            end(user, slot->op.token, result);
            others = true;
        }
        nvme_queue_free(&pair->ring, slot);
    }
    nvme_queue_answer(&pair->ring);
    vfio_pair_feed(pair);
    if (others) {
        vfio_pair_signal(pair);
    }
    return count;
}
