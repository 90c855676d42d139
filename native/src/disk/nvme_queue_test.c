// Queues against a controller in C that does what the specification says: it sees nothing but the memory and the doorbells, and
// finishes commands in an order and at times drawn from a seed.
#include "disk/nvme_queue.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "support/test.h"

#define BLOCK_SHIFT 9
#define DISK_BLOCKS 8192u
#define MEMORY_BYTES (4u << 20)
#define TRANSFER_MAX (512u << 10)
#define LISTS_IOVA UINT64_C(0x4000000000)
#define MEMORY_IOVA UINT64_C(0x80000000)

static uint64_t seed;

// xorshift64*: the same run for the same seed.
static uint32_t draw(uint32_t bound) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)((seed * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % bound;
}

struct controller {
    struct nvme_queue *queue;
    uint8_t *memory;  // what the device finds at MEMORY_IOVA
    uint8_t *disk;
    volatile uint32_t sq_register;
    volatile uint32_t cq_register;
    uint32_t shadows[2];  // submission, completion
    uint32_t events[2];
    uint32_t fetched;  // head of the submission queue
    uint32_t tail;     // of the completion queue
    uint32_t phase;
    struct nvme_sqe held[4096];
    uint32_t held_count;
    uint32_t flushes;
    uint32_t durable;  // writes that were to be durable
    uint32_t rings;
    uint16_t fail;  // status of all commands from now on
};

// One of the pages that a command names, as the device finds it; all that is named lies inside the memory.
static uint8_t *page_at(struct controller *self, uint64_t iova, uint64_t length) {
    CHECK(iova >= MEMORY_IOVA && iova + length <= MEMORY_IOVA + MEMORY_BYTES);
    return self->memory + (iova - MEMORY_IOVA);
}

// Section 4.1.1: PRP 1 may begin inside a page, all others begin pages; a list that is used has two entries or more.
static void move_data(struct controller *self, const struct nvme_sqe *entry) {
    uint64_t lba = entry->cdw10 | (uint64_t)entry->cdw11 << 32;
    uint32_t last = entry->cdw12 & 0xffff;
    uint64_t length = ((uint64_t)last + 1) << BLOCK_SHIFT;
    uint8_t *disk = self->disk + (lba << BLOCK_SHIFT);
    CHECK(lba + last < DISK_BLOCKS);
    uint32_t rest = entry->cdw12 & ~0xffffu;
    CHECK(rest == 0 || (rest == NVME_WRITE_FUA && entry->opcode == NVME_IO_WRITE));
    self->durable += rest != 0;
    uint64_t first = NVME_PAGE_BYTES - (entry->prp1 & NVME_PAGE_MASK);
    uint64_t pages = length <= first ? 0 : (length - first + NVME_PAGE_MASK) / NVME_PAGE_BYTES;
    CHECK(pages > 0 || entry->prp2 == 0);
    for (uint64_t page = 0, done = 0; done < length; page++) {
        uint64_t iova = entry->prp1;
        uint64_t part = first;
        if (page > 0) {
            iova = entry->prp2;
            part = NVME_PAGE_BYTES;
            if (pages > 1) {
                uint64_t at = entry->prp2 - LISTS_IOVA + (page - 1) * sizeof(uint64_t);
                CHECK((entry->prp2 & NVME_PAGE_MASK) + page * sizeof(uint64_t) <= NVME_PAGE_BYTES);
                memcpy(&iova, (uint8_t *)self->queue->memory.lists + at, sizeof iova);
            }
            CHECK_EQUAL(0, iova & NVME_PAGE_MASK);
        }
        part = part < length - done ? part : length - done;
        uint8_t *memory = page_at(self, iova, part);
        if (entry->opcode == NVME_IO_READ) {
            memcpy(memory, disk + done, part);
        } else {
            memcpy(disk + done, memory, part);
        }
        done += part;
    }
}

static uint32_t doorbell(struct controller *self, int which) {
    if (self->queue->sq_doorbell.shadow == NULL) {
        return which == 0 ? self->sq_register : self->cq_register;
    }
    return self->shadows[which];
}

static void fetch(struct controller *self) {
    uint32_t tail = doorbell(self, 0);
    CHECK(tail < self->queue->entries);
    while (self->fetched != tail) {
        CHECK(self->held_count < nvme_queue_slots(self->queue->entries));
        self->held[self->held_count++] = self->queue->memory.sq[self->fetched];
        // What was fetched is not looked at again.
        memset(&self->queue->memory.sq[self->fetched], 0xee, sizeof(struct nvme_sqe));
        self->fetched = (self->fetched + 1) & (self->queue->entries - 1);
    }
    self->events[0] = tail;
}

static void post(struct controller *self, uint16_t cid, uint16_t status) {
    uint32_t next = (self->tail + 1) & (self->queue->entries - 1);
    CHECK(next != doorbell(self, 1));  // the queue is full, and an entry that nobody took would be lost
    struct nvme_cqe *entry = &self->queue->memory.cq[self->tail];
    entry->cid = cid;
    entry->sq_head = (uint16_t)self->fetched;
    atomic_store(&entry->status, (uint16_t)(status << 1 | self->phase));
    self->tail = next;
    self->phase ^= next == 0;
}

static void finish_some(struct controller *self, uint32_t most) {
    for (uint32_t count = draw(most + 1); count > 0 && self->held_count > 0; count--) {
        uint32_t which = draw(self->held_count);
        struct nvme_sqe entry = self->held[which];
        self->held[which] = self->held[--self->held_count];
        CHECK_EQUAL(5, entry.nsid);
        if (entry.opcode == NVME_IO_FLUSH) {
            self->flushes++;
        } else if (self->fail == 0) {
            move_data(self, &entry);
        }
        post(self, entry.cid, self->fail);
    }
}

static uint8_t *pages(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

static struct controller *begin(struct nvme_queue *queue, uint32_t entries, bool shadowed) {
    struct controller *self = calloc(1, sizeof *self);
    uint32_t shift = nvme_list_shift(TRANSFER_MAX);
    struct nvme_queue_memory memory = {
        .sq = (struct nvme_sqe *)pages(entries * sizeof(struct nvme_sqe)),
        .cq = (struct nvme_cqe *)pages(entries * sizeof(struct nvme_cqe)),
        .lists = (uint64_t *)pages((size_t)entries << shift),
        .lists_iova = LISTS_IOVA,
        .slots = calloc(entries, sizeof(struct nvme_slot)),
    };
    self->queue = queue;
    self->memory = pages(MEMORY_BYTES);
    self->disk = pages(DISK_BLOCKS << BLOCK_SHIFT);
    self->phase = 1;
    memset(queue, 0, sizeof *queue);
    nvme_queue_start(queue, entries, shift, &memory);
    queue->sq_doorbell.reg = &self->sq_register;
    queue->cq_doorbell.reg = &self->cq_register;
    if (shadowed) {
        queue->sq_doorbell.shadow = &self->shadows[0];
        queue->sq_doorbell.event = &self->events[0];
        queue->cq_doorbell.shadow = &self->shadows[1];
        queue->cq_doorbell.event = &self->events[1];
    }
    return self;
}

static void end(struct controller *self) {
    uint32_t entries = self->queue->entries;
    (void)munmap(self->queue->memory.sq, entries * sizeof(struct nvme_sqe));
    (void)munmap((void *)self->queue->memory.cq, entries * sizeof(struct nvme_cqe));
    (void)munmap(self->queue->memory.lists, (size_t)entries << self->queue->list_shift);
    (void)munmap(self->memory, MEMORY_BYTES);
    (void)munmap(self->disk, DISK_BLOCKS << BLOCK_SHIFT);
    free(self->queue->memory.slots);
    free(self);
}

// Memory is cut into parts, one for each command in flight, so that no two share any; disk ranges likewise.
#define PARTS 7u
#define PART_BYTES (MEMORY_BYTES / PARTS / 512 * 512)
#define PART_BLOCKS (DISK_BLOCKS / PARTS)

static void should_move_all_data_right(uint64_t first_seed, uint32_t entries, bool shadowed) {
    seed = first_seed;
    struct nvme_queue queue;
    struct controller *self = begin(&queue, entries, shadowed);
    uint8_t *model = pages(DISK_BLOCKS << BLOCK_SHIFT);
    bool busy[PARTS] = {false};
    uint32_t flushes = 0, through = 0;
    int owner;
    for (uint32_t round = 0; round < 3000; round++) {
        for (uint32_t part = 0; part < PARTS; part++) {
            struct nvme_slot *slot;
            if (busy[part] || draw(3) == 0 || (slot = nvme_queue_take(&queue, &owner)) == NULL) {
                continue;
            }
            uint32_t most = draw(2) == 0 ? 16 : PART_BYTES / 2 >> BLOCK_SHIFT;
            uint32_t count = 1 + draw(most < PART_BLOCKS ? most : PART_BLOCKS);
            uint32_t lba = part * PART_BLOCKS + draw(PART_BLOCKS - count + 1);
            uint64_t at = (uint64_t)part * PART_BYTES + (uint64_t)draw(PART_BYTES / 2 / 512) * 512;
            uint32_t kind = draw(20);
            slot->op = (struct dcn_disk_op){.token = part, .offset = (int64_t)lba << BLOCK_SHIFT, .address = at,
                                            .length_bytes = count << BLOCK_SHIFT, .opcode = DCN_DISK_READ};
            if (kind == 0) {
                slot->op.opcode = DCN_DISK_FLUSH;
                flushes++;
            } else if (kind < 10) {
                slot->op.opcode = kind == 1 ? DCN_DISK_WRITE_THROUGH : DCN_DISK_WRITE;
                through += kind == 1;
                for (uint32_t i = 0; i < slot->op.length_bytes; i += 8) {
                    uint64_t word = (uint64_t)draw(1u << 31) << 20 ^ i;
                    memcpy(self->memory + at + i, &word, sizeof word);
                }
                memcpy(model + ((size_t)lba << BLOCK_SHIFT), self->memory + at, slot->op.length_bytes);
            }
            nvme_queue_command(&queue, slot, 5, BLOCK_SHIFT, MEMORY_IOVA + at);
            busy[part] = true;
        }
        CHECK(queue.in_flight <= nvme_queue_slots(entries));
        nvme_queue_ring(&queue);
        fetch(self);
        finish_some(self, 4);
        struct nvme_completion done;
        while (draw(5) != 0 && nvme_queue_next(&queue, &done)) {
            CHECK(done.slot != NULL && done.slot->owner == &owner);
            CHECK_EQUAL(0, done.status);
            const struct dcn_disk_op *op = &done.slot->op;
            CHECK(busy[op->token]);
            busy[op->token] = false;
            if (op->opcode == DCN_DISK_READ) {
                CHECK(memcmp(self->memory + op->address, model + op->offset, op->length_bytes) == 0);
            }
            nvme_queue_free(&queue, done.slot);
        }
        nvme_queue_answer(&queue);
    }
    CHECK(flushes >= self->flushes && flushes - self->flushes <= PARTS);
    CHECK(through >= self->durable && through - self->durable <= PARTS && self->durable > 0);
    CHECK_EQUAL(0, queue.strays);
    (void)munmap(model, DISK_BLOCKS << BLOCK_SHIFT);
    end(self);
}

static void should_take_no_more_than_fit(void) {
    struct nvme_queue queue;
    struct controller *self = begin(&queue, 4, false);
    int owner;
    struct nvme_completion done;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3; i++) {
            struct nvme_slot *slot = nvme_queue_take(&queue, &owner);
            slot->op = (struct dcn_disk_op){.opcode = DCN_DISK_FLUSH};
            nvme_queue_command(&queue, slot, 5, BLOCK_SHIFT, 0);
        }
        CHECK(nvme_queue_take(&queue, &owner) == NULL);
        CHECK(!nvme_queue_next(&queue, &done));
        nvme_queue_ring(&queue);
        fetch(self);
        while (self->held_count > 0) {
            finish_some(self, 3);
        }
        for (int i = 0; i < 3; i++) {
            CHECK(nvme_queue_next(&queue, &done));
            nvme_queue_free(&queue, done.slot);
        }
        CHECK(!nvme_queue_next(&queue, &done));
        nvme_queue_answer(&queue);
        CHECK_EQUAL(0, queue.in_flight);
    }
    end(self);
}

static void should_ring_once_a_batch_and_only_when_the_device_wants_it(void) {
    struct nvme_queue queue;
    struct controller *self = begin(&queue, 16, true);
    int owner;
    for (uint32_t i = 0; i < 5; i++) {
        struct nvme_slot *slot = nvme_queue_take(&queue, &owner);
        slot->op = (struct dcn_disk_op){.opcode = DCN_DISK_FLUSH};
        nvme_queue_command(&queue, slot, 5, BLOCK_SHIFT, 0);
        CHECK_EQUAL(i == 0 ? 0 : 1, self->shadows[0]);
        if (i == 0) {
            nvme_queue_ring(&queue);
            CHECK_EQUAL(1, self->shadows[0]);
            CHECK_EQUAL(1, self->sq_register);  // the device wants to be told of what comes after 0
            self->sq_register = 99;
        }
        if (i == 3) {
            // The device has not looked yet: it knows from the first time that it has to.
            CHECK_EQUAL(99, self->sq_register);
        }
    }
    nvme_queue_ring(&queue);
    CHECK_EQUAL(5, self->shadows[0]);
    CHECK_EQUAL(99, self->sq_register);
    self->events[0] = 5;
    struct nvme_slot *slot = nvme_queue_take(&queue, &owner);
    slot->op = (struct dcn_disk_op){.opcode = DCN_DISK_FLUSH};
    nvme_queue_command(&queue, slot, 5, BLOCK_SHIFT, 0);
    nvme_queue_ring(&queue);
    CHECK_EQUAL(6, self->sq_register);
    nvme_queue_ring(&queue);
    end(self);
}

static void should_pass_on_status_and_outlast_strays(void) {
    struct nvme_queue queue;
    struct controller *self = begin(&queue, 8, false);
    int owner;
    struct nvme_slot *slot = nvme_queue_take(&queue, &owner);
    slot->op = (struct dcn_disk_op){.opcode = DCN_DISK_READ, .length_bytes = 512};
    nvme_queue_command(&queue, slot, 5, BLOCK_SHIFT, MEMORY_IOVA);
    nvme_queue_ring(&queue);
    fetch(self);
    post(self, 6, 0);       // free
    post(self, 0x7777, 0);  // no slot at all
    self->fail = 0x281;
    while (self->held_count > 0) {
        finish_some(self, 1);
    }
    struct nvme_completion done;
    CHECK(nvme_queue_next(&queue, &done) && done.slot == NULL);
    CHECK(nvme_queue_next(&queue, &done) && done.slot == NULL);
    CHECK(nvme_queue_next(&queue, &done) && done.slot == slot);
    CHECK_EQUAL(0x281, done.status);
    CHECK_EQUAL(2, queue.strays);
    end(self);
}

static void should_give_lists_room_for_the_longest_transfer(void) {
    CHECK_EQUAL(3, nvme_list_shift(4096));
    CHECK_EQUAL(4, nvme_list_shift(8192));
    CHECK_EQUAL(8, nvme_list_shift(128 << 10));
    CHECK_EQUAL(11, nvme_list_shift(1 << 20));
    CHECK_EQUAL(12, nvme_list_shift(2 << 20));
}

// From every millisecond of the clock, also one that wraps, and with many looks in one.
static void should_time_commands_from_the_first_look(void) {
    const uint32_t starts[] = {0, 1, 2, 1000, UINT32_MAX - 5000, UINT32_MAX};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct nvme_slot slot = {.owner = &slot, .since_ms = 77};
        uint32_t start = starts[i];
        for (int look = 0; look < 3; look++) {
            CHECK_EQUAL(NVME_IN_TIME, nvme_slot_look(&slot, start));
        }
        CHECK_EQUAL(NVME_IN_TIME, nvme_slot_look(&slot, start + NVME_COMMAND_TIMEOUT_MS));
        uint32_t asked = start + NVME_COMMAND_TIMEOUT_MS + 1;
        CHECK_EQUAL(NVME_TO_ABORT, nvme_slot_look(&slot, asked));
        CHECK_EQUAL(NVME_SLOT_ABORTED, slot.state);
        CHECK_EQUAL(NVME_IN_TIME, nvme_slot_look(&slot, asked));
        CHECK_EQUAL(NVME_IN_TIME, nvme_slot_look(&slot, asked + NVME_ABORT_TIMEOUT_MS));
        CHECK_EQUAL(NVME_HOPELESS, nvme_slot_look(&slot, asked + NVME_ABORT_TIMEOUT_MS + 1));
    }
    struct nvme_slot unused = {0};
    CHECK_EQUAL(NVME_IN_TIME, nvme_slot_look(&unused, NVME_COMMAND_TIMEOUT_MS + 1));
    CHECK_EQUAL(NVME_SLOT_UNSEEN, unused.state);
}

int main(void) {
    for (uint64_t run = 1; run <= 4; run++) {
        should_move_all_data_right(run, 2u << run, run % 2 == 0);
    }
    should_take_no_more_than_fit();
    should_ring_once_a_batch_and_only_when_the_device_wants_it();
    should_pass_on_status_and_outlast_strays();
    should_give_lists_room_for_the_longest_transfer();
    should_time_commands_from_the_first_look();
    return 0;
}
